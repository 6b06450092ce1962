"""Which figures become sentences, and what cannot be said.

Each rule looks at one result and says at most one thing; a difference is only called one when the intervals
of its two sides do not overlap.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from verbond.diagnosis.answers import AnswerResults, RungBeside, said_by_answers
from verbond.diagnosis.effects import EffectsResults, said_by_effects, unsaid_by_effects
from verbond.diagnosis.expressions import said_by_expressions, unsaid_by_expressions
from verbond.diagnosis.loyalty import LoyaltyResults, said_by_loyalty, unsaid_by_loyalty
from verbond.diagnosis.results import Effort, Finding
from verbond.diagnosis.values import from_values
from verbond.expressions.picture import ExpressionPicture
from verbond.ladder import LadderResult, LadderTrial, SegmentShares
from verbond.loyalty import IntentionResult
from verbond.method import RELATIONSHIP_TYPES, RUNGS, named
from verbond.numerics import normal_quantile
from verbond.results import Estimate, Reason
from verbond.results.groups import MIN_GROUP
from verbond.survey import SurveyResult
from verbond.tables import RUNG_CONSTRUCTS, TablesCheck
from verbond.values import ValuesResult

__all__ = ["HALF", "MIN_ALPHA", "gather_findings", "overlap", "rung_named"]

MIN_ALPHA = 0.6
"""Scales below this reliability are named as weak (Nunnally asks .70 for research)."""
_VERDICTS_OF_THE_TRIAL = ("rivals", "paths", "trial")
HALF = 0.5
"""Fewer of those who intended to than this: intention says little about what people do here."""
TRUST = 3
"""From this rung on, customers expect good of the company: what segments are compared on."""
_TYPE_NAMES = {t.id: t.name for t in RELATIONSHIP_TYPES}


def gather_findings(
    check: TablesCheck | None,
    survey: SurveyResult | None,
    ladder: LadderResult | None,
    intentions: IntentionResult | None,
    effort: Effort | None,
    values: ValuesResult | None = None,
    trial: LadderTrial | None = None,
    *,
    answers: AnswerResults | None = None,
    beside: tuple[RungBeside, ...] = (),
    loyalty: LoyaltyResults | None = None,
    effects: EffectsResults | None = None,
    expressions: ExpressionPicture | None = None,
) -> tuple[tuple[Finding, ...], tuple[Reason, ...]]:
    """Turn results into findings and reasons for what stays unsaid.

    Returns
    -------
    findings, unsaid : tuple of Finding, tuple of Reason
        The findings with the most important first.
    """
    findings: list[Finding] = []
    unsaid: list[Reason] = []
    if ladder is not None:
        findings += _from_ladder(ladder)
        unsaid += ladder.reasons
    if trial is not None:
        findings += _from_trial(trial)
    if survey is not None:
        findings += _from_survey(survey)
        told = {"survey.intention_changes"} if intentions is not None else set()  # it says so itself
        unsaid += [reason for reason in survey.warnings if reason.code not in told]
    if answers is not None:
        findings += [Finding(r, "survey", tone, n) for r, tone, n in said_by_answers(answers, beside)]
        unsaid += answers.drivers.reasons if answers.drivers is not None else ()
    if values is not None:
        findings += from_values(values)
        unsaid += values.reasons
    if intentions is not None:
        findings += _from_intentions(intentions)
        unsaid += intentions.reasons
    if loyalty is not None:
        findings += [Finding(r, room, tone, n) for r, room, tone, n in said_by_loyalty(loyalty)]
        unsaid += unsaid_by_loyalty(loyalty)
    if effects is not None:
        findings += [Finding(r, "effects", tone, n) for r, tone, n in said_by_effects(effects)]
        unsaid += unsaid_by_effects(effects)
    if expressions is not None:
        findings += [Finding(r, "expressions", tone, n) for r, tone, n in said_by_expressions(expressions)]
        unsaid += unsaid_by_expressions(expressions)
    if effort is not None:
        findings += _from_effort(effort)
    if check is not None:
        findings += _from_check(check)
    return tuple(findings), tuple(unsaid)


def rung_named(number: int) -> object:
    """The name of a rung, which says itself in either language."""
    return RUNGS[number].name


def overlap(a: Estimate, b: Estimate) -> bool:
    """Whether the intervals of two estimates overlap (unknown bounds always do).

    Examples
    --------
    >>> overlap(Estimate(1.0, 0.5, 1.5), Estimate(2.0, 1.6, 2.4))
    False
    """
    bounds = (a.ci_lower, a.ci_upper, b.ci_lower, b.ci_upper)
    if any(x is None for x in bounds):
        return True
    return bool(a.ci_lower <= b.ci_upper and b.ci_lower <= a.ci_upper)  # type: ignore[operator]


def _from_ladder(ladder: LadderResult) -> Iterator[Finding]:
    if not len(ladder.shares) or not np.isfinite(ladder.shares[-1]).all():
        return
    last = ladder.shares[-1]
    top = int(np.argmax(last))
    values = {
        "share": float(last[top]),
        "low": float(ladder.shares_ci_lower[-1, top]),
        "high": float(ladder.shares_ci_upper[-1, top]),
        "rung": top,
    }
    n = _present(ladder)
    blurred = any(reason.code == "ladder.not_told_apart" for reason in ladder.reasons)
    if not ladder.anchored and blurred:
        yield Finding(Reason("diagnosis.levels_blur", {"n": ladder.n_states}), "ladder", "caution", n)
        return
    if not ladder.anchored:
        level = values | {"rung": top + 1}  # levels are counted from one, as the page draws them
        yield Finding(Reason("diagnosis.most_on_level", level), "ladder", "neutral", n)
        yield from _movement(ladder, "busier", "quieter", "as_busy")
        yield from _widest_segment(ladder.segments, "diagnosis.segment_differs_in_level")
        return
    code = "diagnosis.most_on_rung" if top else "diagnosis.most_on_ground"
    yield Finding(Reason(code, values | {"name": rung_named(top)}), "ladder", "neutral", n)
    if ladder.blocking_rung:
        values = {
            "rung": ladder.blocking_rung,
            "name": rung_named(ladder.blocking_rung),
            "share": float(last[ladder.blocking_rung - 1]),
        }
        yield Finding(Reason("diagnosis.blocking_rung", values), "ladder", "bad", n)
    if not blurred:
        yield from _movement(ladder, "more_climbed", "more_fell", "as_many_climbed")
        yield from _actions(ladder)
    yield from _widest_segment(ladder.segments, "diagnosis.segment_differs")
    yield from _tests_of_the_method(ladder)


def _from_trial(trial: LadderTrial) -> Iterator[Finding]:
    """Whether the chances of what is predicted are right, and whether simpler ways are beaten."""
    shown = [r.reason for r in trial.reliability if r.variable == trial.kind]
    shown += [r for r in trial.reasons if _kind_of(r) in _VERDICTS_OF_THE_TRIAL]
    for reason in shown:
        tone = "caution" if reason.code.endswith(("_lost", "_off")) else "neutral"
        yield Finding(reason, "trial", tone, trial.n_customers)


def _kind_of(reason: Reason) -> str:
    return reason.code.split(".")[-1].split("_")[0]


def _tests_of_the_method(ladder: LadderResult) -> Iterator[Finding]:
    """What this company's data say of the ladder's own claims; doubts stand with what cannot be said."""
    for verdict in (ladder.order, ladder.held_out):
        if verdict is not None and verdict.reason not in ladder.reasons:
            yield Finding(verdict.reason, "ladder", "neutral", verdict.n_respondents)


def _actions(ladder: LadderResult) -> Iterator[Finding]:
    """The action that goes most with climbing, and the one that goes most with going down.

    Many are looked at, so that the interval of one is widened to theirs all (Bonferroni).
    """
    effects = [e for e in ladder.effects if e.rung is None and e.log_odds.n_obs >= MIN_GROUP]
    wider = normal_quantile(1 - 0.05 / max(len(effects), 1)) / normal_quantile(0.95)
    for move, tone in (("up", "good"), ("down", "bad")):
        one = max((e for e in effects if e.move == move), key=lambda e: e.log_odds.value, default=None)
        if one is None:
            continue
        found = one.log_odds
        half = wider * (found.value - found.ci_lower)  # type: ignore[operator]
        if not found.value > half:
            continue
        ratios = np.exp([found.value, found.ci_lower, found.ci_upper])
        values = dict(zip(("ratio", "low", "high"), map(float, ratios), strict=True))
        reason = Reason(f"diagnosis.goes_with_{move}", values | {"action": named(one.action)})
        yield Finding(reason, "ladder", tone, found.n_obs)


def _movement(ladder: LadderResult, rising: str, falling: str, alike: str) -> Iterator[Finding]:
    n_periods = min(12, len(ladder.moved_up))
    if n_periods < 3 or ladder.period != "month":
        return
    up, down = _average(ladder, 0, n_periods), _average(ladder, 1, n_periods)
    if overlap(up, down):
        tone, code = "neutral", alike
    else:
        tone, code = ("good", rising) if up.value > down.value else ("bad", falling)  # type: ignore[operator]
    values = {"n": n_periods, "up": up.value, "down": down.value}
    yield Finding(Reason(f"diagnosis.{code}", values), "ladder", tone, _present(ladder))


def _average(ladder: LadderResult, direction: int, n_periods: int) -> Estimate:
    """Share that moved up (0) or down (1) in an average period; periods err together: bounds are averaged."""
    moved = (ladder.moved_up, ladder.moved_down)[direction]
    if ladder.moved_ci_lower is None or ladder.moved_ci_upper is None:
        return Estimate(float(np.mean(moved[-n_periods:])))
    return Estimate(
        float(np.mean(moved[-n_periods:])),
        float(np.mean(ladder.moved_ci_lower[direction, -n_periods:])),
        float(np.mean(ladder.moved_ci_upper[direction, -n_periods:])),
    )


def _present(ladder: LadderResult) -> int:
    """Customers in the last period: those whom shares are about."""
    return int(ladder.n_present[-1])


def _widest_segment(segments: tuple[SegmentShares, ...], code: str) -> Iterator[Finding]:
    """The pair of segments of one attribute that differ most in the share on state 3 (trust) or above."""
    widest: tuple[float, SegmentShares, SegmentShares] | None = None
    for attribute in dict.fromkeys(s.attribute for s in segments):
        group = [s for s in segments if s.attribute == attribute]
        high, low = max(group, key=_trusting), min(group, key=_trusting)
        difference = _trusting(high) - _trusting(low)
        certain = _sum_lower(high) > _sum_upper(low)
        if certain and (widest is None or difference > widest[0]):
            widest = (difference, high, low)
    if widest is not None:
        _, high, low = widest
        values = {
            "attribute": high.attribute,
            "high": high.value,
            "low": low.value,
            "high_share": _trusting(high),
            "low_share": _trusting(low),
        }
        n = high.n_customers + low.n_customers
        yield Finding(Reason(code, values), "ladder", "neutral", n)


def _trusting(segment: SegmentShares) -> float:
    return float(np.sum(segment.shares[TRUST:]))


def _sum_lower(segment: SegmentShares) -> float:
    """A cautious lower bound: the bounds of the separate rungs added."""
    return float(np.sum(segment.ci_lower[TRUST:]))


def _sum_upper(segment: SegmentShares) -> float:
    return float(np.sum(segment.ci_upper[TRUST:]))


def _from_survey(survey: SurveyResult) -> Iterator[Finding]:
    latest = {c.construct: c.mean for c in survey.constructs if c.mean.value is not None}
    experience, congruence = latest.get("experience"), latest.get("congruence")
    if experience and congruence and not overlap(experience, congruence):
        values = {"experience": experience.value, "congruence": congruence.value}
        higher = experience.value > congruence.value  # type: ignore[operator]
        code = "diagnosis.values_lag" if higher else "diagnosis.values_lead"
        yield Finding(Reason(code, values), "survey", "bad" if higher else "good", congruence.n_obs)
    yield from _types(survey)
    weak = [s for s in survey.scales if s.alpha is not None and s.alpha < MIN_ALPHA]
    weak = [s for s in weak if s.scale in RUNG_CONSTRUCTS]
    if weak:
        values = {"names": [named(s.scale) for s in weak], "alpha": MIN_ALPHA}
        yield Finding(Reason("diagnosis.weak_scales", values), "survey", "caution", survey.n_respondents)


def _types(survey: SurveyResult) -> Iterator[Finding]:
    shares = {t.type: t.share for t in survey.relationship_types if t.share.value is not None}
    kinds = {k: v for k, v in shares.items() if k in ("market", "authority", "meaning")}
    if not kinds:
        return
    largest = max(kinds, key=lambda k: kinds[k].value or 0.0)
    undecided = shares.get("undecided", Estimate(None)).value or 0.0
    code = "diagnosis.no_clear_type" if undecided > HALF else "diagnosis.largest_type"
    values = {
        "undecided": undecided,
        "type": _TYPE_NAMES[largest],
        "share": kinds[largest].value,
        "low": kinds[largest].ci_lower,
        "high": kinds[largest].ci_upper,
    }
    yield Finding(Reason(code, values), "survey", "neutral", kinds[largest].n_obs)


def _from_intentions(intentions: IntentionResult) -> Iterator[Finding]:
    first = {gap.intention: gap for gap in reversed(intentions.gaps)}
    for gap in reversed(first.values()):
        did = gap.done_by_intenders
        if did.value is None or did.ci_upper is None:
            continue
        values = {
            "n": did.n_obs,
            "done": did.value,
            "low": did.ci_lower,
            "high": did.ci_upper,
            "days": intentions.horizon_days,
        }
        tone = "bad" if did.ci_upper < HALF else "neutral"
        yield Finding(Reason(f"diagnosis.intention_{gap.intention}", values), "loyalty", tone, did.n_obs)


def _from_effort(effort: Effort) -> Iterator[Finding]:
    if effort.rungs:
        most = max(effort.rungs, key=lambda r: r.n_actions)
        n = effort.n_actions - effort.n_without_rung
        values = {"n": n, "share": most.share_of_actions, "rung": most.rung, "name": rung_named(most.rung)}
        yield Finding(Reason("diagnosis.effort_on_rung", values), "effort", "neutral", n)
    if effort.cost_to_win is not None and effort.cost_to_keep is not None:
        total = effort.cost_to_win + effort.cost_to_keep
        if total > 0:
            share = effort.cost_to_win / total
            tone = "bad" if share > 0.5 else "neutral"
            values = {"win": share, "keep": 1 - share}
            yield Finding(Reason("diagnosis.budget_by_aim", values), "effort", tone, effort.n_actions)


def _from_check(check: TablesCheck) -> Iterator[Finding]:
    if check.n_refused:
        total = check.n_refused + sum(table.n_rows for table in check.tables)
        values = {"n": check.n_refused, "share": check.n_refused / total}
        yield Finding(Reason("diagnosis.rows_refused", values), "tables", "caution", total)
