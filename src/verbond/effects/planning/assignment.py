"""Who is in which arm: by lot within strata, the same at every try."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from verbond.errors import DataError, OptionError
from verbond.results import Provenance, Reason, Result
from verbond.tables.units import open_units

__all__ = ["ArmCount", "Assigner", "Assignment"]


@dataclass(frozen=True, slots=True)
class ArmCount:
    """How many units of a stratum are in an arm.

    Attributes
    ----------
    stratum : str
        Values of the columns that it is made of; "" without strata.
    arm : str
    n, n_asked : int
        Units, and those of them that may be surveyed.
    """

    stratum: str
    arm: str
    n: int
    n_asked: int


@dataclass(frozen=True, slots=True)
class Assignment(Result):
    """Who gets what.

    Attributes
    ----------
    counts : tuple of ArmCount
    n : int
    fingerprint : str
        SHA-256 over every unit with its arm, in the order of their names: the same list has the same.
    headline : Reason
    reasons : tuple of Reason
    provenance : Provenance
    rows : mapping of str to array
        unit, stratum, arm and, where some are left unasked, asked; ordered by unit; not in JSON.
    """

    counts: tuple[ArmCount, ...]
    n: int
    fingerprint: str
    headline: Reason
    reasons: tuple[Reason, ...]
    provenance: Provenance
    rows: Mapping[str, np.ndarray] = field(metadata={"json": False}, repr=False)

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row a stratum and arm."""
        return [dataclasses.asdict(count) for count in self.counts]


@dataclass(frozen=True, slots=True)
class Assigner:
    """Deal units out to arms.

    The lot is a hash of the seed and the unit's name. So it does not matter in which order the units stand,
    the same list and seed always give the same, and everybody can check it.

    Parameters
    ----------
    arms : mapping of str to float
        Shares, of any sum; a hold-out group is an arm like another.
    strata : tuple of str
        Columns known beforehand: within each combination the arms get their shares as nearly as whole units
        allow, and what is over goes by lot.
    unasked : float
        Share of each arm that is not surveyed: asking changes what people do.
    one_by_one : bool
        Each unit's arm depends on its own name alone, not on who else is there: for units that come in one
        after the other. Then the shares are met on average only, and there are no strata.
    seed : int

    Examples
    --------
    >>> found = Assigner({"price": 1, "care": 1}, seed=3).assign({"id": ["a", "b", "c", "d"]}, "id")
    >>> found.rows["arm"]
    array(['care', 'care', 'price', 'price'], dtype=object)
    """

    arms: Mapping[str, float]
    strata: tuple[str, ...] = ()
    unasked: float = 0.0
    one_by_one: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if len(self.arms) < 2:
            raise OptionError("an experiment has two arms at least", got=", ".join(self.arms) or "none")
        if not all(np.isfinite(share) and share > 0 for share in self.arms.values()):
            raise OptionError("a share is out of range", got=repr(dict(self.arms)), expected="more than 0")
        if not 0 <= self.unasked < 1:
            raise OptionError("unasked is out of range", got=repr(self.unasked), expected="0 to below 1")
        if self.one_by_one and self.strata:
            raise OptionError("units dealt out one by one know no strata", expected="one of both")

    def assign(self, data: Any, unit: str) -> Assignment:
        """Deal out the units of a file, or of columns in memory.

        Parameters
        ----------
        data : path, mapping of arrays or frame
            One row a unit.
        unit : str
            Column with a name for each, of which none repeats.

        Raises
        ------
        NotFoundError
            If the file or a column is not there.
        DataError
            If a unit has no name or stands there twice, or there are fewer units than arms.
        """
        with open_units(data, (), [unit, *self.strata]) as opened:
            columns = opened.fetch(unit, *self.strata)
            source = opened.name, opened.fingerprint
        names = columns[unit]
        _check_names(names, unit, len(self.arms))
        order = np.argsort(names.astype(str), kind="stable")
        names = names[order]
        labels = np.array(
            [" / ".join("-" if v is None else str(v) for v in row)
             for row in zip(*(columns[s][order] for s in self.strata), strict=True)]
            if self.strata else [""] * len(names),
            dtype=object,
        )  # fmt: skip
        arm = self._one_by_one(names) if self.one_by_one else self._within(names, labels)
        rows: dict[str, np.ndarray] = {"unit": names, "stratum": labels, "arm": arm}
        if self.unasked:
            rows["asked"] = self._asked(names, labels, arm)
        return self._result(rows, source)

    def _lots(self, names: np.ndarray, what: str) -> np.ndarray:
        """A number from 0 to 1 for each name."""
        salt = f"{self.seed}|{what}|".encode()
        digests = (hashlib.sha256(salt + str(name).encode()).digest()[:8] for name in names)
        return np.array([int.from_bytes(digest, "big") / 2**64 for digest in digests])

    def _one_by_one(self, names: np.ndarray) -> np.ndarray:
        shares = np.array(list(self.arms.values()), dtype=float)
        bounds = np.cumsum(shares / shares.sum())[:-1]
        arms = np.array(list(self.arms), dtype=object)
        return arms[np.searchsorted(bounds, self._lots(names, "arm"), side="right")]

    def _within(self, names: np.ndarray, labels: np.ndarray) -> np.ndarray:
        shares = np.array(list(self.arms.values()), dtype=float)
        arms = np.array(list(self.arms), dtype=object)
        lots = self._lots(names, "arm")
        found = np.empty(len(names), dtype=object)
        for stratum in np.unique(labels.astype(str)):
            here = np.flatnonzero(labels.astype(str) == stratum)
            sizes = _sizes(len(here), shares, self._lots(np.array([f"{stratum}|{a}" for a in arms]), "over"))
            found[here[np.argsort(lots[here], kind="stable")]] = np.repeat(arms, sizes)
        return found

    def _asked(self, names: np.ndarray, labels: np.ndarray, arm: np.ndarray) -> np.ndarray:
        """False for the share of every arm and stratum that is not surveyed."""
        if self.one_by_one:
            return self._lots(names, "asked") >= self.unasked
        lots, asked = self._lots(names, "asked"), np.ones(len(names), dtype=bool)
        cells = np.array([f"{label}|{a}" for label, a in zip(labels, arm, strict=True)])
        for cell in np.unique(cells):
            here = np.flatnonzero(cells == cell)
            asked[here[np.argsort(lots[here], kind="stable")][: round(self.unasked * len(here))]] = False
        return asked

    def _result(self, rows: Mapping[str, np.ndarray], source: tuple[str, str]) -> Assignment:
        asked = rows.get("asked", np.ones(len(rows["unit"]), dtype=bool))
        counts = tuple(
            ArmCount(str(stratum), arm, int(here.sum()), int((here & asked).sum()))
            for stratum in dict.fromkeys(sorted(rows["stratum"]))
            for arm in self.arms
            for here in [(rows["stratum"] == stratum) & (rows["arm"] == arm)]
        )
        lines = "\n".join(f"{u}\t{a}" for u, a in zip(rows["unit"], rows["arm"], strict=True))
        fingerprint = hashlib.sha256(lines.encode()).hexdigest()
        values = {"n": len(rows["unit"]), "arms": list(self.arms)}
        reasons = [Reason("effects.assign_again", {"seed": self.seed})]
        if self.one_by_one:
            reasons.append(Reason("effects.assign_one_by_one"))
        if self.unasked:
            reasons.append(Reason("effects.assign_unasked", {"n": int((~asked).sum())}))
        return Assignment(
            counts=counts,
            n=len(rows["unit"]),
            fingerprint=fingerprint,
            headline=Reason("effects.assigned", values),
            reasons=tuple(reasons),
            provenance=Provenance(
                source=source[0], fingerprint=source[1], options=dataclasses.asdict(self), seed=self.seed
            ),
            rows=rows,
        )


def _check_names(names: np.ndarray, unit: str, least: int) -> None:
    if (missing := sum(name is None for name in names)) > 0:
        raise DataError(
            f"units without a name in column {unit!r}", got=str(missing), expected="a name for each"
        )
    known, counts = np.unique(names.astype(str), return_counts=True)
    if len(known) < len(names):
        raise DataError(
            f"a unit stands twice in column {unit!r}",
            got=repr(str(known[counts > 1][0])),
            expected="one row a unit",
        )
    if len(names) < least:
        raise DataError("fewer units than arms", got=str(len(names)), expected=f"{least} or more")


def _sizes(n: int, shares: np.ndarray, lots: np.ndarray) -> np.ndarray:
    """Whole sizes nearest to the shares; what is over goes by largest remainder, ties by lot."""
    exact = n * shares / shares.sum()
    sizes = np.floor(exact + 1e-9).astype(np.int64)
    over = n - int(sizes.sum())
    order: Sequence[int] = np.lexsort((lots, -np.round(exact - sizes, 9)))
    for i in order[:over]:
        sizes[i] += 1
    return sizes
