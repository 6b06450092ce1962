"""`Experiment`: what is compared with what, and how."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from verbond.effects.experiment.checking import check_assignment
from verbond.effects.experiment.estimating import bounded, estimate
from verbond.effects.experiment.grouping import group_effects
from verbond.effects.experiment.latent import latent_effects
from verbond.effects.experiment.reading import Outcome, Read, read_experiment
from verbond.effects.experiment.results import EffectEstimate, ExperimentResult
from verbond.effects.experiment.telling import corrected, headline_of
from verbond.effects.verdict import together
from verbond.errors import OptionError
from verbond.numerics.checks import check_ci_level
from verbond.results import Provenance, Reason
from verbond.tables.units import open_units

__all__ = ["Experiment"]

MEASURES = ("mean", "share", "ordinal")


@dataclass(frozen=True, slots=True)
class Experiment:
    """An experiment in which units were assigned to arms by lot.

    Parameters
    ----------
    variant : str
        Column that names the arm of each unit.
    control : str
        The arm that the others are compared with.
    outcomes : tuple of str
        Columns of numbers.
    covariates : tuple of str
        Columns known before the assignment; they take noise away from means and ratios (CUPED).
    ratios : tuple of (str, str)
        Numerators and denominators: the ratio of their totals is an outcome too ("orders/visits").
    survivals : tuple of (str, str)
        How long each unit was followed, and a mark: 1 where that ended because something happened (somebody
        left), 0 where it did not. Mean times until then are an outcome too ("days:left"); longer is better.
    horizon : float, optional
        Times count up to this one, chosen beforehand; without it as far as both arms are known.
    errors : mapping of str to str
        Outcomes that are scores, and the columns with their standard errors: then the effect is told in
        standard deviations of what the scores measure too.
    measures : mapping of str to {"mean", "share", "ordinal"}
        How an outcome is compared; a difference of means where not said.
    strata : tuple of str
        Columns known before the assignment; arms are compared within their combinations.
    cluster : str, optional
        Column that names the shop, adviser or region, where those were assigned as a whole.
    unit : str, optional
        Column that names the unit: those that stand in more than one arm are left out and counted.
    day : str, optional
        Column with the day of assignment: a change of the shares of the arms on the way is found.
    exposed : str, optional
        Column with the day on which the action really reached a unit, or a mark that it did; empty, 0 or no
        where it did not.
    groups : tuple of str
        Columns known before the assignment to break the effect down by.
    margin : float or mapping of str to float, optional
        The largest difference that makes no difference, for all outcomes or for each.
    lower_is_better : tuple of str
        Outcomes of which less is better.
    expected : mapping of str to float, optional
        Share of each arm that the lot should give.
    any_look : bool
        Intervals and p-values that hold whenever one looks.
    planned_n : int, optional
        Units in both arms at which such intervals are narrowest, chosen beforehand; 5000 where not given.
    ci_level : float

    Examples
    --------
    >>> data = {"folder": ["price"] * 6 + ["care"] * 6, "trust": [5, 6, 4, 5, 6, 5, 7, 8, 7, 6, 8, 7]}
    >>> result = Experiment("folder", "price", ("trust",)).analyze(data)
    >>> print(result.headline)
    trust is 2.000 higher with care than with price (1.032 to 2.968). Strengthens.
    """

    variant: str
    control: str
    outcomes: tuple[str, ...]
    covariates: tuple[str, ...] = ()
    ratios: tuple[tuple[str, str], ...] = ()
    survivals: tuple[tuple[str, str], ...] = ()
    horizon: float | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    measures: Mapping[str, str] = field(default_factory=dict)
    strata: tuple[str, ...] = ()
    cluster: str | None = None
    unit: str | None = None
    day: str | None = None
    exposed: str | None = None
    groups: tuple[str, ...] = ()
    margin: float | Mapping[str, float] | None = None
    lower_is_better: tuple[str, ...] = ()
    expected: Mapping[str, float] | None = None
    any_look: bool = False
    planned_n: int | None = None
    ci_level: float = 0.95

    def __post_init__(self) -> None:
        check_ci_level(self.ci_level)
        if not (self.outcomes or self.ratios or self.survivals):
            raise OptionError("an outcome is needed", expected="a column, or a ratio of two")
        if self.survivals and (self.strata or self.cluster or self.any_look):
            raise OptionError("survival knows no strata, clusters or looks", expected="none of them")
        if self.horizon is not None and not self.horizon > 0:
            raise OptionError("horizon is out of range", got=repr(self.horizon), expected="more than 0")
        self._check_columns()
        self._check_measures()
        if self.planned_n is not None and self.planned_n < 2:
            raise OptionError("planned_n is out of range", got=repr(self.planned_n), expected="2 or more")
        if self.strata and self.cluster:
            raise OptionError("strata and clusters cannot be combined", expected="one of them")

    def _check_columns(self) -> None:
        after = [*self.outcomes, *(name for pair in (*self.ratios, *self.survivals) for name in pair)]
        for name in (self.variant, *self.covariates, *self.strata, *self.groups, *self.errors.values()):
            if name in after:
                raise OptionError(
                    f"column {name!r} is an outcome and something else",
                    hint="What is known before the assignment and what came of it are different columns.",
                )
        for given in (self.outcomes, self.covariates, self.strata, self.groups):
            if twice := [name for name in given if given.count(name) > 1]:
                raise OptionError(f"column {twice[0]!r} is named twice")

    def _check_measures(self) -> None:
        for name, measure in self.measures.items():
            if name not in self.outcomes:
                raise OptionError(
                    "a measure of something that is no outcome",
                    got=repr(name),
                    expected=", ".join(self.outcomes),
                )
            if measure not in MEASURES:
                raise OptionError("unknown measure", got=repr(measure), expected=", ".join(MEASURES))
            if measure != "mean" and name in self.errors:
                raise OptionError(
                    "errors are of scores", got=f"{name}: {measure}", expected="the measure 'mean'"
                )
            if measure != "mean" and (self.strata or self.cluster or self.any_look):
                raise OptionError(
                    f"{measure!r} knows no strata, clusters or looks", got=name, expected="the measure 'mean'"
                )
        known = {outcome.name for outcome in self.all_outcomes}
        margins = self.margin if isinstance(self.margin, Mapping) else {}
        if self.errors and self.any_look:
            raise OptionError("errors of scores know no looks", expected="one of both")
        for name in (*margins, *self.lower_is_better, *self.errors):
            if name not in known:
                raise OptionError("not an outcome", got=repr(name), expected=", ".join(sorted(known)))
        for value in margins.values() if isinstance(self.margin, Mapping) else (self.margin,):
            if value is not None and not value > 0:
                raise OptionError("a margin is out of range", got=repr(value), expected="more than 0")

    @property
    def all_outcomes(self) -> tuple[Outcome, ...]:
        """Outcomes and ratios, with what each needs."""
        named = [
            Outcome(name, (name,), self.measures.get(name, "mean"), self.margin_of(name), self._better(name))
            for name in self.outcomes
        ]
        for pair in self.ratios:
            name = "/".join(pair)
            named.append(Outcome(name, pair, "ratio", self.margin_of(name), self._better(name)))
        for pair in self.survivals:
            name = ":".join(pair)
            named.append(Outcome(name, pair, "survival", self.margin_of(name), self._better(name)))
        return tuple(named)

    def margin_of(self, name: str) -> float | None:
        """The margin of one outcome."""
        return self.margin.get(name) if isinstance(self.margin, Mapping) else self.margin

    def _better(self, name: str) -> bool:
        return name not in self.lower_is_better

    def analyze(self, data: Any) -> ExperimentResult:
        """Compare every variant with control on every outcome.

        Parameters
        ----------
        data : path, mapping of arrays or frame
            One row a unit: CSV, TSV, Parquet, XLSX or SAV; or columns; or a pandas, polars or pyarrow frame.

        Raises
        ------
        NotFoundError
            If the file or a column is not there.
        ReadError
            If a cell of a column of numbers holds none.
        OptionError
            If there is no arm of the name of control, or `expected` names other arms.
        DataError
            If the data hold no units, or more arms than an experiment can have.
        """
        texts = [self.variant, *self.strata, *self.groups]
        texts += [name for name in (self.cluster, self.unit, self.day, self.exposed) if name is not None]
        columns = [name for outcome in self.all_outcomes for name in outcome.columns]
        with open_units(data, [*columns, *self.covariates, *self.errors.values()], texts) as units:
            read = read_experiment(units, self)
            return self._result(read)

    def _result(self, read: Read) -> ExperimentResult:
        checks = check_assignment(read)
        alpha = 1 - self.ci_level
        rows: list[EffectEstimate] = [
            estimate(read, outcome, variant) for outcome in self.all_outcomes for variant in read.variants
        ]
        rows = bounded(rows, read, checks.attrition)
        rows = corrected(rows, self.all_outcomes, alpha, read.control, refused=checks.refused)
        verdict = together([row.verdict for row in rows])
        groups, tests, about_groups = group_effects(read)
        latents, about_latents = latent_effects(read, rows)
        return ExperimentResult(
            effects=tuple(rows),
            verdict=verdict,
            headline=headline_of(rows, verdict, read, checks),
            arms=checks.arms,
            control=read.control,
            ci_level=self.ci_level,
            sample_ratio=checks.sample_ratio,
            balance=checks.balance,
            attrition=checks.attrition,
            groups=tuple(groups),
            group_tests=tuple(tests),
            latents=tuple(latents),
            reasons=(
                *read.reasons,
                *checks.reasons,
                *self._reasons(rows, read),
                *about_groups,
                *about_latents,
            ),
            provenance=Provenance(
                source=read.units.name, fingerprint=read.units.fingerprint, options=dataclasses.asdict(self)
            ),
        )

    def _reasons(self, rows: list[EffectEstimate], read: Read) -> list[Reason]:
        reasons = []
        if len(rows) > 1:
            reasons.append(Reason("effects.corrected", {"n": len(rows)}))
        if self.any_look:
            reasons.append(Reason("effects.any_look"))
        if self.cluster is not None:
            reasons.append(Reason("effects.clustered"))
        if left := self._left_out(rows, read):
            reasons.append(Reason("effects.left_out", {"n": left}))
        return reasons

    def _left_out(self, rows: list[EffectEstimate], read: Read) -> int:
        """Units whose outcome is known and that stand in no cluster, or in a stratum of one arm; the most."""
        if self.cluster is None and not self.strata:
            return 0
        sets = {outcome.name: k for k, outcome in enumerate(self.all_outcomes)}
        known = [
            int(read.arm(sets[row.outcome], read.control).n + read.arm(sets[row.outcome], row.variant).n)
            for row in rows
        ]
        return max((n - row.n_obs for n, row in zip(known, rows, strict=True)), default=0)
