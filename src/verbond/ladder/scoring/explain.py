"""Why does the model think so? For one customer, and for the whole.

For a customer the question is: why this rung and not its neighbour? The answer is the log odds of the two,
shared out over the kinds of evidence (purchases, visits, answers, …) by Shapley's rule: what a kind adds,
averaged over all orders in which the kinds could have become known. The shares add up exactly to the log
odds, and nobody's share depends on an order that we chose. What is left without any evidence is where
customers usually are after that much time.

References
----------
Shapley (1953), Contributions to the Theory of Games 2, 307-317.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial
from typing import Any

import numpy as np

from verbond.errors import NotFoundError
from verbond.ladder.ahead.chain import dense
from verbond.ladder.ahead.forecast import ANSWERED, shared_codes
from verbond.ladder.coding.encoding import Encoded
from verbond.ladder.judging.trial import LadderTrial
from verbond.ladder.model.model import LadderModel, is_silent
from verbond.ladder.model.scores import SurveyScores
from verbond.ladder.reading import LAST_PERIODS
from verbond.ladder.results import LadderResult
from verbond.ladder.scoring.scoring import on_panel
from verbond.ladder.words import Word, place
from verbond.method import RUNGS, named
from verbond.results import Reason, Result, plain
from verbond.tables import Panel, Tables

__all__ = ["Contribution", "Explanation", "explain_customer", "findings"]

MOST_KINDS = 10
IMPOSSIBLE = -1e5
"""Log-likelihood of what cannot be: finite, so that it can be left out by a factor of 0."""
HARDLY = 0.05
USUAL, OTHER, SCORES = "usual", "other", "scores"


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one kind of evidence says.

    Attributes
    ----------
    evidence : str
        Event kind, "answered", "scores" (of the survey), "other", or "usual" (no evidence at all).
    log_odds : float
        Above 0 speaks for the likeliest rung, below for its neighbour.
    reason : Reason
    """

    evidence: str
    log_odds: float
    reason: Reason


@dataclass(frozen=True, slots=True)
class Explanation(Result):
    """Why a customer is thought to stand on a rung.

    Attributes
    ----------
    customer_id : str
    period : datetime64[D]
        The customer's last.
    probs : (n_states,)
        Of the rungs.
    likeliest, neighbour : int
        The likeliest rung, and the likelier of those next to it.
    log_odds : float
        Of the two; the contributions add up to it.
    contributions : tuple of Contribution
        The weightiest first.
    reasons : tuple of Reason
        All of it in sentences.
    """

    customer_id: str
    period: np.datetime64
    probs: np.ndarray
    likeliest: int
    neighbour: int
    log_odds: float
    contributions: tuple[Contribution, ...]
    reasons: tuple[Reason, ...]

    def to_dicts(self) -> list[dict[str, Any]]:
        """A row a kind of evidence."""
        return [
            plain({"evidence": c.evidence, "log_odds": c.log_odds, "sentence": str(c.reason)})
            for c in self.contributions
        ]


def explain_customer(result: LadderResult, tables: Tables | Panel, customer_id: str) -> Explanation:
    """Say why a customer is thought to stand where they stand in their last period.

    Parameters
    ----------
    result : LadderResult
    tables : Tables or Panel
    customer_id : str

    Raises
    ------
    NotFoundError
        If there is no such customer.
    DataError
        If the result has no model (see its `reasons`).
    """
    fitted, panel = result.model_on(tables)
    found = np.flatnonzero((panel.customer_ids == customer_id) & (panel.lengths > 0))
    if len(found) == 0:
        raise NotFoundError(
            "there is no such customer", got=repr(customer_id),
            expected=f"one of {panel.n_customers}, such as {panel.customer_ids[0]!r}"
            if panel.n_customers else "a customer",
        )  # fmt: skip
    panel = panel.select(found)
    model, theta, encoded = on_panel(fitted, panel)
    kinds, logs = _evidence(model, theta, encoded, panel)
    rungs = _final_rungs(model, theta, encoded, logs)
    probs = rungs[-1] / rungs[-1].sum()
    likeliest = int(probs.argmax())
    near = [k for k in (likeliest - 1, likeliest + 1) if 0 <= k < len(probs)]
    neighbour = max(near, key=lambda k: float(probs[k]))
    worth = np.log(rungs[:, likeliest]) - np.log(rungs[:, neighbour])
    shares = [worth[0], *_shapley(worth, len(kinds))]
    anchored = any(isinstance(e, SurveyScores) for e in fitted.model.emissions)
    places = (place(likeliest, anchored), place(neighbour, anchored))
    contributions = sorted(
        (
            Contribution(kind, float(share), _in_words(kind, float(share), panel, places))
            for kind, share in zip((USUAL, *kinds), shares, strict=True)
        ),
        key=lambda c: -abs(c.log_odds),
    )
    period = panel.periods[panel.first_period[0] + panel.lengths[0] - 1]
    values = {
        "who": customer_id, "place": places[0], "share": float(probs[likeliest]), "other": places[1],
        "other_share": float(probs[neighbour]), "month": str(period),
    }  # fmt: skip
    return Explanation(
        customer_id, period, probs, likeliest, neighbour, float(worth[-1]), tuple(contributions),
        (Reason("ladder.why_place", values), *(c.reason for c in contributions)),
    )  # fmt: skip


def _evidence(
    model: LadderModel, theta: np.ndarray, encoded: Encoded, panel: Panel
) -> tuple[list[str], np.ndarray]:
    """Kinds of evidence, and (n_kinds, n_rows, n_states) their log-likelihoods; 0 where nothing is known."""
    codes, names, found = shared_codes(encoded), [], []
    for emission, where in zip(model.emissions, model.slices[2:], strict=True):
        logs = np.zeros((panel.n_rows, model.space.n_states))
        living = emission.log_likelihoods(theta[where])
        if emission.own_rows:
            logs[panel.scored_rows] = model.space.with_gone(living, IMPOSSIBLE)
        else:
            own = emission.index[codes]
            quiet = np.where(is_silent(emission)[own], 0.0, IMPOSSIBLE)
            logs[:] = model.space.with_gone(living[own], quiet)
        if np.ptp(logs, axis=1).max(initial=0) > 0:
            names.append(SCORES if emission.own_rows else emission.name)
            found.append(np.maximum(logs, IMPOSSIBLE))
    if len(names) > MOST_KINDS:
        weight = [np.ptp(logs, axis=1).sum() for logs in found]
        order = np.argsort(weight)[::-1]
        rest = sum((found[j] for j in order[MOST_KINDS - 1 :]), np.zeros_like(found[0]))
        names = [*(names[j] for j in order[: MOST_KINDS - 1]), OTHER]
        found = [*(found[j] for j in order[: MOST_KINDS - 1]), rest]
    return names, np.array(found).reshape(len(names), panel.n_rows, model.space.n_states)


def _final_rungs(model: LadderModel, theta: np.ndarray, encoded: Encoded, logs: np.ndarray) -> np.ndarray:
    """(2 ** n_kinds, n_rungs) where one customer ends, for every choice of kinds that are known."""
    n_kinds, n_rows, _ = logs.shape
    known = (np.arange(2**n_kinds)[:, None] >> np.arange(n_kinds)) & 1
    tables, sequences = model.tables(theta), encoded.sequences
    steps = dense(tables, tables.edges)
    here = np.tile(tables.initial[sequences.starts[0]], (len(known), 1))
    for t in range(n_rows):
        if t:
            here = here @ steps[sequences.moves[t]]
        seen = known @ logs[:, t]
        here = here * np.exp(seen - seen.max(axis=1, keepdims=True))
        here /= here.sum(axis=1, keepdims=True)
    return np.maximum(model.space.by_rung(here), 1e-300)


def _shapley(worth: np.ndarray, n: int) -> list[float]:
    """Each player's share of `worth` of the whole above that of nobody; bit j of an index is player j."""
    sets = np.arange(2**n)
    size = np.array([bin(s).count("1") for s in sets])
    weight = np.array([factorial(k) * factorial(n - k - 1) / factorial(n) for k in range(n)])
    shares = []
    for j in range(n):
        without = sets[(sets >> j) & 1 == 0]
        gain = worth[without | (1 << j)] - worth[without]
        shares.append(float(weight[size[without]] @ gain))
    return shares


def _in_words(kind: str, share: float, panel: Panel, places: tuple[Word, Word]) -> Reason:
    ahead, behind = places if share >= 0 else places[::-1]
    values: dict[str, Any] = {"place": ahead, "other": behind, "log_odds": abs(share)}
    what, more = _what_was_seen(kind, panel)
    if abs(share) < HARDLY:
        return Reason("ladder.why_hardly", {"what": Word(what, more)})
    return Reason("ladder.why", values | {"what": Word(what, more)})


def _what_was_seen(kind: str, panel: Panel) -> tuple[str, dict[str, Any]]:
    """Of one customer: the code of what was seen, and its values."""
    if kind == USUAL:
        return "ladder.seen_usual", {"n": int(panel.lengths[0])}
    if kind == SCORES:
        last = panel.periods[panel.row_periods[panel.scored_rows[-1]]] if len(panel.scored_rows) else None
        return "ladder.seen_answers", {"month": str(last), "n": len(panel.scored_rows)}
    if kind == ANSWERED and panel.asked is not None:
        asked = panel.asked[panel.asked >= 0]
        return "ladder.seen_asked", {"n": len(asked), "answered": int((asked == 1).sum())}
    if kind in panel.counts:
        counts = panel.counts[kind].astype(int)
        values = {"what": named(kind), "total": int(counts.sum()), "periods": len(counts)}
        if counts.sum() == 0:
            return "ladder.seen_never", values
        since = len(counts) - 1 - int(np.flatnonzero(counts)[-1])
        return ("ladder.seen_lately", values) if since == 0 else ("ladder.seen_ago", values | {"n": since})
    return "ladder.seen_other", {"what": named(kind)} if kind != OTHER else {"what": Word("ladder.the_rest")}


# the whole


def findings(result: LadderResult, trial: LadderTrial | None = None) -> tuple[Reason, ...]:
    """One sentence a finding: who stands where, what blocks, who moves, and how far to believe it.

    Parameters
    ----------
    result : LadderResult
    trial : LadderTrial, optional
        Of `result.check(tables)`: adds calibration and rivals.

    Returns
    -------
    tuple of Reason
        In the order in which to read them; what to keep in mind comes last.
    """
    found: list[Reason] = []
    if len(result.shares) and np.isfinite(result.shares[-1]).all():
        found += _standing(result)
        found += _moving(result)
    for verdict in (result.order, result.held_out):
        if verdict is not None and verdict.reason not in result.reasons:
            found.append(verdict.reason)
    found += trial.reasons if trial is not None else ()
    return (*found, *result.reasons)


def _standing(result: LadderResult) -> list[Reason]:
    last, top = result.shares[-1], int(np.argmax(result.shares[-1]))
    low, high = result.shares_ci_lower[-1, top], result.shares_ci_upper[-1, top]
    values = {"place": place(top, result.anchored), "share": float(last[top])}
    if np.isfinite([low, high]).all():
        found = [Reason("ladder.most_stand", values | {"low": float(low), "high": float(high)})]
    else:
        found = [Reason("ladder.most_stand_unsure", values)]
    if result.blocking_rung:
        below = float(last[result.blocking_rung - 1])
        values = {"rung": result.blocking_rung, "name": RUNGS[result.blocking_rung].name, "share": below}
        found.append(Reason("diagnosis.blocking_rung", values))
    return found


def _moving(result: LadderResult) -> list[Reason]:
    up, down = result.moved_up[-LAST_PERIODS:], result.moved_down[-LAST_PERIODS:]
    if not len(up) or not np.isfinite(up).all():
        return []
    if result.moved_ci_lower is None or not np.isfinite(result.moved_ci_lower).all():
        return []
    low = result.moved_ci_lower[:, -LAST_PERIODS:].mean(axis=1)
    high = result.moved_ci_upper[:, -LAST_PERIODS:].mean(axis=1)  # type: ignore[index]
    values = {
        "n": len(up), "up": float(up.mean()), "up_low": float(low[0]), "up_high": float(high[0]),
        "down": float(down.mean()), "down_low": float(low[1]), "down_high": float(high[1]),
    }  # fmt: skip
    return [Reason("ladder.movement", values)]
