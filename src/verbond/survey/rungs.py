"""Which rungs people say they have attained, how many skip which, and whether the order holds.

This is called *asked*: it rests on answers alone, one person and wave at a time. The ladder room estimates
where customers stand from answers and behaviour together; the two need not agree.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.stats import chi2

from verbond.errors import DataError, OptionError
from verbond.method import RUNGS
from verbond.numerics.checks import check_ci_level
from verbond.numerics.intervals import wilson_interval
from verbond.results import Estimate, Provenance, Reason, Result
from verbond.results.groups import MIN_GROUP
from verbond.survey.guttman import Guttman, guttman
from verbond.survey.rung_models import RungModel, fit_graded, fit_groups, profile_covariance
from verbond.tables import RUNG_CONSTRUCTS

__all__ = ["AskedRung", "AskedRungs", "AskedRungsResult", "RungFit", "RungProfile"]

AGREES = 175 / 3
"""58.3 on 0..100: on a seven-point scale halfway between the middle answer and the first that agrees."""
APART = 25 / 6
"""A quarter of an answer of seven: groups below and on a rung lie half an answer apart at least."""
MIN_RESPONDENTS = 100
MIN_CONSTRUCTS = 3
MAX_FITTED = 5_000
STRONG = 6.0
"""BIC by which one description must beat the next to be called the better (Kass & Raftery 1995: strong)."""
_GROUPED = ("linear", "skip_1", "skip_2", "skip_3", "skip_4", "free", "independent")
_VERDICTS = {"linear": "ladder", "independent": "no_order", "graded": "graded"}


@dataclass(frozen=True, slots=True)
class AskedRung:
    """One rung, as asked.

    Attributes
    ----------
    rung : int
        1..5.
    construct : str
    attained : Estimate
        Share of respondents who have attained it.
    skipped : Estimate or None
        Share who have not, and yet have attained a higher one; None for the highest.
    threshold : float
        Score at which attained and not attained fit equally well.
    """

    rung: int
    construct: str
    attained: Estimate
    skipped: Estimate | None
    threshold: float


@dataclass(frozen=True, slots=True)
class RungProfile:
    """One combination of attained rungs.

    Attributes
    ----------
    rungs : tuple of int
        Those attained; empty: none.
    share : Estimate
    linear : bool
        One of the six that a ladder without gaps allows.
    """

    rungs: tuple[int, ...]
    share: Estimate
    linear: bool


@dataclass(frozen=True, slots=True)
class RungFit:
    """How well one description fits.

    Attributes
    ----------
    model : {"linear", "skip_1" .. "skip_4", "free", "independent", "graded"}
        Six profiles; those and the ones that leave out that rung alone; all 32; rungs without order; no
        groups at all.
    loglik, bic : float
    n_parameters : int
    """

    model: str
    loglik: float
    n_parameters: int
    bic: float


@dataclass(frozen=True, slots=True)
class AskedRungsResult(Result):
    """The rungs as asked, and the order of the ladder as a hypothesis.

    Attributes
    ----------
    n_respondents : int
        People it rests on, each at their latest wave.
    rungs : tuple of AskedRung
    profiles : tuple of RungProfile
        Commonest first; those of fewer than five expected people are left out.
    linear : Estimate
        Share of respondents in one of the six profiles of a ladder.
    linear_by_chance : float
        The same if each rung were attained as often as it is, in no order.
    models : tuple of RungFit
        Best (lowest BIC) first.
    likelihood_ratio, df, p_value : float, int, float
        Six profiles against all 32. Shares at 0 make the p-value too large rather than too small.
    guttman : Guttman
    verdict : {"ladder", "skips", "no_order", "graded", "undecided"}
    reason : Reason
        The verdict in words.
    reasons : tuple of Reason
    provenance : Provenance
    people : mapping of str to array
        A row a respondent and wave: respondent_id, customer_id, wave, occurred_at, rung_1 .. rung_5 (the
        probability of each being attained), rung (the likeliest highest one, 0..5) and probability of that;
        not in JSON.
    """

    n_respondents: int
    rungs: tuple[AskedRung, ...]
    profiles: tuple[RungProfile, ...]
    linear: Estimate
    linear_by_chance: float
    models: tuple[RungFit, ...]
    likelihood_ratio: float
    df: int
    p_value: float
    guttman: Guttman
    verdict: str
    reason: Reason
    reasons: tuple[Reason, ...]
    provenance: Provenance
    people: Mapping[str, np.ndarray] = field(metadata={"json": False}, repr=False)

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row a rung: rung, construct, attained and skipped with their bounds."""
        return [
            {
                "rung": r.rung, "construct": r.construct, "attained": r.attained.value,
                "attained_ci_lower": r.attained.ci_lower, "attained_ci_upper": r.attained.ci_upper,
                "skipped": r.skipped.value if r.skipped else None,
                "skipped_ci_lower": r.skipped.ci_lower if r.skipped else None,
                "skipped_ci_upper": r.skipped.ci_upper if r.skipped else None,
            }
            for r in self.rungs
        ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class AskedRungs:
    """Rungs attained per respondent, from construct scores and their errors.

    Use it on the answers of one company to see which rung is skipped, and whether its customers' answers come
    in the order of the ladder at all.

    Parameters
    ----------
    threshold : float
        Score 0..100 on whose two sides the groups lie that have and have not attained a rung. The default is
        where answers begin to agree.
    n_permutations : int
        For the chance distribution of Guttman's coefficient.
    ci_level : float
    seed : int

    Notes
    -----
    A score is not cut at the threshold: that would count every wobble of an answer as a skipped rung.
    People are taken as a mixture of groups, a group a profile of attained rungs, and scores vary around
    their group's means by the error of each score, by what differs between people of a group, and by how
    high somebody answers throughout. Latent classes with restrictions on classes go back to Goodman (1975)
    and Dayton & Macready (1976), who let answers err as here.

    Examples
    --------
    >>> result = AskedRungs().fit(Survey().fit(tables).scores)     # doctest: +SKIP
    >>> result.verdict                                             # doctest: +SKIP
    'ladder'
    """

    threshold: float = AGREES
    n_permutations: int = 999
    ci_level: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        if not 10 <= self.threshold <= 90:
            raise OptionError("threshold is out of range", got=f"{self.threshold:g}", expected="10 to 90")
        if self.n_permutations < 99:
            raise OptionError("too few permutations", got=str(self.n_permutations), expected="99 or more")
        check_ci_level(self.ci_level)

    def fit(self, scores: Mapping[str, np.ndarray], *, source: str = "") -> AskedRungsResult:
        """Find groups and judge the order.

        Parameters
        ----------
        scores : mapping of str to array
            The canonical `scores` table (`SurveyResult.scores`).
        source : str

        Raises
        ------
        DataError
            A rung's construct was not asked, or fewer than 100 people answered about three or more rungs.
        """
        rows = _Rows.of(scores)
        rng = np.random.default_rng(self.seed)
        latest = rows.latest & (np.isfinite(rows.scores).sum(axis=1) >= MIN_CONSTRUCTS)
        _check(rows.scores[latest])
        chosen = np.flatnonzero(latest)
        n = len(chosen)
        if n > MAX_FITTED:
            chosen = np.sort(rng.choice(chosen, MAX_FITTED, replace=False))
        x, e = (np.ascontiguousarray(part[chosen]) for part in (rows.scores, rows.errors))
        fits = {name: fit_groups(name, x, e, threshold=self.threshold, apart=APART) for name in _GROUPED} | {
            "graded": fit_graded(x, e)
        }
        free = fits["free"]
        shares = _Shares(free, profile_covariance(free, x, e), n, self.ci_level)
        rungs = _rungs(free, shares)
        models = sorted(
            (RungFit(m.name, m.loglik, m.n_parameters, m.bic) for m in fits.values()), key=lambda m: m.bic
        )
        verdict = _verdict(models)
        linear = shares.of(_is_linear(free.profiles))
        ratio = max(2 * (free.loglik - fits["linear"].loglik), 0.0)
        df = free.n_parameters - fits["linear"].n_parameters
        return AskedRungsResult(
            n_respondents=n,
            rungs=rungs,
            profiles=_profiles(free, shares),
            linear=linear,
            linear_by_chance=_by_chance(free),
            models=tuple(models),
            likelihood_ratio=ratio,
            df=df,
            p_value=float(chi2.sf(ratio, df)),
            guttman=guttman(x >= self.threshold, np.isfinite(x).all(axis=1), self.n_permutations, rng),
            verdict=verdict,
            reason=_said(verdict, models[0].model, rungs, linear, n),
            reasons=tuple(_keep_in_mind(n, len(chosen))),
            provenance=Provenance(source=source, options=dataclasses.asdict(self), seed=self.seed),
            people=_people(rows, free),
        )


def _verdict(models: Sequence[RungFit]) -> str:
    """What the best description says, if it is clearly better than the best that says something else.

    A ladder and the same with a few who skip one rung differ by little: there the simpler one holds until the
    other is clearly better.
    """
    best = _VERDICTS.get(models[0].model, "skips")
    rivals = [m for m in models if _VERDICTS.get(m.model, "skips") != best]
    if best == "ladder":
        rivals = [m for m in rivals if not m.model.startswith("skip_")]
    return best if min(m.bic for m in rivals) - models[0].bic > STRONG else "undecided"


@dataclass(frozen=True, slots=True)
class _Rows:
    """Scores as a matrix: a row a respondent and wave."""

    ids: dict[str, np.ndarray]
    scores: np.ndarray  # (n, 5)
    errors: np.ndarray
    latest: np.ndarray

    @classmethod
    def of(cls, table: Mapping[str, np.ndarray]) -> _Rows:
        used = np.isin(np.asarray(table["construct"], dtype=str), RUNG_CONSTRUCTS)
        part = {name: np.asarray(table[name])[used] for name in table}
        who = np.array([str(v) for v in part["respondent_id"]], dtype=str)
        wave = np.array(["" if v is None else str(v) for v in part["wave"]], dtype=str)
        _, codes = np.unique(who, return_inverse=True)
        waves, wave_codes = np.unique(wave, return_inverse=True)
        _, first, row = np.unique(
            codes * max(len(waves), 1) + wave_codes, return_index=True, return_inverse=True
        )
        n = len(first)
        scores, errors = (
            np.full((n, len(RUNG_CONSTRUCTS)), np.nan),
            np.full((n, len(RUNG_CONSTRUCTS)), np.nan),
        )
        for c, construct in enumerate(RUNG_CONSTRUCTS):
            at = part["construct"] == construct
            scores[row[at], c], errors[row[at], c] = part["score"][at], part["standard_error"][at]
        ids = {name: part[name][first] for name in ("respondent_id", "customer_id", "wave", "occurred_at")}
        day = np.where(
            np.isnat(ids["occurred_at"]), np.iinfo(np.int64).min, ids["occurred_at"].astype(np.int64)
        )
        person = codes[first]
        order = np.lexsort((wave_codes[first], day, person))
        last = np.ones(n, dtype=bool)
        last[:-1] = person[order][1:] != person[order][:-1]
        latest = np.zeros(n, dtype=bool)
        latest[order[last]] = True
        return cls(ids, scores, errors, latest)


def _check(scores: np.ndarray) -> None:
    known = np.isfinite(scores).sum(axis=0)
    for construct, n in zip(RUNG_CONSTRUCTS, known, strict=True):
        if n < MIN_RESPONDENTS:
            raise DataError(
                f"too few people answered about {construct} to tell who attained its rung", got=str(int(n)),
                expected=f"{MIN_RESPONDENTS} or more",
                hint="The ladder needs all five: " + ", ".join(RUNG_CONSTRUCTS) + ".",
            )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Shares:
    """Shares of sums of profiles with intervals."""

    model: RungModel
    cov: np.ndarray
    n: int
    ci_level: float

    def of(self, members: np.ndarray) -> Estimate:
        """Share of the people in the profiles `members` (S,) bool.

        The interval is Wilson's for as many people as would tell as much if it were certain who stands where.
        """
        weight = members.astype(np.float64)
        share = float(np.clip(weight @ self.model.shares, 0.0, 1.0))
        variance = max(float(weight @ self.cov @ weight), 1e-12)
        inside = min(max(share, 1.0 / self.n), 1 - 1.0 / self.n)
        worth = float(np.clip(inside * (1 - inside) / variance, 1.0, self.n))
        lower, upper = wilson_interval(share * worth, worth, self.ci_level)
        return Estimate(share, min(lower, share), max(upper, share), self.n, self.ci_level)


def _rungs(model: RungModel, shares: _Shares) -> tuple[AskedRung, ...]:
    attained = model.profiles.astype(bool)
    rows = []
    for c, construct in enumerate(RUNG_CONSTRUCTS):
        higher = attained[:, c + 1 :].any(axis=1)
        skipped = shares.of(~attained[:, c] & higher) if c + 1 < len(RUNG_CONSTRUCTS) else None
        crossing = float(model.crossings()[c])
        rows.append(AskedRung(c + 1, construct, shares.of(attained[:, c]), skipped, crossing))
    return tuple(rows)


def _is_linear(profiles: np.ndarray) -> np.ndarray:
    return (np.diff(profiles.astype(np.int64), axis=1) <= 0).all(axis=1)


def _profiles(model: RungModel, shares: _Shares) -> tuple[RungProfile, ...]:
    linear = _is_linear(model.profiles)
    found = []
    for s in np.argsort(-model.shares, kind="stable"):
        if model.shares[s] * shares.n >= MIN_GROUP:
            rungs = tuple((np.flatnonzero(model.profiles[s]) + 1).tolist())
            found.append(RungProfile(rungs, shares.of(np.arange(len(linear)) == s), bool(linear[s])))
    return tuple(found)


def _by_chance(model: RungModel) -> float:
    """Share in linear profiles if rungs were attained independently, as often as they are."""
    p = model.shares @ model.profiles
    chance = np.prod(np.where(model.profiles == 1, p, 1 - p), axis=1)
    return float(chance[_is_linear(model.profiles)].sum())


def _said(verdict: str, best: str, rungs: tuple[AskedRung, ...], linear: Estimate, n: int) -> Reason:
    values: dict[str, Any] = {"n": n, "linear": linear.value, "low": linear.ci_lower, "high": linear.ci_upper}
    if verdict == "skips":
        named = best.startswith("skip_")
        skippable = [r for r in rungs if r.skipped is not None and (not named or r.rung == int(best[5:]))]
        most = max(skippable, key=lambda r: r.skipped.value)
        values |= {
            "rung": most.rung, "name": RUNGS[most.rung].name, "share": most.skipped.value,
            "low": most.skipped.ci_lower, "high": most.skipped.ci_upper,
        }  # fmt: skip
    return Reason(f"survey.rungs_{verdict}", values)


def _keep_in_mind(n: int, n_fitted: int) -> list[Reason]:
    return [Reason("survey.rungs_sampled", {"n": n_fitted, "all": n})] if n_fitted < n else []


def _people(rows: _Rows, model: RungModel) -> dict[str, np.ndarray]:
    enough = np.isfinite(rows.scores).sum(axis=1) >= MIN_CONSTRUCTS
    post = model.probabilities(
        np.ascontiguousarray(rows.scores[enough]), np.ascontiguousarray(rows.errors[enough])
    )
    attained = post @ model.profiles
    highest = np.where(
        model.profiles.any(axis=1), model.profiles.shape[1] - np.argmax(model.profiles[:, ::-1], axis=1), 0
    )
    by_highest = post @ (highest[:, None] == np.arange(6))
    likeliest = by_highest.argmax(axis=1)
    return {
        **{name: values[enough] for name, values in rows.ids.items()},
        **{f"rung_{c + 1}": attained[:, c] for c in range(attained.shape[1])},
        "rung": likeliest,
        "probability": by_highest[np.arange(len(likeliest)), likeliest],
    }
