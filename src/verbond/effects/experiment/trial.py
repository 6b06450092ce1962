"""Experiments without an effect, on one's own data: how often is one found all the same?"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import stdtr

from verbond.effects.experiment.reading import LEAST
from verbond.effects.experiment.sequential import any_look_width, tuning
from verbond.errors import DataError, OptionError
from verbond.numerics.intervals import wilson_interval
from verbond.results import Estimate, Provenance, Reason, Result
from verbond.tables.units import open_units

__all__ = ["Trial", "TrialOutcome", "TrialResult"]

LEAST_UNITS = 20


@dataclass(frozen=True, slots=True)
class TrialOutcome:
    """How often an effect was found on one outcome.

    Attributes
    ----------
    outcome : str
    n_obs : int
        Units whose outcome and covariates are known.
    found : Estimate
        Share of the runs with a p-value below alpha.
    """

    outcome: str
    n_obs: int
    found: Estimate


@dataclass(frozen=True, slots=True)
class TrialResult(Result):
    """What experiments without an effect find.

    Attributes
    ----------
    outcomes : tuple of TrialOutcome
    runs : int
    alpha, effect : float
    headline : Reason
    reasons : tuple of Reason
    provenance : Provenance
    """

    outcomes: tuple[TrialOutcome, ...]
    runs: int
    alpha: float
    effect: float
    headline: Reason
    reasons: tuple[Reason, ...]
    provenance: Provenance

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row an outcome."""
        return [
            {
                "outcome": row.outcome,
                "n_obs": row.n_obs,
                "found": row.found.value,
                "ci_lower": row.found.ci_lower,
                "ci_upper": row.found.ci_upper,
            }
            for row in self.outcomes
        ]


@dataclass(frozen=True, slots=True)
class Trial:
    """Deal one's own units out to two arms again and again, do nothing, and count what is found.

    Use it before an experiment: outcomes with a few giants (revenue), or rows that belong together, can make
    tests promise what they do not keep. With `effect` it counts how often an effect of that size is found.

    Parameters
    ----------
    outcomes : tuple of str
    covariates : tuple of str
        As in `Experiment`.
    cluster : str, optional
        Rows that belong together: these are dealt out as a whole, and the analysis does not know it. So one
        sees what it costs to forget them.
    runs : int
    alpha : float
    share : float
        Of the units that go to the variant.
    effect : float
        Added to every outcome of the variant.
    any_look : bool
        Look at twenty moments and stop at the first find, with intervals that hold at every look.
    seed : int

    Examples
    --------
    >>> units = {"y": np.random.default_rng(1).normal(size=400)}
    >>> found = Trial(("y",), runs=400).run(units).outcomes[0].found
    >>> found.ci_lower < 0.05 < found.ci_upper
    True
    """

    outcomes: tuple[str, ...]
    covariates: tuple[str, ...] = ()
    cluster: str | None = None
    runs: int = 1000
    alpha: float = 0.05
    share: float = 0.5
    effect: float = 0.0
    any_look: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.outcomes:
            raise OptionError("an outcome is needed", expected="a column")
        if self.runs < 1:
            raise OptionError("runs is out of range", got=repr(self.runs), expected="1 or more")
        for name in ("alpha", "share"):
            if not 0 < getattr(self, name) < 1:
                raise OptionError(
                    f"{name} is out of range", got=repr(getattr(self, name)), expected="between 0 and 1"
                )
        if self.any_look and self.cluster:
            raise OptionError("looking at any moment knows no clusters", expected="one of both")

    def run(self, data: Any) -> TrialResult:
        """Deal out, compare and count.

        Parameters
        ----------
        data : path, mapping of arrays or frame
            One row a unit; what arm they were in plays no part.

        Raises
        ------
        NotFoundError, ReadError
            See `Experiment.analyze`.
        DataError
            With fewer than twenty units or five in an arm (two clusters), or an outcome that is one value.
        """
        texts = () if self.cluster is None else (self.cluster,)
        with open_units(data, [*self.outcomes, *self.covariates], texts) as units:
            columns = units.fetch(*self.outcomes, *self.covariates, *texts)
            name, fingerprint = units.name, units.fingerprint
        rng = np.random.default_rng(self.seed)
        found = tuple(self._of_outcome(outcome, columns, rng) for outcome in self.outcomes)
        return TrialResult(
            outcomes=found,
            runs=self.runs,
            alpha=self.alpha,
            effect=self.effect,
            headline=self._headline(found),
            reasons=tuple(self._reasons(found)),
            provenance=Provenance(
                source=name, fingerprint=fingerprint, options=dataclasses.asdict(self), seed=self.seed
            ),
        )

    def _of_outcome(
        self, outcome: str, columns: dict[str, np.ndarray], rng: np.random.Generator
    ) -> TrialOutcome:
        y = columns[outcome].astype(float)
        x = np.array([columns[name] for name in self.covariates], dtype=float).reshape(-1, len(y)).T
        known = np.isfinite(y) & np.isfinite(x).all(axis=1)
        y, x = y[known], x[known]
        if len(y) < LEAST_UNITS:
            raise DataError(
                "too few units to deal out",
                got=f"{len(y)} with a known {outcome!r}",
                expected=f"{LEAST_UNITS} or more",
            )
        if y.min() == y.max():
            raise DataError(
                f"everybody has the same {outcome!r}", got=f"{y[0]:g}", hint="It can show nothing."
            )
        if len(self.covariates):  # of all units: what both arms together say, whoever is in which
            centred = x - x.mean(axis=0)
            y = y - centred @ np.linalg.lstsq(centred, y - y.mean(), rcond=None)[0]
        clusters = None
        if self.cluster is not None:
            clusters = np.unique(columns[self.cluster][known].astype(str), return_inverse=True)[1]
        self._check_arms(len(y) if clusters is None else int(clusters.max()) + 1, outcome, clusters is None)
        n_found = self._count(y, clusters, rng)
        low, high = wilson_interval(n_found, self.runs)
        return TrialOutcome(outcome, len(y), Estimate(n_found / self.runs, low, high, self.runs))

    def _check_arms(self, n: int, outcome: str, units: bool) -> None:
        """Refuse an arm about which a test says nothing: it would seem to keep any promise."""
        least = LEAST if units else 2
        if min(small := round(self.share * n), n - small) < least:
            what = "units" if units else "clusters"
            raise DataError(
                f"an arm has too few {what} for {outcome!r}", got=f"{min(small, n - small)} of {n}",
                expected=f"{least} or more",
            )  # fmt: skip

    def _count(self, y: np.ndarray, clusters: np.ndarray | None, rng: np.random.Generator) -> int:
        return sum(self._finds(y, self._dealt(len(y), clusters, rng), rng) for _ in range(self.runs))

    def _dealt(self, n: int, clusters: np.ndarray | None, rng: np.random.Generator) -> np.ndarray:
        """Who goes to the variant: the exact share, by lot."""
        count = n if clusters is None else int(clusters.max()) + 1
        chosen = np.zeros(count, dtype=bool)
        chosen[rng.permutation(count)[: max(1, min(count - 1, round(self.share * count)))]] = True
        return chosen if clusters is None else chosen[clusters]

    def _finds(self, y: np.ndarray, variant: np.ndarray, rng: np.random.Generator) -> bool:
        if self.any_look:
            return self._finds_at_any_look(y, variant, rng)
        z, df = _welch(y[variant] + self.effect, y[~variant])
        return bool(2 * stdtr(df, -abs(z)) < self.alpha)

    def _finds_at_any_look(self, y: np.ndarray, variant: np.ndarray, rng: np.random.Generator) -> bool:
        order = rng.permutation(len(y))
        rho = tuning(self.alpha, len(y))
        for n in np.linspace(max(LEAST_UNITS, len(y) // 20), len(y), 20).astype(int):
            seen = order[:n]
            in_variant = variant[seen]
            if min(in_variant.sum(), (~in_variant).sum()) < 5:
                continue
            z, _ = _welch(y[seen][in_variant] + self.effect, y[seen][~in_variant])
            if abs(z) > any_look_width(int(n), self.alpha, rho):
                return True
        return False

    def _headline(self, found: Sequence[TrialOutcome]) -> Reason:
        row = found[0] if self.effect else max(found, key=lambda r: r.found.ci_lower or 0.0)  # the worst
        values = {
            "outcome": row.outcome,
            "runs": self.runs,
            "share": row.found.value,
            "low": row.found.ci_lower,
            "high": row.found.ci_upper,
            "alpha": self.alpha,
            "effect": self.effect,
        }
        if self.effect:
            return Reason("effects.trial_power", values)
        assert row.found.ci_lower is not None
        kept = row.found.ci_lower <= self.alpha
        return Reason("effects.trial_kept" if kept else "effects.trial_broken", values)

    def _reasons(self, found: Sequence[TrialOutcome]) -> list[Reason]:
        reasons = []
        if self.cluster is not None:
            reasons.append(Reason("effects.trial_clusters", {"cluster": self.cluster}))
        if self.any_look:
            reasons.append(Reason("effects.trial_looks"))
        return reasons


def _welch(variant: np.ndarray, control: np.ndarray) -> tuple[float, float]:
    """Welch's t and its degrees of freedom; no difference where nothing varies."""
    e1, e0 = variant.var(ddof=1) / len(variant), control.var(ddof=1) / len(control)
    total = e0 + e1
    if not total > 0:
        return 0.0, 1.0
    df = total**2 / (e0**2 / (len(control) - 1) + e1**2 / (len(variant) - 1))
    return float((variant.mean() - control.mean()) / np.sqrt(total)), float(df)
