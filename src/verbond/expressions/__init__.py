"""What we say and write: which relationship it offers, which values it expresses, whether it keeps a promise.

- `reading`: which messages can be read, and in which language.
- `lexicon`: words of our list in a message.
- `heads`, `learning`, `training`: what is learned from labelled messages.
- `rating`: `rate`, probabilities with the words that did it, by whatever rater is installed.
- `promise`: a promise as a company gives it; `judging`, what goes against one; `auditing`, messages beside.
- `gold`: the labelled messages and promises that ship with Verbond.

Names are imported when they are first used: a promise by itself (`promise`) waits for no method.
"""

import importlib as _importlib

__all__ = [
    "RELATIONSHIPS",
    "VALUES",
    "Audit",
    "Evidence",
    "Judged",
    "Nearest",
    "Promise",
    "Rater",
    "Rating",
    "Ratings",
    "WordRater",
    "audit",
    "find_rater",
    "rate",
    "read_promise",
]

_HOME = {
    "RELATIONSHIPS": "verbond.expressions.kinds",
    "VALUES": "verbond.expressions.kinds",
    "Audit": "verbond.expressions.auditing",
    "Evidence": "verbond.expressions.rating",
    "Judged": "verbond.expressions.auditing",
    "Nearest": "verbond.expressions.auditing",
    "Promise": "verbond.expressions.promise",
    "Rater": "verbond.expressions.rating",
    "Rating": "verbond.expressions.rating",
    "Ratings": "verbond.expressions.rating",
    "WordRater": "verbond.expressions.rating",
    "audit": "verbond.expressions.auditing",
    "find_rater": "verbond.expressions.rating",
    "rate": "verbond.expressions.rating",
    "read_promise": "verbond.expressions.promise",
}


def __getattr__(name: str) -> object:
    if name in _HOME:
        return getattr(_importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module 'verbond.expressions' has no attribute {name!r}")
