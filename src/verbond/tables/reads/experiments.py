"""An experiment with an action: one row a customer, her arm, what came of it and what was known before.

Arms come from `assignments`; where there are none of the action, from the variants that customers were shown
(`exposures`). Times are often no more than dates, so the day of the lot counts as after it as a whole: what
is known before never holds what came of it.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlglot import exp

from verbond.errors import NotFoundError, OptionError
from verbond.tables.engines import load, rename
from verbond.tables.readers.names import closest
from verbond.tables.readers.sql import alias, cast, column, table
from verbond.tables.reads.spending import one_currency
from verbond.tables.schema import CONSTRUCTS, STIMULUS
from verbond.tables.tables import Tables
from verbond.tables.units import Units

__all__ = ["BEHAVIOURS", "ExperimentUnits", "KnownExperiment", "experiment_units", "known_experiment"]

BEHAVIOURS = (
    "purchases", "revenue", "margin", "complaints", "referrals", "contributions", "contacts", "stays",
)  # fmt: skip
"""What customers do within so many days: days with a purchase, money, numbers of events, no cancellation."""
_RUNG = "rung"
_ARMS = ("customer_id", "variant", "cluster", "dealt_on", "reached_on")
_OVER = exp.column("is_over", table="a").eq(1)
_GROUPS: Mapping[str, tuple[str, str]] = {
    "type": ("scores", "experiment_types"),
    "rung": ("rungs", "experiment_rungs_before"),
}


@dataclass(frozen=True, slots=True)
class KnownExperiment:
    """What the tables know of an action as an experiment.

    Attributes
    ----------
    action : str
    kind : str or None
    by_lot : bool or None
        Whether a lot decided; None where that is not recorded.
    is_dealt : bool
        Arms come from `assignments`; else from `exposures`.
    n_exposures : int
        Rows of `exposures`.
    n_shown : int
        Different variants in them.
    """

    action: str
    kind: str | None
    by_lot: bool | None
    is_dealt: bool
    n_exposures: int
    n_shown: int

    @property
    def is_stimulus(self) -> bool:
        """It was a text or picture in a survey."""
        return self.kind == STIMULUS


@dataclass(frozen=True, slots=True)
class ExperimentUnits:
    """The customers of an experiment, ready for aggregates.

    Attributes
    ----------
    units : Units
        Numbers: the outcomes, and `covariates`; texts: customer_id, variant, cluster, dealt_on, reached_on,
        and the groups.
    covariates : tuple of str
        "NAME_before", of what was known of somebody and differs; who is not known of has the mean.
    errors : mapping of str to str
        Outcomes that are scores, and the columns of numbers with their standard errors.
    n : int
        Rows.
    n_open, n_early : int
        Of them, those of whom the days after the lot are not over, or were before all events.
    n_clusters : int
        Clusters that are named.
    last_day : date
        Of the tables.
    """

    units: Units
    covariates: tuple[str, ...]
    errors: Mapping[str, str]
    n: int
    n_open: int
    n_early: int
    n_clusters: int
    last_day: dt.date


def known_experiment(tables: Tables, action: str) -> KnownExperiment:
    """Say what the tables know of an action as an experiment.

    Raises
    ------
    NotFoundError
        If no table names the action.
    """
    found = {name: values[0] for name, values in tables.select("experiment_known", action_id=action).items()}
    if not (found["n_actions"] or found["n_dealt"] or found["n_exposures"]):
        known = _known_actions(tables)
        near = closest(action, known)
        raise NotFoundError(
            f"no action {action!r} in {tables.name}", expected=", ".join(known[:12]) or "an action",
            hint=f"Did you mean {near!r}?" if near else None,
        )  # fmt: skip
    by_lot = float("nan") if found["by_lot"] is None else float(found["by_lot"])
    return KnownExperiment(
        action=action,
        kind=found["kind"],
        by_lot=None if math.isnan(by_lot) else bool(by_lot),
        is_dealt=bool(found["n_dealt"] > 0),
        n_exposures=int(found["n_exposures"]),
        n_shown=int(found["n_shown"]),
    )


def _known_actions(tables: Tables) -> list[str]:
    found: set[str] = set()
    for name in ("actions", "assignments", "exposures"):
        query = exp.select("action_id").distinct().from_(name).where("action_id IS NOT NULL")
        found |= {str(one) for one in tables.select(query)["action_id"]}
    return sorted(found)


@contextmanager
def experiment_units(
    tables: Tables,
    known: KnownExperiment,
    control: str,
    outcomes: Sequence[str],
    covariates: Sequence[str],
    groups: Sequence[str],
    days: int,
) -> Iterator[ExperimentUnits]:
    """Lay what came of an experiment beside the arm of each customer, inside the engine.

    Parameters
    ----------
    tables : Tables
    known : KnownExperiment
    control : str
        Arm that the action should not have reached.
    outcomes : sequence of str
        `BEHAVIOURS` within `days`; "rung", as expected in the last period within them; a construct in
        `scores` or an item in `responses`, by the last answer since the lot.
    covariates : sequence of str
        The same names, measured before the lot: behaviours in as many days, others by the last value.
    groups : sequence of str
        Attributes of customers, "type" or "rung", as known before the lot.
    days : int
        The day of the lot is the first.

    Raises
    ------
    NotFoundError
        If the tables have no such outcome or group.
    DataError
        If amounts are in more than one currency.
    OptionError
        If a group has a name that the units use.
    """
    engine, (first_day, last_day) = tables.engine, tables.period_range
    arms, rows = engine.new_name("arms"), engine.new_name("experiment")
    measures = _Measures(tables, known, days)
    names = tuple(dict.fromkeys([*outcomes, *covariates]))
    parts, wanted = measures.parts(names, outcomes, covariates)
    labels = {name: measures.group(name) for name in groups}
    try:
        query = load(
            "experiment_arms", action_id=known.action, control=control, is_dealt=known.is_dealt, days=days,
            first_day=first_day, last_day=last_day,
        )  # fmt: skip
        engine.materialise(arms, tables.resolve(query))
        engine.materialise(rows, _beside(tables, arms, parts, wanted, labels))
        yield _units(tables, rows, outcomes, covariates, tuple(labels), last_day)
    finally:
        engine.drop(rows)
        engine.drop(arms)


@dataclass(frozen=True, slots=True)
class _Measures:
    """Which queries find what."""

    tables: Tables
    known: KnownExperiment
    days: int

    def parts(
        self, names: Sequence[str], outcomes: Sequence[str], covariates: Sequence[str]
    ) -> tuple[list[exp.Query], list[exp.Expr]]:
        """Queries to lay beside the arms, and the columns wanted of them."""
        queries: dict[str, exp.Query] = {}
        wanted: list[exp.Expr] = []
        for name in names:
            key, query, stem = self._of(name)
            queries.setdefault(key, query)
            place = f"part_{list(queries).index(key)}"
            if name in outcomes:
                wanted.append(alias(_known(name, exp.column(f"{stem}_after", table=place), _OVER), name))
                if key.startswith("score"):
                    wanted.append(alias(exp.column("error_after", table=place), _error(name)))
            if name in covariates:
                wanted.append(alias(_known(name, exp.column(f"{stem}_before", table=place)), _before(name)))
        if "behaviour" in queries:
            place = f"part_{list(queries).index('behaviour')}"
            wanted += [exp.column(c, table=place) for c in ("first_currency", "last_currency")]
        return list(queries.values()), wanted

    def _of(self, name: str) -> tuple[str, exp.Query, str]:
        """The key and text of the query that finds an outcome, and what its columns begin with."""
        if name in BEHAVIOURS:
            self._need("events", name)
            return "behaviour", load("experiment_behaviour", days=self.days), name
        if name == _RUNG:
            self._need("rungs", name)
            return "rung", load("experiment_rungs", days=self.days), "value"
        if name in CONSTRUCTS and "scores" in self.tables:
            return f"score {name}", load("experiment_scores", measured=name), "value"
        items = self._items()
        if name not in items:
            possible = [*BEHAVIOURS, _RUNG, *CONSTRUCTS, *items]
            near = (
                None if name in possible else closest(name, possible)
            )  # a construct of which nothing is asked
            raise NotFoundError(
                f"nothing to look at of the name {name!r} in {self.tables.name}",
                expected=f"{', '.join(BEHAVIOURS)}, {_RUNG}, a construct or an item",
                hint=f"Did you mean {near!r}?" if near else None,
            )
        return f"item {name}", load("experiment_answers", item=name), "value"

    def _items(self) -> list[str]:
        if "responses" not in self.tables:
            return []
        found = self.tables.select(exp.select("item").distinct().from_("responses").order_by("item"))
        return [str(item) for item in found["item"]]

    def _need(self, table_name: str, name: str) -> None:
        if table_name not in self.tables:
            raise NotFoundError(f"{name!r} needs a table {table_name!r}", got=", ".join(self.tables))

    def group(self, name: str) -> exp.Query:
        """A query of the label of each customer; by arm too, where it hangs on when she came in."""
        if name in (*_ARMS, "is_over", *BEHAVIOURS):
            raise OptionError(
                "a group has a name that is taken", got=repr(name), hint="Rename the attribute."
            )
        if "customers" in self.tables and name in self.tables.columns("customers"):
            label = alias(cast(column(name), "VARCHAR"), "label")
            return exp.select("customer_id", label).from_("customers")
        if name not in _GROUPS or _GROUPS[name][0] not in self.tables:
            possible = [*self.tables.attributes, *(g for g, (t, _) in _GROUPS.items() if t in self.tables)]
            raise NotFoundError(
                f"no groups {name!r} in {self.tables.name}", expected=", ".join(possible) or "attributes"
            )
        values = {"same_sheet": self.known.is_stimulus} if name == "type" else {}
        return load(_GROUPS[name][1], **values)


def _known(name: str, place: exp.Expr, over: exp.Expr | None = None) -> exp.Expr:
    """What was done; of who did nothing of it that is known too, once the days are over."""
    if name not in BEHAVIOURS:
        return place
    done = exp.Coalesce(this=place, expressions=[exp.convert(1 if name == "stays" else 0)])
    return done if over is None else exp.Case().when(over.copy(), done)


def _before(name: str) -> str:
    return f"{name}_before"


def _error(name: str) -> str:
    """Column with the standard error of a construct's score."""
    return f"{name}_error"


def _beside(
    tables: Tables,
    arms: str,
    parts: Sequence[exp.Query],
    wanted: Sequence[exp.Expr],
    labels: Mapping[str, exp.Query],
) -> exp.Query:
    """One row an arm's customer: parts and labels beside it."""
    whose = [exp.column(c, table="a", quoted=True) for c in (*_ARMS, "is_over")]
    named = [
        alias(exp.column("label", table=exp.to_identifier(f"group_{i}")), name)
        for i, name in enumerate(labels)
    ]
    query = exp.select(*whose, *wanted, *named).from_(exp.to_table("arms").as_("a"))
    for i, part in enumerate(parts):
        query = query.join(part.subquery(f"part_{i}"), on=_same(f"part_{i}"), join_type="left")
    for i, label in enumerate(labels.values()):
        by_arm = "variant" in label.named_selects
        query = query.join(
            label.subquery(f"group_{i}"), on=_same(f"group_{i}", by_arm=by_arm), join_type="left"
        )
    return rename(tables.resolve(query), arms=arms)


def _same(name: str, *, by_arm: bool = True) -> exp.Expr:
    keys = ("customer_id", "variant") if by_arm else ("customer_id",)
    return exp.and_(*(exp.column(c, table=name).eq(exp.column(c, table="a")) for c in keys))


def _units(
    tables: Tables,
    rows: str,
    outcomes: Sequence[str],
    covariates: Sequence[str],
    labels: Sequence[str],
    last_day: dt.date,
) -> ExperimentUnits:
    """Look once at the whole: what is known, how large, how far; then the rows as units."""
    engine, before = tables.engine, [_before(name) for name in covariates]
    found = engine.fetch(_looked(rows, before, money="first_currency" in engine.columns(rows)))
    if "first_currency" in found and {"revenue", "margin"} & {*outcomes, *covariates}:
        one_currency(found, tables.name)
    columns = {name: cast(column(name), "DOUBLE") for name in outcomes}
    errors = {name: _error(name) for name in outcomes if _error(name) in engine.columns(rows)}
    columns |= {name: cast(column(name), "DOUBLE") for name in errors.values()}
    known = []
    for i, name in enumerate(before):
        low, high, mean = (float(found[f"{word}_{i}"][0]) for word in ("low", "high", "mean"))
        if low < high:  # NaN where nothing is known of anybody
            filled = [exp.convert(mean)]
            columns[name] = exp.Coalesce(this=cast(column(name), "DOUBLE"), expressions=filled)
            known.append(name)
    texts = {name: cast(column(name), "VARCHAR") for name in (*_ARMS, *labels)}
    picked = [alias(expression, name) for name, expression in (columns | texts).items()]
    query = exp.select(*picked).from_(table(rows))
    units = Units(engine, query, tables.name, tuple(columns), tuple(texts), fingerprint=tables.fingerprint)
    n, n_open, n_early, n_clusters = (int(found[k][0]) for k in ("n", "n_open", "n_early", "n_clusters"))
    return ExperimentUnits(units, tuple(known), errors, n, n_open, n_early, n_clusters, last_day)


def _looked(rows: str, before: Sequence[str], *, money: bool) -> exp.Query:
    """How many rows and clusters there are, and how far apart people were before."""
    asked = [
        alias(exp.Count(this=exp.Star()), "n"),
        alias(exp.CountIf(this=column("is_over").eq(0)), "n_open"),
        alias(exp.CountIf(this=column("is_over").eq(-1)), "n_early"),
        alias(exp.Count(this=exp.Distinct(expressions=[column("cluster")])), "n_clusters"),
    ]
    for i, name in enumerate(before):
        asked += [
            alias(kind(this=cast(column(name), "DOUBLE")), f"{word}_{i}")
            for word, kind in (("mean", exp.Avg), ("low", exp.Min), ("high", exp.Max))
        ]
    if money:
        asked.append(alias(exp.Min(this=column("first_currency")), "first_currency"))
        asked.append(alias(exp.Max(this=column("last_currency")), "last_currency"))
    return exp.select(*asked).from_(table(rows))
