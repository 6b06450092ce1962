"""What is asked of a past action, checked once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from verbond.effects.past.did import COMPARISONS, Comparison
from verbond.errors import OptionError
from verbond.tables.reads.past import PastOutcome

__all__ = ["LONG", "LOWER_IS_BETTER", "NEITHER_IS_BETTER", "SHARES", "SHORT", "PastOptions"]

SHORT, LONG = (0, 2), (6, 12)
"""Months since the action reached somebody, 0 being the month in which it did."""
LOWER_IS_BETTER = ("complaints", "discounted")
NEITHER_IS_BETTER = ("contacts",)
"""More of these can be good or bad: a question, or a talk."""
SHARES = ("discounted", "stays")
"""Outcomes that are shares: told in percentage points."""


@dataclass(frozen=True, slots=True)
class Wording:
    """How one outcome is judged and put into words.

    Attributes
    ----------
    action : str
    word : str
        The last part of its sentences' codes.
    word_before : str
        The same, for what was before.
    better : {"higher", "lower", "neither"}
    margin : float or None
    ci_level : float
    scale : float
        By what figures are multiplied in sentences.
    scale_before : float
    steps : {"months", "waves"}
        What time goes by.
    values : mapping
        Further values of its sentences.
    """

    action: str
    word: str
    word_before: str
    better: Literal["higher", "lower", "neither"]
    margin: float | None
    ci_level: float
    scale: float = 1.0
    scale_before: float = 1.0
    steps: Literal["months", "waves"] = "months"
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PastOptions:
    """The fields of `PastAction`."""

    action: str
    outcome: PastOutcome = "purchases"
    comparison: Comparison = "not_yet"
    months_before: int = 6
    months_after: int = 12
    margin: float | None = None
    ci_level: float = 0.95
    only: tuple[str, str] | None = None
    cluster: str | None = None

    def __post_init__(self) -> None:
        for name, choices in (("outcome", get_args(PastOutcome)), ("comparison", COMPARISONS)):
            if getattr(self, name) not in choices:
                raise OptionError(
                    f"unknown {name}", got=repr(getattr(self, name)), expected=" or ".join(choices)
                )
        if self.months_before < 1 or self.months_after < 0:
            got = f"{self.months_before} and {self.months_after}"
            raise OptionError("too few months", got=got, expected="1 before at least, 0 after at least")
        if self.margin is not None and not self.margin > 0:
            raise OptionError("margin is out of range", got=repr(self.margin), expected="above 0")
        if not 0.5 < self.ci_level < 1:
            raise OptionError(
                "ci_level is out of range", got=repr(self.ci_level), expected="between 0.5 and 1"
            )
        if self.only is not None:
            _check_group(self.only)

        if self.cluster is not None and self.outcome in SHARES:
            raise OptionError(
                f"clusters do not go with {self.outcome}", got=repr(self.cluster), expected="a mean",
                hint="Shares are read without clusters.",
            )  # fmt: skip

    @property
    def short(self) -> tuple[int, int]:
        """The first months; of buying on discount not the first one, where it is the action itself."""
        return (1, SHORT[1]) if self.outcome == "discounted" else SHORT

    @property
    def wording(self) -> Wording:
        """How the outcome is judged and told; nobody had left before, so of that purchases are told."""
        better: Literal["higher", "lower", "neither"] = "higher"
        if self.outcome in (*LOWER_IS_BETTER, *NEITHER_IS_BETTER):
            better = "lower" if self.outcome in LOWER_IS_BETTER else "neither"
        stays = self.outcome == "stays"
        return Wording(
            self.action, self.outcome, "purchases" if stays else self.outcome, better, self.margin,
            self.ci_level, self.scale, 1.0 if stays else self.scale,
        )  # fmt: skip

    @property
    def scale(self) -> float:
        """By what figures are multiplied in sentences."""
        return 100.0 if self.outcome in SHARES else 1.0


_LABELS = {"tenure": ("new", "established"), "type": ("market", "authority", "meaning", "equality")}


def _check_group(only: tuple[str, ...]) -> None:
    if len(only) != 2:
        raise OptionError("only is out of shape", got=repr(only), expected="('tenure', 'new')")
    by, label = only
    if label not in _LABELS.get(by, (label,)):
        raise OptionError(f"unknown {by}", got=repr(label), expected=" or ".join(_LABELS[by]))
