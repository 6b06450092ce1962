"""What an organisation's own data say already, so that nobody is asked for it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import compress
from typing import TYPE_CHECKING

from verbond.web.diagnosing import archive_of, diagnosis_of, open_data
from verbond.web.experiments.settings import BEHAVIOUR, CONSTRUCTS, Settings
from verbond.web.experiments.sizing import GUESSED_ICC, Measured
from verbond.web.store import reads
from verbond.web.store.models import Organisation, Run

if TYPE_CHECKING:
    from verbond.tables import Tables
    from verbond.tables.reads import Spread

__all__ = ["GUESSED_SD", "Ground", "ground_of", "measured_of"]

GUESSED_SD = 20.0
"""How far people usually lie apart on 0..100, where nobody was asked yet."""
USUAL_DAYS = Settings().days
_TYPES = ("text", "integer")
_WHOLES = range(4, 2001)
_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Ground:
    """What is known of customers.

    Attributes
    ----------
    n : int
        Customers now.
    groups : mapping of str to mapping of str to int
        Attribute -> value -> how many of them.
    wholes : mapping of str to int
        Columns that may be shops or advisers, and how many different ones.
    behaviour : tuple of str
        Outcomes that are recorded.
    months : int
        Of events.
    asked : mapping of str to (int, float, float)
        Construct -> people who answered, mean and standard deviation on 0..100, in the last wave.
    spreads : mapping of str to Spread
        Of behaviour over `USUAL_DAYS`: what is asked for first is read with the rest.
    """

    n: int = 0
    groups: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    wholes: Mapping[str, int] = field(default_factory=dict)
    behaviour: tuple[str, ...] = ()
    months: int = 0
    asked: Mapping[str, tuple[int, float, float]] = field(default_factory=dict)
    spreads: Mapping[str, Spread] = field(default_factory=dict)

    def n_of(self, column: str, value: str) -> int:
        """How many may take part."""
        return self.groups.get(column, {}).get(value, 0) if column else self.n

    def holds(self, n: int, column: str, value: str) -> bool:
        """Whether so many may take part; before customers are known, nothing says that they may not."""
        return not self.n or n <= self.n_of(column, value)

    @property
    def outcomes(self) -> tuple[str, ...]:
        """What can be looked at: what is recorded, and what can be asked."""
        known = [name for name in CONSTRUCTS if name in self.asked]
        return (*(known or CONSTRUCTS[:3]), *self.behaviour)


def ground_of(organisation: Organisation) -> Ground:
    """What is known of an organisation's customers now; read once for the same data."""
    run = reads.last_run(organisation)
    return _ground(
        organisation.pk, organisation.kind, _state(organisation), str(run.pk) if run is not None else ""
    )


def measured_of(
    organisation: Organisation, ground: Ground, name: str, days: int, cluster: str = ""
) -> Measured:
    """How an outcome is spread now, over so many days where it is behaviour.

    Parameters
    ----------
    organisation : Organisation
    ground : Ground
    name : str
        One of the outcomes.
    days : int
    cluster : str
        A column of customers over which a lot goes.
    """
    found = ground.spreads
    if days != USUAL_DAYS or cluster:
        found = _spreads(organisation.pk, organisation.kind, _state(organisation), days, cluster)
    any_one = next(iter(found.values()), None)
    if name in BEHAVIOUR:
        one = found.get(name)
        if one is None:
            return Measured(name, 0, None, 1.0)
        if not cluster:
            return Measured(name, one.n, one.mean, one.sd, max(0.0, one.correlation))
        icc = one.icc if one.icc == one.icc else GUESSED_ICC
        return Measured(
            name, one.n, one.mean, one.sd, max(0.0, one.correlation), icc, one.group_size, one.group_cv,
            one.n_groups,
        )  # fmt: skip
    n, mean, sd = ground.asked.get(name, (0, None, GUESSED_SD))
    if not cluster or any_one is None:
        return Measured(name, n, mean, sd)
    return Measured(
        name, n, mean, sd, group_size=any_one.group_size, group_cv=any_one.group_cv, n_groups=any_one.n_groups
    )


def _state(organisation: Organisation) -> str:
    return archive_of(organisation).state() if archive_of(organisation).imports() else ""


def _has_data(organisation: Organisation) -> bool:
    return organisation.kind == Organisation.Kind.DEMO or bool(archive_of(organisation).imports())


@lru_cache(maxsize=32)
def _ground(organisation_id: int, kind: str, state: str, run: str) -> Ground:
    organisation = Organisation(pk=organisation_id, kind=kind)
    asked = _asked(Run(pk=run, organisation_id=organisation_id)) if run else {}
    if not _has_data(organisation):
        return Ground(asked=asked)
    with open_data(organisation) as tables:
        return _read(tables, asked)


def _read(tables: Tables, asked: Mapping[str, tuple[int, float, float]]) -> Ground:
    from verbond.tables.reads import behaviour, customers_now, spreads

    now = set(customers_now(tables)["customer_id"].tolist())
    groups, wholes = _columns(tables, now) if "customers" in tables else ({}, {})
    done = behaviour(tables).kinds if "events" in tables else {}
    return Ground(
        n=len(now),
        groups=groups,
        wholes=wholes,
        behaviour=_recorded(done),
        months=_months(tables) if done else 0,
        asked=asked,
        spreads=spreads(tables, USUAL_DAYS) if done else {},
    )


def _columns(tables: Tables, now: set[str]) -> tuple[dict[str, dict[str, int]], dict[str, int]]:
    """What customers can be chosen by, and over which wholes a lot can go."""
    groups: dict[str, dict[str, int]] = {}
    wholes: dict[str, int] = {}
    types = tables.types("customers")
    names = [name for name in types if name not in ("customer_id", "since", "consent")]
    columns = tables.fetch("customers", ["customer_id", *names])
    here = [one in now for one in columns["customer_id"].tolist()]
    for name in names:
        counts = Counter(compress(columns[name].tolist(), here))
        counts.pop(None, None)
        if name in tables.attributes:
            groups[name] = {str(value): n for value, n in sorted(counts.items())}
        if types[name] in _TYPES and len(counts) in _WHOLES:
            wholes[name] = len(counts)
    return groups, wholes


def _recorded(done: Mapping[str, object]) -> tuple[str, ...]:
    """Outcomes of behaviour that events tell of."""
    kinds = {
        "purchases": "purchase", "revenue": "purchase", "stays": "cancellation", "complaints": "complaint",
        "referrals": "referral", "contributions": "contribution",
    }  # fmt: skip
    found = [name for name in BEHAVIOUR if kinds[name] in done]
    has_money = "purchase" in done and done["purchase"].amount > 0  # type: ignore[attr-defined]
    return tuple(name for name in found if name != "revenue" or has_money)


def _months(tables: Tables) -> int:
    first, last = tables.period_range
    return (last.year - first.year) * 12 + last.month - first.month


@lru_cache(maxsize=64)
def _spreads(organisation_id: int, kind: str, state: str, days: int, cluster: str) -> Mapping[str, Spread]:
    from verbond.tables.reads import spreads

    organisation = Organisation(pk=organisation_id, kind=kind)
    if not _has_data(organisation):
        return {}
    with open_data(organisation) as tables:
        return spreads(tables, days, cluster or None)


def _asked(run: Run) -> dict[str, tuple[int, float, float]]:
    """Construct -> people, mean and standard deviation in the last wave, from what its interval says."""
    survey = diagnosis_of(run).survey
    if survey is None:
        return {}
    found: dict[str, tuple[int, float, float]] = {}
    for one in survey.constructs:  # all waves together, then each wave: the last counts
        mean = one.mean
        if mean.value is not None and mean.ci_lower is not None and mean.ci_upper is not None and mean.n_obs:
            sd = (mean.ci_upper - mean.ci_lower) / (2 * _Z) * math.sqrt(mean.n_obs)
            if sd > 0:
                found[one.construct] = mean.n_obs, mean.value, sd
    return found
