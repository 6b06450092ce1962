"""`Conscious`: conscious consumption read from behaviour, and as it was asked."""

from __future__ import annotations

import dataclasses
import datetime as dt
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from verbond.errors import DataError, OptionError
from verbond.loyalty.grouping import EVERYBODY, Division, divisions_of, shown_groups
from verbond.loyalty.ratios import ratio_of
from verbond.numerics.checks import check_ci_level
from verbond.numerics.intervals import difference_interval, mean_interval
from verbond.results import Estimate, Progress, ProgressFunction, Provenance, Reason, Result, silent
from verbond.results.groups import MIN_GROUP
from verbond.tables.reads.habits import MARKED_BY, Habits, habits, last_scores
from verbond.tables.tables import Tables

__all__ = ["Conscious", "ConsciousContrast", "ConsciousResult", "ConsciousRow", "read_signs", "signs_of"]

CONSTRUCT = "conscious_consumption"
ASKED = "asked"
OWN = ("discount", "returned", ASKED)
"""Signs that need no mapping; no other sign may have their names."""
PAIR = ("meaning", "market")

Signs = Mapping[str, Mapping[str, Sequence[str]]]


@dataclass(frozen=True, slots=True)
class ConsciousRow:
    """One sign in one group.

    Attributes
    ----------
    by, group : str
        Both empty for everybody.
    sign : str
        "discount": of the purchases whose discount is known, those with one; "returned": rows that came back
        beside rows bought; "asked": what people said of their own consumption, 0..100; else the user's own.
    estimate : Estimate
        A share 0..1, of "asked" a mean score; `n_obs` are customers.
    n_purchases : int
        Rows that it rests on; for "asked" 0.
    """

    by: str
    group: str
    sign: str
    estimate: Estimate
    n_purchases: int


@dataclass(frozen=True, slots=True)
class ConsciousContrast:
    """One sign: meaning relationships minus market relationships.

    Attributes
    ----------
    sign : str
    meaning, market, difference : Estimate
    """

    sign: str
    meaning: Estimate
    market: Estimate
    difference: Estimate


@dataclass(frozen=True, slots=True)
class ConsciousResult(Result):
    """How consciously customers consume, as far as it shows.

    Attributes
    ----------
    signs : tuple of str
        That the data hold.
    rows : tuple of ConsciousRow
        Sign by sign: everybody, then the groups.
    contrasts : tuple of ConsciousContrast
    headline : Reason or None
    tone : {"good", "bad", "neutral", "caution"}
    reasons : tuple of Reason
    provenance : Provenance
    """

    signs: tuple[str, ...]
    rows: tuple[ConsciousRow, ...]
    contrasts: tuple[ConsciousContrast, ...]
    headline: Reason | None
    tone: str
    reasons: tuple[Reason, ...]
    provenance: Provenance

    def to_dicts(self) -> list[dict[str, Any]]:
        """A row each for a sign of a group, and for each difference."""
        lines = [_line(r.by, r.group, r.sign, r.estimate) for r in self.rows]
        return lines + [_line("type", "meaning - market", c.sign, c.difference) for c in self.contrasts]


@dataclass(frozen=True, slots=True)
class Conscious:
    """Read conscious consumption from what people buy and from what they said.

    Parameters
    ----------
    signs : mapping of str to mapping of str to sequence of str
        What is a sign of it is the user's to say: name -> column (category, product or channel) -> values.
        See `signs_of` and `read_signs`.
    by : sequence of str
        Groups: attributes of customers, "rung" or "type"; by default the last two where they are known.
    ci_level : float
    counted : sequence of {"discount", "returned", "asked"}
        What is counted without being named.

    Examples
    --------
    >>> from verbond.tables import open_tables                                       # doctest: +SKIP
    >>> green = signs_of(["category=repair,second-hand"])                            # doctest: +SKIP
    >>> Conscious(green).fit(open_tables("demo"))                                    # doctest: +SKIP
    """

    signs: Signs = dataclasses.field(default_factory=dict)
    by: Sequence[str] = ()
    ci_level: float = 0.95
    counted: Sequence[str] = OWN

    def __post_init__(self) -> None:
        if wrong := set(self.counted) - set(OWN):
            raise OptionError(
                "this is not counted by itself", got=", ".join(sorted(wrong)), expected=", ".join(OWN)
            )
        for name in self.signs:
            if name in OWN:
                raise OptionError("a sign has a name that is taken", got=name, expected="another name")
        check_ci_level(self.ci_level)

    def fit(self, tables: Tables, progress: ProgressFunction = silent) -> ConsciousResult:
        """Count signs.

        Parameters
        ----------
        tables : Tables
            With purchases, or `scores` of conscious consumption; what they cannot answer comes back as
            reasons.
        progress : callable, optional

        Returns
        -------
        ConsciousResult

        Raises
        ------
        NotFoundError
            For groups that the tables do not have.
        OptionError
            For signs that cannot be read from purchases.
        """
        progress(Progress("loyalty_conscious.step", 0.0))
        provenance = tables.provenance(dataclasses.asdict(self))
        known = {"type": "scores", "rung": "rungs"}
        by = tuple(self.by) or tuple(name for name, table in known.items() if table in tables)
        found = habits(tables, self.signs)
        asked = last_scores(tables, CONSTRUCT) if "scores" in tables else {}
        pairs = _pairs(found, asked)
        pairs = {sign: pair for sign, pair in pairs.items() if sign in (*self.signs, *self.counted)}
        rows = [row for sign, (ids, amount, base) in pairs.items()
                for row in self._rows(tables, by, sign, ids, amount, base)]  # fmt: skip
        contrasts = tuple(self._contrasts(rows))
        progress(Progress("loyalty_conscious.step", 1.0))
        return ConsciousResult(
            signs=tuple(dict.fromkeys(row.sign for row in rows)),
            rows=tuple(rows),
            contrasts=contrasts,
            headline=_headline(rows, contrasts, self.signs),
            tone="neutral",
            reasons=tuple(_reasons(found, asked, rows, self.signs)),
            provenance=provenance,
        )

    def _rows(
        self, tables: Tables, by: Sequence[str], sign: str, ids: np.ndarray, amount: np.ndarray,
        base: np.ndarray,
    ) -> Iterator[ConsciousRow]:  # fmt: skip
        everybody = Division("", (EVERYBODY,), np.zeros(len(ids), np.int64))
        until = tables.period_range[1] if "events" in tables else dt.date.max
        divisions = (everybody, *divisions_of(tables, ids, by, until))
        shown = shown_groups(divisions, (np.ones(len(ids), bool),), MIN_GROUP)
        for division, codes in zip(divisions, shown, strict=True):
            for code, label in enumerate(division.labels):
                if code in codes:
                    here = division.codes == code
                    yield ConsciousRow(
                        division.by, label, sign, self._estimate(sign, amount[here], base[here]),
                        0 if sign == ASKED else int(base[here].sum()),
                    )  # fmt: skip

    def _estimate(self, sign: str, amount: np.ndarray, base: np.ndarray) -> Estimate:
        if sign != ASKED:
            return ratio_of(amount, base, self.ci_level, share=True)
        mean, low, high = mean_interval(amount, ci_level=self.ci_level)
        return Estimate(mean, max(low, 0.0), min(high, 100.0), len(amount), self.ci_level)

    def _contrasts(self, rows: Sequence[ConsciousRow]) -> Iterator[ConsciousContrast]:
        told = {(row.sign, row.group): row.estimate for row in rows if row.by == "type"}
        for sign in dict.fromkeys(sign for sign, _ in told):
            if all((sign, group) in told for group in PAIR):
                a, b = (told[sign, group] for group in PAIR)
                low, high = difference_interval(
                    *((e.value, e.ci_lower, e.ci_upper) for e in (b, a))  # type: ignore[arg-type]
                )
                value = a.value - b.value  # type: ignore[operator]
                yield ConsciousContrast(
                    sign, a, b, Estimate(value, low, high, a.n_obs + b.n_obs, self.ci_level)
                )


def signs_of(texts: Sequence[str]) -> dict[str, dict[str, tuple[str, ...]]]:
    """Read signs from "column=value,value" or "name:column=value,value"; a name may come again.

    Raises
    ------
    OptionError
        If a text is neither.

    Examples
    --------
    >>> signs_of(["category=repair,second-hand", "green:product=g1,g2"])
    {'repair, second-hand': {'category': ('repair', 'second-hand')}, 'green': {'product': ('g1', 'g2')}}
    """
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for text in texts:
        before, equals, after = text.partition("=")
        name, colon, column = before.rpartition(":")
        values = tuple(v.strip() for v in after.split(",") if v.strip())
        if not equals or not values or not column.strip():
            expected = "category=repair,second-hand, or name:category=repair"
            raise OptionError("a sign cannot be read", got=text, expected=expected)
        name = name.strip() if colon else ", ".join(values)
        found.setdefault(name, {})[column.strip()] = values
    return found


def read_signs(path: Path | str) -> dict[str, dict[str, tuple[str, ...]]]:
    """Read signs from a TOML file: a table a sign, in it a list of values a column.

    Parameters
    ----------
    path : Path or str
        ``[second-hand]`` and below it ``category = ["repair", "second-hand"]``.

    Raises
    ------
    DataError
        If it is not there, not TOML, or not of this form.
    """
    try:
        told = tomllib.loads(Path(path).read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"cannot read signs from {path}", got=str(error)) from error
    for name, columns in told.items():
        if not isinstance(columns, dict) or not all(map(_are_texts, columns.values())):
            raise DataError(
                f"the sign {name!r} in {path} cannot be read", got=str(columns)[:60],
                expected=f'a table such as [{name}] with {MARKED_BY[0]} = ["repair"]',
            )  # fmt: skip
    return {name: {c: tuple(values) for c, values in columns.items()} for name, columns in told.items()}


def _are_texts(values: object) -> bool:
    return isinstance(values, list) and bool(values) and all(isinstance(v, str) for v in values)


_Pair = tuple[np.ndarray, np.ndarray, np.ndarray]


def _pairs(found: Habits, asked: Mapping[str, float]) -> dict[str, _Pair]:
    """Of each sign that can be told: customers, amounts and base."""
    bought = found.n_purchases > 0
    told = {name: (n, bought, found.n_purchases) for name, n in found.n_marked.items() if n.sum()}
    if found.n_discounted.sum():
        told["discount"] = (found.n_discounted, found.n_known > 0, found.n_known)
    if found.n_returned.sum():
        told["returned"] = (np.minimum(found.n_returned, found.n_purchases), bought, found.n_purchases)
    ids = found.customer_ids
    pairs = {name: (ids[here], amount[here], base[here]) for name, (amount, here, base) in told.items()}
    if asked:
        ids = np.array(sorted(asked), object)
        pairs[ASKED] = (ids, np.array([asked[one] for one in ids]), np.ones(len(ids)))
    return pairs


def _headline(
    rows: Sequence[ConsciousRow], contrasts: Sequence[ConsciousContrast], signs: Signs
) -> Reason | None:
    wanted = [*signs, ASKED, "returned", "discount"]
    for sign in wanted:
        for c in contrasts:
            if c.sign == sign:
                points = 1 if sign == ASKED else 100
                values = {
                    "sign": sign, "meaning": c.meaning.value, "market": c.market.value,
                    "difference": c.difference.value,
                    "lower": points * c.difference.ci_lower,  # type: ignore[operator]
                    "upper": points * c.difference.ci_upper,  # type: ignore[operator]
                    "n": c.difference.n_obs, "level": c.difference.ci_level,
                }  # fmt: skip
                return Reason(f"loyalty_conscious.headline_{_kind(sign)}", values)
    for sign in wanted:
        for row in rows:
            if row.sign == sign and not row.by:
                e = row.estimate
                values = {
                    "sign": sign, "share": e.value, "lower": e.ci_lower, "upper": e.ci_upper, "n": e.n_obs,
                    "level": e.ci_level,
                }  # fmt: skip
                return Reason(f"loyalty_conscious.everybody_{_kind(sign)}", values)
    return None


def _kind(sign: str) -> str:
    return sign if sign in OWN else "own"


def _reasons(
    found: Habits, asked: Mapping[str, float], rows: Sequence[ConsciousRow], signs: Signs
) -> Iterator[Reason]:
    if not found.n_purchases.sum():
        yield Reason("loyalty_conscious.no_purchases")
    elif not signs:
        yield Reason("loyalty_conscious.no_signs")
    for name, n in found.n_marked.items():
        if found.n_purchases.sum() and not n.sum():
            values = [value for some in signs[name].values() for value in some]
            yield Reason("loyalty_conscious.never", {"sign": name, "values": values})
    if found.n_purchases.sum() and not found.n_discounted.sum():
        yield Reason("loyalty_conscious.no_discounts")
    if found.n_purchases.sum() and not found.n_returned.sum():
        yield Reason("loyalty_conscious.no_returns")
    if not asked:
        yield Reason("loyalty_conscious.not_asked")
    if not any(row.by == "type" for row in rows):
        yield Reason("loyalty_conscious.no_types")
    if rows:
        yield Reason("loyalty_conscious.association")


def _line(by: str, group: str, sign: str, one: Estimate) -> dict[str, Any]:
    return {
        "by": by, "group": group, "sign": sign, "n_customers": one.n_obs, "value": one.value,
        "ci_lower": one.ci_lower, "ci_upper": one.ci_upper,
    }  # fmt: skip
