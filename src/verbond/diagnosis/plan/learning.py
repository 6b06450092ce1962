"""Looking again: what came of a step that was taken, and what this company expects of it from now on.

Two things are looked at. `effects` reads what the action did to what customers do, as it reads any action;
and the ladder says what it did to the odds of moving up (`verbond.ladder.push_seen`), which is the figure
that the plan carries forward. What was expected and what was seen are put together by how sure each is, so
that the next plan rests on it. Where no lot decided whom the action reached, what was seen gets an error
more (`HIDDEN_SD`): something else may be behind it.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import norm

from verbond.diagnosis.plan.expecting import HIDDEN_SD, draws_of, standing_on, together
from verbond.diagnosis.plan.results import Learned, Lesson, Seen
from verbond.effects import ActionCards, ActionExperiment, verdict_of
from verbond.effects.verdict import Verdict
from verbond.errors import DataError, OptionError, ReadError, VerbondError
from verbond.ladder import LadderResult, RungChain, climb, push_seen
from verbond.method import play
from verbond.method.types import Play
from verbond.results import Estimate, Reason
from verbond.results.groups import MIN_GROUP
from verbond.tables import Panel, Tables
from verbond.tables.reads import ActionReach, action_reach

if TYPE_CHECKING:
    from verbond.diagnosis.results import Diagnosis

__all__ = ["add_lesson", "learned_from", "look_again", "read_lessons"]

LEAST_PUSH = 0.2
"""Log odds below which a difference makes no difference: odds a fifth larger or smaller; ours."""
LEVEL, POWER = 0.05, 0.8
N_DRAWS = 200


def look_again(
    diagnosis: Diagnosis,
    tables: Tables,
    play_id: str,
    action: str,
    *,
    before: Sequence[Seen] = (),
    rung: int | None = None,
    n_periods: int = 12,
) -> Lesson:
    """See what came of a step.

    Parameters
    ----------
    diagnosis : Diagnosis
        Its ladder says how likely each move was.
    tables : Tables
        With the action, and whom it reached (`exposures`) or what a lot gave whom (`assignments`).
    play_id : str
        The step, as in `verbond.method.PLAYS`.
    action : str
        Its `action_id`.
    before : sequence of Seen
        What was seen of the same step earlier.
    rung : int, optional
        The rung that it served; by default the one that the step serves most.
    n_periods : int
        Over which the climb is told, 1..120.

    Raises
    ------
    OptionError
        For a step that there is not, a rung that it cannot serve, or an impossible number of periods.
    NotFoundError
        If no table names the action.
    DataError
        If it reached fewer than five customers.
    """
    one = play(play_id)
    rung = one.rungs[0] if rung is None else rung
    if not 0 <= rung <= 5:
        raise OptionError("unknown rung", got=str(rung), expected="0..5")
    if not 1 <= n_periods <= 120:
        raise OptionError("impossible number of periods", got=str(n_periods), expected="1..120")
    reach, ladder = action_reach(tables, action), diagnosis.ladder
    expected = _believed(one, before)
    seen, why = _seen(ladder, tables, reach)
    now = _believed(one, [*before, seen]) if seen is not None else expected
    found = _surer(seen) if seen is not None else None
    verdict, chain = _verdict(found), _chain(ladder, tables)
    values = {"name": one.name, "n": int(reach.gets_it.sum())}
    if found is not None:
        low, best, high = (
            math.exp(found[0] + side * norm.ppf(1 - LEVEL / 2) * found[1]) for side in (-1, 0, 1)
        )
        values |= {"odds": best, "low": low, "high": high}
    return Lesson(
        play_id=play_id, action=action, seen=seen, before=expected, after=now, verdict=verdict,
        climb_before=_climb(chain, rung, one, expected, n_periods),
        climb_after=_climb(chain, rung, one, now, n_periods),
        told=_told(one, tables, reach), headline=Reason(f"plan_learned.{verdict}", values),
        reasons=(*why, *_reasons(seen, verdict, expected[0])),
        provenance=replace(diagnosis.provenance, options={"play": play_id, "action": action}),
    )  # fmt: skip


def learned_from(history: Iterable[tuple[str, Seen]]) -> dict[str, Learned]:
    """What a company knows of each step from having done it.

    Parameters
    ----------
    history : iterable of (play id, Seen)

    Returns
    -------
    dict of play id to Learned
        For `make_plan` and `diagnose`; steps of which nothing could be seen are not in it, nor those that the
        playbook does not have any more.

    Examples
    --------
    >>> from verbond.method import PLAYS
    >>> one = PLAYS[0]
    >>> seen = Seen("calls", one.climbs.mean + 1.0, one.climbs.sd, n_reached=500, n_beside=500, by_lot=True)
    >>> round(learned_from([(one.id, seen)])[one.id].climbs_mean - one.climbs.mean, 6)
    0.5
    """
    by_play: dict[str, list[Seen]] = {}
    for play_id, seen in history:
        by_play.setdefault(play_id, []).append(seen)
    known = {}
    for play_id, some in by_play.items():
        try:
            one = play(play_id)
        except OptionError:
            continue
        mean, sd = _believed(one, some)
        known[play_id] = Learned(mean, sd, len(some))
    return known


def read_lessons(path: str | Path) -> list[tuple[str, Seen]]:
    """The history that `add_lesson` wrote; empty where there is no such file.

    Raises
    ------
    ReadError
        For a file that holds something else.
    """
    path = Path(path)
    if not path.exists():
        return []
    try:
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
        return [(str(row.pop("play")), Seen.of(row)) for row in rows]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ReadError(
            "this holds no lessons", file=str(path), expected="what `verbond look --learned` wrote"
        ) from error


def add_lesson(path: str | Path, lesson: Lesson) -> bool:
    """Write what was seen below what was seen before; an action counts once, as it was seen last.

    Returns
    -------
    bool
        False where there was nothing to write.
    """
    if lesson.seen is None:
        return False
    path, rows = Path(path), []
    for play_id, seen in read_lessons(path):
        rows.append({"play": play_id, **seen.kept()})
    rows = [row for row in rows if row["action"] != lesson.action]
    rows.append({"play": lesson.play_id, **lesson.seen.kept()})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return True


def _believed(one: Play, seen: Iterable[Seen]) -> tuple[float, float]:
    """What the playbook expects, put together with what was seen."""
    belief = (one.climbs.mean, one.climbs.sd)
    for each in seen:
        belief = together(belief, _surer(each))
    return belief


def _surer(seen: Seen) -> tuple[float, float]:
    """What was seen, with the error that hidden causes may add."""
    return seen.mean, math.hypot(seen.sd, 0.0 if seen.by_lot else HIDDEN_SD)


def _seen(
    ladder: LadderResult | None, tables: Tables, reach: ActionReach
) -> tuple[Seen | None, tuple[Reason, ...]]:
    """What the ladder saw; or None, and why."""
    n = int(reach.gets_it.sum())
    if n < MIN_GROUP:
        raise DataError(
            f"action {reach.action!r} reached too few customers", got=str(n), expected=f"{MIN_GROUP} or more",
            hint="Bring a table of exposures: which customers it reached, and when.",
        )  # fmt: skip
    if ladder is None or not ladder.anchored:
        return None, (Reason("plan_learned.no_ladder"),)
    fitted, rows = ladder.model_on(tables)
    ours, theirs = (_periods_of(rows, reach, who) for who in (reach.gets_it, ~reach.gets_it))
    if not ((ours >= 0) & (ours < len(rows.periods) - 1)).any():
        return None, (Reason("plan_learned.too_early", {"last": _last_day(rows)}),)
    kind = reach.kind if reach.kind is not None and not reach.is_dealt else None
    found = push_seen(fitted, rows, ours, beside=theirs if reach.has_control else None, kind=kind)
    if min(found.n_reached, found.n_beside) < MIN_GROUP:
        return None, (Reason("plan_learned.not_seen", {"n": found.n_reached, "beside": found.n_beside}),)
    return Seen(
        reach.action, found.mean, found.sd, found.n_reached, found.n_beside, reach.by_lot
    ), ()  # fmt: skip


def _periods_of(rows: Panel, reach: ActionReach, who: np.ndarray) -> np.ndarray:
    """(n_customers,) period in which each was reached first; -1 for nobody's."""
    found = np.full(rows.n_customers, -1)
    place = {one: n for n, one in enumerate(rows.customer_ids)}
    at = np.array([place.get(one, -1) for one in reach.customer_id[who]], int)
    period = np.searchsorted(rows.periods, reach.reached_on[who], side="right") - 1
    found[at[at >= 0]] = period[at >= 0]
    return found


def _last_day(rows: Panel) -> dt.date:
    """On which the last whole period ends."""
    months = {"month": 1, "quarter": 3}
    first = rows.periods[-1]
    if rows.period == "week":
        return (first + 6).astype(object)
    return ((first.astype("datetime64[M]") + months[rows.period]).astype("datetime64[D]") - 1).astype(object)


def _verdict(found: tuple[float, float] | None) -> Verdict:
    if found is None:
        return "cannot_tell"
    mean, sd = found
    z = norm.ppf(1 - LEVEL)
    return verdict_of(
        mean, float(2 * norm.sf(abs(mean) / sd)), LEVEL, equivalence=(mean - z * sd, mean + z * sd),
        margin=LEAST_PUSH,
    )  # fmt: skip


def _reasons(seen: Seen | None, verdict: Verdict, expected: float) -> tuple[Reason, ...]:
    if seen is None:
        return ()
    how = "how_lot" if seen.by_lot else "how_past"
    found = [Reason(f"plan_learned.{how}", {"n": seen.n_reached, "beside": seen.n_beside})]
    if verdict == "cannot_tell":
        found.append(_how_many(seen, max(abs(expected), LEAST_PUSH)))
    return tuple(found)


def _how_many(seen: Seen, effect: float) -> Reason:
    """How many customers more would tell what was expected from nothing."""
    wanted = effect / float(norm.ppf(1 - LEVEL / 2) + norm.ppf(POWER))
    left = wanted**2 - (0.0 if seen.by_lot else HIDDEN_SD**2)
    if left <= 0:
        return Reason("plan_learned.only_a_lot")
    more = math.ceil(seen.n_reached * (seen.sd**2 / left - 1))
    return Reason("plan_learned.more", {"n": max(more, 1)})


def _chain(ladder: LadderResult | None, tables: Tables) -> RungChain | None:
    if ladder is None or not ladder.anchored:
        return None
    try:
        return standing_on(ladder.chain(tables, n_draws=N_DRAWS, seed=0))
    except DataError:
        return None


def _climb(
    chain: RungChain | None, rung: int, one: Play, belief: tuple[float, float], n_periods: int
) -> Estimate | None:
    """Rungs gained a hundred customers reached, with what is believed."""
    if chain is None:
        return None
    rng = np.random.default_rng(0)
    up = draws_of(belief, chain.n_draws, rng)
    down = draws_of((one.falls.mean, one.falls.sd), chain.n_draws, rng)
    return climb(chain, up, down, rungs=(max(rung - 1, 0),), n_periods=n_periods).estimate("higher")


def _told(one: Play, tables: Tables, reach: ActionReach) -> Reason | None:
    """What `effects` says of it, in a sentence; None where there is nothing to say."""
    try:
        if reach.is_dealt:
            asked: dict[str, Any] = {"outcomes": (one.experiment.outcome,), "days": 7 * one.experiment.weeks}
            return ActionExperiment(action=reach.action, **asked).analyze(tables).headline
        card = ActionCards((reach.action,), by=()).fit(tables).card(reach.action)
        return card.headline if card is not None and card.is_told else None
    except VerbondError:
        return None
