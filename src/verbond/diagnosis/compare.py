"""What changed between two diagnoses of one company, and how far that goes beyond uncertainty."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from verbond.diagnosis.loyalty import METHODS_OF_LOYALTY
from verbond.diagnosis.results import Diagnosis, Finding, Tone
from verbond.ladder import LadderResult
from verbond.ladder.words import Word, place
from verbond.method import named
from verbond.numerics.disclosure import rounded_people
from verbond.numerics.intervals import difference_interval, normal_quantile
from verbond.results import Estimate, Reason, Result
from verbond.results.groups import MIN_GROUP

__all__ = ["Changes", "compare", "difference"]

MOST_RUNGS, MOST_SCORES = 3, 2
"""Changes of one kind that are said, the clearest first."""
_ONE_OF = {
    "most": ("most_on_rung", "most_on_ground", "most_on_level", "levels_blur"),
    "movement": ("more_climbed", "more_fell", "as_many_climbed", "busier", "quieter", "as_busy"),
    "values": ("values_lag", "values_lead"),
    "type": ("largest_type", "no_clear_type"),
    "segments": ("segment_differs", "segment_differs_in_level"),
}
_FAMILIES = {f"diagnosis.{code}": family for family, codes in _ONE_OF.items() for code in codes}
"""Findings of which a diagnosis has one at a time: another one is a turn, not something new."""
_VERDICTS = {
    "ladder": ("order", "sight", "chances"),
    "survey": ("asked", "orientation"),
    "values": ("order",),
}
"""Sentences of other rooms of which there is one at a time, by how their codes begin."""
_SAID_ELSEWHERE = ("diagnosis.blocking_rung", "diagnosis.rows_refused")
_WHOSE = ("action", "attribute", "type", "a", "b", "name", "scale", "what", "outcome", "department", "best")
"""Values of a finding that say what it is about; the others are figures, which differ every time."""


@dataclass(frozen=True, slots=True)
class Changes(Result):
    """What changed between two diagnoses.

    Attributes
    ----------
    findings : tuple of Finding
        Most important first.
    rests_on : tuple of Reason
        What the comparison rests on, and what it cannot tell.
    same_data : bool
        Both were made of the same data.
    """

    findings: tuple[Finding, ...]
    rests_on: tuple[Reason, ...]
    same_data: bool

    def to_dicts(self) -> list[dict[str, Any]]:
        """The changes, a row each: room, tone, n_obs, sentence (English)."""
        return [
            {"room": f.room, "tone": f.tone, "n_obs": f.n_obs, "sentence": f.reason.sentence("en")}
            for f in self.findings
        ]


def compare(before: Diagnosis, after: Diagnosis) -> Changes:
    """Say what changed between two diagnoses of one company.

    Where the later one still holds the period that the earlier one ended with, both moments are taken from
    the later computation: one model, so that a change is no artefact of fitting again. What the two
    computations say of one and the same period is set apart from what customers did.

    Parameters
    ----------
    before, after : Diagnosis

    Returns
    -------
    Changes

    Notes
    -----
    Differences get intervals from the two intervals (see `difference`), as if the errors of the two were
    independent. They are not: models and customers are largely the same. Errors that go the same way make
    these intervals too wide rather than too narrow.
    """
    prints = before.provenance.fingerprint, after.provenance.fingerprint
    same = bool(prints[0]) and prints[0] == prints[1]
    turned, new = _of_findings(before, after)
    findings = (
        *_of_ladders(before.ladder, after.ladder),
        *_of_scores(before, after),
        *turned,
        *new,
        *_of_unsaid(before, after),
        *(() if same else _of_data(before, after)),
    )
    return Changes(findings, tuple(_rests_on(before, after, same, findings)), same)


def difference(before: Estimate, after: Estimate, n_looked_at: int = 1) -> Estimate:
    """The later estimate minus the earlier one, with an interval.

    Parameters
    ----------
    before, after : Estimate
    n_looked_at : int
        How many such differences are looked at: the interval is widened so that all hold at once
        (Bonferroni).

    Returns
    -------
    Estimate
        Without an interval where one of the two has none.

    Examples
    --------
    >>> found = difference(Estimate(0.30, 0.27, 0.33, 400), Estimate(0.40, 0.36, 0.44, 500))
    >>> round(found.ci_lower, 3), round(found.ci_upper, 3), found.n_obs
    (0.05, 0.15, 400)
    """
    n = min(before.n_obs, after.n_obs)
    if before.value is None or after.value is None:
        return Estimate(None, n_obs=n)
    parts = (before.value, before.ci_lower, before.ci_upper, after.value, after.ci_lower, after.ci_upper)
    value = after.value - before.value
    if any(p is None or not np.isfinite(p) for p in parts):
        return Estimate(value, n_obs=n)
    level = after.ci_level
    wider = normal_quantile(1 - (1 - level) / max(n_looked_at, 1)) / normal_quantile(level)
    low, high = difference_interval(parts[:3], parts[3:])  # type: ignore[arg-type]
    return Estimate(value, value - wider * (value - low), value + wider * (high - value), n, level)


def _certain(change: Estimate) -> bool:
    """Whether the interval of a difference leaves zero out."""
    if change.ci_lower is None or change.ci_upper is None:
        return False
    return change.ci_lower > 0 or change.ci_upper < 0


def _clarity(change: Estimate) -> float:
    """How many half-intervals a difference is from none."""
    if not change.value or change.ci_lower is None or change.ci_upper is None:
        return 0.0
    half = change.value - change.ci_lower if change.value > 0 else change.ci_upper - change.value
    return abs(change.value) / half if half > 0 else np.inf


def _points(change: Estimate, scale: float = 100.0) -> dict[str, float]:
    """Values of a sentence: the size of a difference and its interval, from the smaller end."""
    sign = 1 if change.value >= 0 else -1  # type: ignore[operator]
    ends = sorted(sign * scale * end for end in (change.ci_lower, change.ci_upper))  # type: ignore[operator]
    return {"difference": abs(scale * change.value), "low": ends[0], "high": ends[1]}  # type: ignore[operator]


def _usable(ladder: LadderResult | None) -> bool:
    return (
        ladder is not None
        and len(ladder.periods) > 0
        and ladder.n_present[-1] >= MIN_GROUP
        and bool(np.isfinite(ladder.shares[-1]).all())
    )


def _comparable(before: LadderResult | None, after: LadderResult | None) -> bool:
    if not (_usable(before) and _usable(after)):
        return False
    assert before is not None
    assert after is not None
    return before.anchored == after.anchored and before.n_states == after.n_states


def _of_ladders(before: LadderResult | None, after: LadderResult | None) -> Iterator[Finding]:
    if _usable(after) and not _usable(before):
        yield _ladder_finding("ladder_came", "good", after)
    elif _usable(before) and not _usable(after):
        yield _ladder_finding("ladder_went", "caution", before)
    if not (_usable(before) and _usable(after)):
        return
    assert before is not None
    assert after is not None
    if before.anchored != after.anchored:
        code, tone = ("rungs_came", "good") if after.anchored else ("rungs_went", "caution")
        yield _ladder_finding(code, tone, after)
    elif before.n_states != after.n_states:
        values = {"before": before.n_states, "after": after.n_states}
        yield _ladder_finding("states_differ", "caution", after, values)
    else:
        yield from _of_shares(before, after)
        yield from _of_blocking(before, after)


def _ladder_finding(
    code: str, tone: Tone, ladder: LadderResult | None, values: Mapping[str, Any] | None = None
) -> Finding:
    assert ladder is not None
    return Finding(Reason(f"diagnosis.{code}", dict(values or {})), "ladder", tone, int(ladder.n_present[-1]))


def _of_shares(before: LadderResult, after: LadderResult) -> Iterator[Finding]:
    """What customers did since then; and what is now seen differently of the same period."""
    since, then = _moment(before, -1), _row_of(after, before.periods[-1])
    old = [_share(before, -1, k) for k in range(before.n_states)]
    if then is None:
        yield from _moved(old, after, since)
        return
    seen_now = [_share(after, then, k) for k in range(after.n_states)]
    if then != len(after.periods) - 1:
        yield from _moved(seen_now, after, since)
    revised = [difference(a, b, len(old)) for a, b in zip(old, seen_now, strict=True)]
    k = max(range(len(old)), key=lambda j: _clarity(revised[j]))
    if _certain(revised[k]):
        values = {"from": old[k].value, "to": seen_now[k].value, "since": since}
        values["place"] = place(k, after.anchored)
        yield _ladder_finding("revised_share", "caution", after, values)


def _moved(old: list[Estimate], after: LadderResult, since: Word) -> Iterator[Finding]:
    new = [_share(after, -1, k) for k in range(after.n_states)]
    changes = [difference(a, b, len(old)) for a, b in zip(old, new, strict=True)]
    order = sorted(range(len(changes)), key=lambda k: -_clarity(changes[k]))
    certain = [k for k in order if _certain(changes[k])][:MOST_RUNGS]
    if not certain:
        k = max(order, key=lambda j: abs(changes[j].value or 0.0))
        yield _ladder_finding("shares_stayed", "neutral", after, _from_to(k, old, new, after, since))
    for k in certain:
        rose = (changes[k].value or 0.0) > 0
        low_rung = k < after.n_states / 2
        tone: Tone = "bad" if rose == low_rung else "good"
        values = _from_to(k, old, new, after, since) | _points(changes[k])
        yield _ladder_finding("share_rose" if rose else "share_fell", tone, after, values)


def _from_to(
    k: int, old: Sequence[Estimate], new: Sequence[Estimate], ladder: LadderResult, since: Word
) -> dict[str, Any]:
    return {
        "place": place(k, ladder.anchored), "from": old[k].value, "to": new[k].value, "since": since,
        "until": _moment(ladder, -1),
    }  # fmt: skip


def _share(ladder: LadderResult, t: int, k: int) -> Estimate:
    low, high = float(ladder.shares_ci_lower[t, k]), float(ladder.shares_ci_upper[t, k])
    known = bool(np.isfinite(low) and np.isfinite(high))
    n = int(ladder.n_present[t])
    return Estimate(
        float(ladder.shares[t, k]), low if known else None, high if known else None, n, ladder.ci_level
    )


def _row_of(ladder: LadderResult, period: Any) -> int | None:
    rows = np.flatnonzero(ladder.periods == period)
    return int(rows[0]) if len(rows) and np.isfinite(ladder.shares[rows[0]]).all() else None


def _moment(ladder: LadderResult, t: int) -> Word:
    """A period as people say it."""
    code = "diagnosis.moment_month" if ladder.period == "month" else "diagnosis.moment_day"
    return Word(code, {"day": str(ladder.periods[t])[:10]})


def _of_blocking(before: LadderResult, after: LadderResult) -> Iterator[Finding]:
    if not before.blocking_rung or not after.blocking_rung or before.blocking_rung == after.blocking_rung:
        return
    below = _share(after, -1, after.blocking_rung - 1)
    values = {
        "was": place(before.blocking_rung, True), "now": place(after.blocking_rung, True),
        "share": below.value, "below": place(after.blocking_rung - 1, True),
    }  # fmt: skip
    yield _ladder_finding("blocking_moved", "caution", after, values)


def _of_scores(before: Diagnosis, after: Diagnosis) -> Iterator[Finding]:
    """Mean scores that changed beyond their uncertainty."""
    old, new = _scores(before), _scores(after)
    both = [name for name in new if name in old]
    changes = {name: difference(old[name], new[name], len(both)) for name in both}
    certain = sorted((n for n in both if _certain(changes[n])), key=lambda n: -_clarity(changes[n]))
    for name in certain[:MOST_SCORES]:
        rose = (changes[name].value or 0.0) > 0
        values = {"name": named(name), "from": old[name].value, "to": new[name].value}
        reason = Reason(f"diagnosis.score_{'rose' if rose else 'fell'}", values | _points(changes[name], 1.0))
        yield Finding(reason, "survey", "good" if rose else "bad", new[name].n_obs)


def _scores(d: Diagnosis) -> dict[str, Estimate]:
    """Mean score of each construct, of the latest wave."""
    found = {} if d.survey is None else {c.construct: c.mean for c in d.survey.constructs}
    return {name: mean for name, mean in found.items() if mean.value is not None and mean.n_obs >= MIN_GROUP}


def _of_findings(before: Diagnosis, after: Diagnosis) -> tuple[list[Finding], list[Finding]]:
    """Findings that turned into others, and those that are new or gone."""
    old, new = _by_family(before), _by_family(after)
    turned, rest = [], []
    for family in dict.fromkeys((*new, *old)):
        was, are = old.get(family, {}), new.get(family, {})
        gone, came = [was[k] for k in was if k not in are], [are[k] for k in are if k not in was]
        if len(gone) == len(came) == 1:
            values = {"was": _word(gone[0].reason), "now": _word(came[0].reason)}
            now = came[0]
            turned.append(Finding(Reason("diagnosis.turned", values), now.room, now.tone, now.n_obs))
            continue
        rest += [_retold("new_finding", f, f.tone) for f in came]
        rest += [_retold("gone_finding", f, "neutral") for f in gone]
    return turned, rest


def _retold(code: str, finding: Finding, tone: Tone) -> Finding:
    reason = Reason(f"diagnosis.{code}", {"said": _word(finding.reason)})
    return Finding(reason, finding.room, tone, finding.n_obs)


def _by_family(d: Diagnosis) -> dict[str, dict[tuple[str, ...], Finding]]:
    """Findings by what they are one of, and then by what they are about."""
    found: dict[str, dict[tuple[str, ...], Finding]] = {}
    reasons = d.ladder.reasons if d.ladder is not None else ()
    verdicts = [Finding(r, "ladder", "caution", int(r.values.get("n", 0))) for r in reasons]
    for finding in (*d.findings, *(v for v in verdicts if _verdict(v.reason))):
        if finding.reason.code not in _SAID_ELSEWHERE:
            found.setdefault(_family(finding), {}).setdefault(_key(finding.reason), finding)
    return found


def _family(finding: Finding) -> str:
    """Of findings of which there is one at a time, their common name; else the finding with its subject."""
    if finding.room in METHODS_OF_LOYALTY:
        return finding.room
    reason = finding.reason
    return _FAMILIES.get(reason.code) or _verdict(reason) or " ".join(_key(reason))


def _verdict(reason: Reason) -> str:
    """Which verdict of another room this is; empty where it is none."""
    room, _, entry = reason.code.partition(".")
    return next((f"{room} {v}" for v in _VERDICTS.get(room, ()) if entry.startswith(v)), "")


def _key(reason: Reason) -> tuple[str, ...]:
    """What a finding says, without its figures."""
    about = [reason.values[name] for name in _WHOSE if name in reason.values]
    return (reason.code, *(value.say("en") if hasattr(value, "say") else str(value) for value in about))


def _word(reason: Reason) -> Word:
    return Word(reason.code, reason.values)


def _of_unsaid(before: Diagnosis, after: Diagnosis) -> Iterator[Finding]:
    """What can be said now and could not, and the other way round."""
    told = {_key(f.reason) for f in (*before.findings, *after.findings)}
    old, new = (
        {_key(reason): reason for reason in d.unsaid if not _verdict(reason)} for d in (before, after)
    )
    for code, ones, others in (("unsaid_went", old, new), ("unsaid_came", new, old)):
        tone: Tone = "good" if code == "unsaid_went" else "caution"
        for key, reason in ones.items():
            if key not in others and key not in told:
                yield Finding(Reason(f"diagnosis.{code}", {"said": _word(reason)}), "tables", tone, 0)


def _of_data(before: Diagnosis, after: Diagnosis) -> Iterator[Finding]:
    """What came in between the two; numbers of people to fives."""
    if before.check is not None and after.check is not None:
        old, new = ({t.table: t for t in check.tables} for check in (before.check, after.check))
        events, was = new.get("events"), old.get("events")
        if events is not None and was is not None and events.n_rows != was.n_rows and events.last is not None:
            values = {"n": abs(events.n_rows - was.n_rows), "last": events.last}
            code = "more_events" if events.n_rows > was.n_rows else "fewer_events"
            yield Finding(Reason(f"diagnosis.{code}", values), "tables", "neutral", events.n_rows)
    n_old, n_new = (d.survey.n_respondents if d.survey is not None else 0 for d in (before, after))
    if abs(n_new - n_old) >= MIN_GROUP:
        values = {"was": rounded_people(n_old), "now": rounded_people(n_new)}
        yield Finding(Reason("diagnosis.respondents_changed", values), "survey", "neutral", n_new)


def _rests_on(
    before: Diagnosis, after: Diagnosis, same: bool, findings: Iterable[Finding]
) -> Iterator[Reason]:
    a, b = before.provenance, after.provenance
    if a.source != b.source:
        yield Reason("diagnosis.compare_sources", {"before": a.source, "after": b.source})
    if same:
        yield Reason("diagnosis.compare_same_data")
    if a.version != b.version:
        yield Reason("diagnosis.compare_versions", {"before": a.version, "after": b.version})
    if a.options != b.options or a.seed != b.seed:
        yield Reason("diagnosis.compare_options")
    if _comparable(before.ladder, after.ladder):
        yield _moments(before.ladder, after.ladder)  # type: ignore[arg-type]
    if any(f.room == "survey" and "difference" in f.reason.values for f in findings):
        yield Reason("diagnosis.compare_scores")
    if any(f.reason.code == "diagnosis.gone_finding" for f in findings):
        yield Reason("diagnosis.compare_gone")


def _moments(before: LadderResult, after: LadderResult) -> Reason:
    """From which computations the two moments come."""
    values = {"since": _moment(before, -1), "until": _moment(after, -1)}
    if _row_of(after, before.periods[-1]) is None:
        return Reason("diagnosis.compare_apart", values)
    same = before.periods[-1] == after.periods[-1]
    return Reason(f"diagnosis.compare_{'same_period' if same else 'one_model'}", values)
