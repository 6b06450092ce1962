"""Can you see it without asking? Respondents whose answers were left out, predicted from behaviour alone.

One respondent in five is treated as if never asked: the model is fitted again without their answers, and
says from what they did where they probably stand: *filtered* from what they did up to then, which is what
the rivals know too, and *ladder* (smoothed) from what they did afterwards as well. That gives predictions of
their scores, which are set against what they answered. Rivals get the same people:

- *average*: everybody is like all respondents together (what is gained is counted from here);
- *quantiles*: six groups by how much people buy, each like the respondents in it (a recency-frequency cut);
- *one_class*: the ladder without lasting differences between people, where it has them;
- *regression*: ridge regression of the scores on counts of the last three and twelve periods, time since the
  last purchase and time as a customer, with a free residual covariance.

Losses are reported like wins.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import logsumexp

from verbond.ladder.ahead.forecast import refitted
from verbond.ladder.coding.panels import window_sums
from verbond.ladder.judging.rivals import one_class
from verbond.ladder.kernel import probs_at
from verbond.ladder.model.fitted import Fitted
from verbond.ladder.model.model import LadderModel
from verbond.ladder.model.scores import CENTRE, SCALE, SurveyScores
from verbond.ladder.scoring.scoring import on_panel
from verbond.results import Estimate, Reason
from verbond.tables import Panel

__all__ = ["HeldOut", "Prediction", "judge_sight"]

SHARE_LEFT_OUT = 0.2
MOST_LEFT_OUT = 1_000
N_GROUPS = 6
RIDGE = 1.0


@dataclass(frozen=True, slots=True)
class Prediction:
    """How well one way predicts answers that it has not seen.

    Attributes
    ----------
    way : {"ladder", "filtered", "quantiles", "regression", "one_class"}
        `ladder` and `one_class` know what people did before and after they answered, the others what they did
        up to then.
    gain : Estimate
        Mean log density a respondent above that of the average.
    explained : float
        Share of the variance of the scores that its expected scores explain, over all constructs; below 0
        where it does worse than the mean.
    """

    way: str
    gain: Estimate
    explained: float


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What behaviour tells of answers, on people who were left out.

    Attributes
    ----------
    n_respondents : int
    predictions : tuple of Prediction
    reason : Reason
        In words.
    """

    n_respondents: int
    predictions: tuple[Prediction, ...]
    reason: Reason


def judge_sight(fitted: Fitted, panel: Panel, rng: np.random.Generator) -> HeldOut:
    """Predict left-out respondents from behaviour, the ladder beside its rivals.

    Parameters
    ----------
    fitted : Fitted
        A model with survey scores, fitted to this panel: the second fit starts from it.
    panel : Panel
    rng : numpy Generator
        Draws who is left out.
    """
    owner = np.searchsorted(panel.offsets, panel.scored_rows, side="right") - 1
    people = np.unique(owner)
    n_out = min(int(SHARE_LEFT_OUT * len(people)), MOST_LEFT_OUT)
    out = np.isin(owner, rng.permutation(people)[:n_out])
    rows = panel.scored_rows[out]
    truth, errors = panel.scores[out].astype(float), panel.standard_errors[out]
    unasked = _without(panel, out)
    model, theta, probs, filtered = _again(fitted, unasked, panel.scored_rows)
    logs, means = _of_scores(model, theta, truth, errors)
    known = probs[~out]
    group = _buying_groups(panel)
    overall, mine = known.mean(axis=0), group[panel.scored_rows[~out]]
    groups = [mine == g for g in range(group.max() + 1)]
    cut = np.array([known[here].mean(axis=0) if here.any() else overall for here in groups])
    average = np.tile(overall, (len(rows), 1))
    shares = {
        "average": average,
        "ladder": probs[out],
        "filtered": filtered[out],
        "quantiles": cut[group[rows]],
    }
    density = {name: logsumexp(logs + np.log(np.maximum(p, 1e-12)), axis=1) for name, p in shares.items()}
    expected = {name: p @ means for name, p in shares.items()}
    density["regression"], expected["regression"] = _regression(panel, out)
    alone, ways = one_class(fitted), ["ladder", "filtered", "quantiles", "regression"]
    if alone is not None:
        model, theta, probs, _ = _again(alone, unasked, panel.scored_rows)
        logs, means = _of_scores(model, theta, truth, errors)
        density["one_class"] = logsumexp(logs + np.log(np.maximum(probs[out], 1e-12)), axis=1)
        expected["one_class"] = probs[out] @ means
        ways.append("one_class")
    person = np.unique(owner[out], return_inverse=True)[1]
    predictions = tuple(
        Prediction(
            way,
            _gain(density[way] - density["average"], person),
            _explained(truth, expected[way], expected["average"]),
        )
        for way in ways
    )
    return HeldOut(n_out, predictions, _in_words(n_out, predictions))


def _again(
    fitted: Fitted, panel: Panel, rows: np.ndarray
) -> tuple[LadderModel, np.ndarray, np.ndarray, np.ndarray]:
    """The model fitted again, its parameters, and the rungs in some rows, smoothed and filtered."""
    again = refitted(fitted, panel)
    model, theta, encoded = on_panel(again, panel)
    tables, sequences = model.tables(theta), encoded.sequences
    smoothed, filtered = (
        model.space.by_rung(probs_at(sequences, tables, rows, kind=kind)) for kind in ("smoothed", "filtered")
    )
    both = (probs / probs.sum(axis=1, keepdims=True) for probs in (smoothed, filtered))
    return model, theta, *both  # who answered is not gone


def _of_scores(
    model: LadderModel, theta: np.ndarray, truth: np.ndarray, errors: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Log density of the answers by rung, and the rungs' mean scores."""
    scores = next(e for e in model.emissions if isinstance(e, SurveyScores))
    own, n_rungs = model.emission_theta(theta, "scores"), model.space.n_rungs
    return scores.with_scores(truth, errors).log_likelihoods(own)[:, :n_rungs], scores.by_state(own)


def _in_words(n: int, predictions: tuple[Prediction, ...]) -> Reason:
    """Each rival beside the ladder that knows as much: the past alone, or all periods."""
    ways = {p.way: p for p in predictions}
    ours, past, alone = ways["ladder"], ways["filtered"], ways.get("one_class")
    rival = max((ways["quantiles"], ways["regression"]), key=lambda p: p.explained)
    if alone is not None and alone.explained > ours.explained and rival.explained <= past.explained:
        rival = alone
    shown = {"share": ours, "past_share": past, "rival_share": rival}
    values = {"n": n} | {name: max(p.explained, 0.0) for name, p in shown.items()}
    if ours.gain.ci_lower <= 0:  # type: ignore[operator]
        return Reason("ladder.sight_nothing", values)
    if rival is alone or rival.explained > past.explained:
        return Reason(f"ladder.sight_behind_{rival.way}", values)
    return Reason("ladder.sight", values)


def _without(panel: Panel, out: np.ndarray) -> Panel:
    """The panel as if these scored rows had never been asked."""
    asked = None
    if panel.asked is not None:
        asked = panel.asked.copy()
        asked[panel.scored_rows[out]] = -1
    return replace(
        panel,
        asked=asked,
        scored_rows=panel.scored_rows[~out],
        scores=panel.scores[~out],
        standard_errors=panel.standard_errors[~out],
    )


def _gain(difference: np.ndarray, person: np.ndarray) -> Estimate:
    """Mean a person with its interval; several waves of one person count as one."""
    by_person = np.bincount(person, difference) / np.bincount(person)
    error = float(by_person.std(ddof=1) / np.sqrt(len(by_person)))
    mean = float(by_person.mean())
    return Estimate(mean, mean - 1.96 * error, mean + 1.96 * error, len(by_person))


def _explained(truth: np.ndarray, expected: np.ndarray, average: np.ndarray) -> float:
    return float(1 - np.nansum((truth - expected) ** 2) / np.nansum((truth - average) ** 2))


def _buying_groups(panel: Panel) -> np.ndarray:
    """(n_rows,) group by how much is bought, or done at all where nothing is bought, in twelve periods."""
    kinds = ["purchase"] if "purchase" in panel.counts else list(panel.counts)
    level = sum((window_sums(panel.counts[k], panel, 12) for k in kinds), np.zeros(panel.n_rows))
    level = level / np.minimum(_tenure(panel) + 1, 12)
    cuts = np.quantile(level[panel.scored_rows], np.arange(1, N_GROUPS) / N_GROUPS)
    return np.unique(np.searchsorted(np.unique(cuts), level), return_inverse=True)[1]


def _tenure(panel: Panel) -> np.ndarray:
    return np.arange(panel.n_rows) - np.repeat(panel.offsets[:-1], panel.lengths)


def _features(panel: Panel) -> np.ndarray:
    at = panel.scored_rows
    columns = [np.log1p(_tenure(panel)[at]), np.repeat(panel.is_new, panel.lengths)[at].astype(float)]
    for counts in panel.counts.values():
        columns += [np.log1p(window_sums(counts, panel, n)[at]) for n in (3, 12)]
    if "purchase" in panel.counts:
        rows, first = np.arange(panel.n_rows), np.repeat(panel.offsets[:-1], panel.lengths)
        last = np.maximum.accumulate(np.where(panel.counts["purchase"] > 0, rows, -1))
        columns.append(np.log1p((rows - np.maximum(last, first - 1))[at]))
    x = np.stack(columns, axis=1)
    spread = x.std(axis=0)
    return (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1.0)


def _regression(panel: Panel, out: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log density and expected scores of the left-out respondents under ridge regression."""
    x = np.column_stack((np.ones(len(out)), _features(panel)))
    y = (panel.scores.astype(float) - CENTRE) / SCALE
    middle = np.nanmean(y[~out], axis=0)
    filled = np.where(np.isfinite(y), y, middle)
    penalty = RIDGE * np.eye(x.shape[1])
    penalty[0, 0] = 0.0
    weights = np.linalg.solve(x[~out].T @ x[~out] + penalty, x[~out].T @ filled[~out])
    residual = filled - x @ weights
    cover = residual[~out].T @ residual[~out] / max((~out).sum() - x.shape[1], 1)
    density = np.empty(int(out.sum()))
    for j, row in enumerate(np.flatnonzero(out)):
        seen = np.isfinite(y[row])
        part, r = cover[np.ix_(seen, seen)], residual[row, seen]
        quadratic = r @ np.linalg.solve(part, r) if seen.any() else 0.0
        constant = seen.sum() * np.log(2 * np.pi * SCALE**2) + np.linalg.slogdet(part)[1]
        density[j] = -0.5 * (quadratic + constant)
    return density, CENTRE + SCALE * (x @ weights)[out]
