"""Who is there, and what is told without being kept: where somebody is, that she is done, a reaction.

Presence never says what lies in a field that is private or anonymous: who writes there is not shown writing,
and while a field is anonymous nobody is shown looking anywhere: who is shown nowhere would be there, and the
next note hers.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from verbond.canvas import FIELDS, PHASES, Board
from verbond.canvas.schema import is_text
from verbond.web.store.canvases import Participant

__all__ = ["REACTIONS", "Allowance", "Person", "fitting"]

REACTIONS = ("agree", "question", "star", "thanks")


@dataclass(slots=True)
class Allowance:
    """So many at once, and so many a second after that; nobody fills the disk or everybody's screen.

    Attributes
    ----------
    most : float
    per_second : float
    """

    most: float
    per_second: float
    _left: float = -1.0
    _seen: float = 0.0

    def spend(self, n: int) -> bool:
        """Whether `n` more may be done now."""
        now = time.monotonic()
        if self._left < 0:
            self._left = self.most
        else:
            self._left = min(self.most, self._left + (now - self._seen) * self.per_second)
        self._seen = now
        if n > self._left:
            return False
        self._left -= n
        return True


@dataclass(slots=True)
class Person:
    """A participant as others see her.

    Attributes
    ----------
    code, name, department : str
    leads : bool
    at : str
        The field that she looks at.
    editing : str
        What she writes in; only what everybody sees.
    done : str
        The phase that she says she is done with.
    """

    code: str
    name: str = ""
    department: str = ""
    leads: bool = False
    at: str = ""
    editing: str = ""
    done: str = ""
    operations: Allowance = field(default_factory=lambda: Allowance(400, 10))
    signals: Allowance = field(default_factory=lambda: Allowance(100, 5))

    def update(self, who: Participant) -> None:
        """She is called otherwise, or leads now."""
        self.name, self.department, self.leads = who.name, who.department, who.leads

    def shown(self, n_pages: int) -> dict[str, Any]:
        """As a page is told; `n_pages` of hers are open."""
        words = {name: getattr(self, name) for name in ("code", "name", "department", "leads")}
        return words | {"here": n_pages > 0, "at": self.at, "editing": self.editing, "done": self.done}


def fitting(board: Board, who: Person, signal: str, value: Any) -> Iterator[Any]:
    """The value of a signal as others may hear it; nothing where it does not fit."""
    match signal:
        case "at" if value in (*FIELDS, ""):
            yield "" if board.anonymous and not who.leads else value
        case "summon" if value in FIELDS and who.leads:
            yield value
        case "done" if value in (*PHASES, ""):
            yield value
        case "editing" if isinstance(value, str):
            yield value if _is_plain(board, value) else ""
        case "reaction" if isinstance(value, dict) and set(value) == {"id", "mark"}:
            fits = isinstance(value["id"], str) and value["mark"] in REACTIONS
            if fits and is_text(value["id"]) and _is_plain(board, value["id"]):
                yield value


def _is_plain(board: Board, id: str) -> bool:
    """Whether everybody sees a thing, and whose it is."""
    thing = board.things.get(id)
    if thing is None or thing.removed or thing.nameless or thing.values.get("hidden"):
        return False
    return thing.field not in board.private and thing.field not in board.anonymous
