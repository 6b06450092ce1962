"""The relationship canvas as a live workshop: what lies on it, who may do and see what, and how it converges.

- `schema`: the fields of the canvas, its phases, and the kinds of things that lie on it.
- `order`: keys between keys, so that two people may put something in the same place at once.
- `board`: `Board` takes operations one after another and tells what became of each; it is the authority.
- `sight`: what one person gets to see of a board and of what happens on it.
- `credibility`: will customers believe a promise? Rules of thumb, each with advice.
- `outcome`: what came out, as plain values: to a file and back, and onto a new board; `items`, `reading`.
- `telling`, `markdown`: an outcome in full in words and tables, and `to_markdown`.
- `comparison`: `compare`, what changed from one outcome to a later one.

This room knows no database and no page. A board is what its events make of it: the same events give the
same board, whoever asks.
"""

from verbond.canvas.board import Board, Event, Operation, Refusal, Thing
from verbond.canvas.comparison import Comparison, compare
from verbond.canvas.credibility import Check, check_promise
from verbond.canvas.markdown import to_markdown
from verbond.canvas.order import between
from verbond.canvas.outcome import Outcome
from verbond.canvas.schema import FIELDS, KINDS, PHASES
from verbond.canvas.sight import Sight

__all__ = [
    "FIELDS",
    "KINDS",
    "PHASES",
    "Board",
    "Check",
    "Comparison",
    "Event",
    "Operation",
    "Outcome",
    "Refusal",
    "Sight",
    "Thing",
    "between",
    "check_promise",
    "compare",
    "to_markdown",
]
