"""What was answered in the steps of an experiment."""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from verbond.tables import RUNG_CONSTRUCTS

if TYPE_CHECKING:
    from verbond.effects import DesignChoice

__all__ = [
    "ACTION", "BEHAVIOUR", "CONSTRUCTS", "CONTROL", "HOLDOUT", "LOTS", "STEPS", "Settings",
]  # fmt: skip

STEPS = ("what", "whom", "outcome", "size")
ACTION, CONTROL, HOLDOUT = "action", "control", "holdout"
"""The arms, as the tables call them."""
BEHAVIOUR = ("purchases", "revenue", "stays", "complaints", "referrals", "contributions")
CONSTRUCTS = (*RUNG_CONSTRUCTS, "satisfaction", "recommend", "stay")
LOTS = ("people", "clusters", "steps", "no", "done")


@dataclass(frozen=True, slots=True)
class Settings:
    """An experiment as it is planned so far.

    Attributes
    ----------
    action, kind : str
        What some customers get, in the user's words; its kind, as in `actions`.
    control : str
        What the others get: "nothing", "later" or "other"; then `control_text` says what.
    holdout : bool
        A third arm gets nothing at all.
    lot : str
        Who decides, one of `LOTS`: by lot for each customer, for each whole of `cluster`, in steps; somebody
        else; or it has been done.
    spills : bool
        Who gets it affects who does not.
    group_by, group : str
        Column of `customers` and the value of who may take part; "" for all.
    main : str
        The outcome that counts most; "" before it was chosen.
    others : tuple of str
    days : int
        From the first day until the outcomes are read.
    effect : float
        The smallest one worth knowing, in the unit of `main`; 0 before it was chosen.
    share : float
        Of who takes part, who gets it.
    response : float
        Of who is asked, who answers.
    unasked : float
        Of each arm, who is not asked.
    any_look : bool
    starts_on : str
        ISO date; "" before it was chosen.
    """

    action: str = ""
    kind: str = "campaign"
    control: str = "nothing"
    control_text: str = ""
    holdout: bool = False
    lot: str = ""
    cluster: str = ""
    spills: bool = False
    group_by: str = ""
    group: str = ""
    main: str = ""
    others: tuple[str, ...] = ()
    days: int = 90
    effect: float = 0.0
    share: float = 0.5
    response: float = 0.0
    unasked: float = 0.0
    any_look: bool = False
    starts_on: str = ""

    @classmethod
    def of(cls, kept: dict[str, Any]) -> Settings:
        """As an experiment keeps them; what this version does not know is left out."""
        names = {one.name for one in dataclasses.fields(cls)}
        known = {name: value for name, value in kept.items() if name in names}
        return cls(**(known | {"others": tuple(known.get("others", ()))}))

    def kept(self) -> dict[str, Any]:
        """As JSON keeps them."""
        return dataclasses.asdict(self) | {"others": list(self.others)}

    @property
    def outcomes(self) -> tuple[str, ...]:
        """What is looked at, the most important first."""
        return (self.main, *self.others) if self.main else ()

    @property
    def asks(self) -> bool:
        """Whether people have to answer questions for it."""
        return self.main not in BEHAVIOUR

    @property
    def arms(self) -> dict[str, float]:
        """Arm -> its share; with a hold-out group all get the same."""
        if self.holdout:
            return dict.fromkeys((ACTION, CONTROL, HOLDOUT), 1.0)
        return {ACTION: self.share, CONTROL: round(1 - self.share, 6)}

    @property
    def ends_on(self) -> dt.date | None:
        """The day on which the outcomes are read."""
        if not self.starts_on:
            return None
        return dt.date.fromisoformat(self.starts_on) + dt.timedelta(days=self.days)

    def step_to_do(self) -> str | None:
        """The first step that is not answered; None where all are, or where no lot can be drawn."""
        if not self.action:
            return "what"
        if not self.lot:
            return "whom"
        if not self.by_lot:
            return None
        if not self.main:
            return "outcome"
        return "size" if not self.effect else None

    @property
    def by_lot(self) -> bool:
        """Whether a lot decides who gets it."""
        return self.lot in ("people", "clusters", "steps")

    def design(self, months: int) -> DesignChoice:
        """The strongest design that this allows.

        Parameters
        ----------
        months : int
            In which outcomes were recorded already.
        """
        from verbond.effects import Situation, choose_design  # with a compiler: no other page waits for it

        lot = self.lot if self.lot in ("people", "clusters") else "no"
        situation = Situation(
            done=self.lot == "done",
            lot=lot,  # type: ignore[arg-type]
            in_steps=self.lot == "steps",
            spills=self.spills,
            others=True,
            periods_before=months,
        )
        return choose_design(situation)
