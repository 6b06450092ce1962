"""What we say and write: which relationship it offers, which values it expresses, whether it keeps a promise.

- `reading`: which messages can be read, and in which language.
- `lexicon`: words of our list in a message.
- `heads`, `learning`, `training`: what is learned from labelled messages.
- `rating`: `rate`, probabilities with the words that did it, by whatever rater is installed.
- `promise`: a promise as a company gives it; `judging`, what goes against one; `auditing`, messages beside.
- `gold`: the labelled messages and promises that ship with Verbond.
"""

from verbond.expressions.auditing import Audit, Judged, Nearest, audit
from verbond.expressions.heads import RELATIONSHIPS, VALUES
from verbond.expressions.promise import Promise, read_promise
from verbond.expressions.rating import Evidence, Rater, Rating, Ratings, WordRater, find_rater, rate

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
