"""The ground every room stands on: what a result is and how it speaks.

- `base`: `Result`, the mixin that gives every public result `to_dict`, `to_dicts`, `to_arrow`, …
- `provenance`: how a result came to be (data fingerprint, options, seed, version, warnings).
- `estimate`: a number with its interval and what it rests on.
- `reason`: a coded sentence ("not enough data") with the values that fill it, spoken in nl or en.
- `wording`: the sentences themselves, one TOML file a room a language.
- `clauses`: what an error says, in both languages.
- `packing`: results as one file, without pickles.
- `cells`: cells that a spreadsheet may open.
- `progress`: what a long computation tells while it works.
"""

from verbond.results.base import Result, plain
from verbond.results.cells import protect_cell
from verbond.results.clauses import Spoken
from verbond.results.estimate import Estimate
from verbond.results.progress import Progress, ProgressFunction, listener, silent
from verbond.results.provenance import Provenance
from verbond.results.reason import Reason
from verbond.results.wording import LANGUAGES, Language, sentence

__all__ = [
    "LANGUAGES",
    "Estimate",
    "Language",
    "Progress",
    "ProgressFunction",
    "Provenance",
    "Reason",
    "Result",
    "Spoken",
    "listener",
    "plain",
    "protect_cell",
    "sentence",
    "silent",
]
