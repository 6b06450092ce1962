"""Answers to look at: too fast, too straight, given twice, turned round. Only careless lines are left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from verbond.results import Provenance, Reason, Result
from verbond.results.groups import MIN_GROUP
from verbond.survey.kernel import keyed_signs, pairwise_moments
from verbond.survey.scoring import (
    MIN_LINE,
    Scale,
    careless_lines,
    identical_answers,
    on_hundred,
    scales_of,
    straight_lines,
    widest_scale,
)
from verbond.tables import Tables
from verbond.tables.reads.answers import Answers, answers
from verbond.tables.reads.spans import answer_seconds

__all__ = ["AnswerFlags", "FlagCount", "flag_answers", "repeated_people", "speeders"]

TOO_FAST = 0.5
"""Half the median time an answer: a relative speed index of 2 (Leiner 2019, Survey Research Methods 13)."""
MIN_TIMED = 30
"""Respondents with a known time under which a median time says little."""


@dataclass(frozen=True, slots=True)
class FlagCount:
    """How many rows (a respondent in a wave) carry one flag.

    Attributes
    ----------
    flag : {"speeder", "straight_line", "careless", "identical", "answered_twice", "out_of_range"}
        A careless row is a straight line that contradicts itself (`verbond.survey.scoring.careless_lines`).
    n_rows : int or None
        None where it cannot be known (no durations).
    share : float or None
    """

    flag: str
    n_rows: int | None
    share: float | None


@dataclass(frozen=True, slots=True)
class AnswerFlags(Result):
    """What to look at before believing the answers.

    Attributes
    ----------
    n_rows : int
        Respondents in a wave, with an answer.
    flags : tuple of FlagCount
    reversed_items : tuple of str
        Scored the other way round, as their key says.
    runs_against : tuple of str
        Items that go against their scale as they are keyed now: a missing or a needless reversal.
    reasons : tuple of Reason
    provenance : Provenance
    rows : mapping of str to array
        respondent_id, wave and a 0-1 column a flag, for rows with any flag; not in JSON.
    """

    n_rows: int
    flags: tuple[FlagCount, ...]
    reversed_items: tuple[str, ...]
    runs_against: tuple[str, ...]
    reasons: tuple[Reason, ...]
    provenance: Provenance
    rows: Mapping[str, np.ndarray] = field(metadata={"json": False}, repr=False)

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row a flag."""
        return [{"flag": f.flag, "n_rows": f.n_rows, "share": f.share} for f in self.flags]


def speeders(seconds: np.ndarray, n_answers: np.ndarray) -> np.ndarray | None:
    """Who answered in less than half the median time an answer.

    Parameters
    ----------
    seconds : (n,) float
        From first to last answer; NaN where not known.
    n_answers : (n,) int

    Returns
    -------
    (n,) bool or None
        None where fewer than 30 people's times are known.

    Examples
    --------
    >>> speeders(np.array([300.0] * 30 + [90.0]), np.full(31, 31)).sum()
    np.int64(1)
    """
    known = np.isfinite(seconds) & (n_answers > 1)
    if known.sum() < MIN_TIMED:
        return None
    pace = np.full(len(seconds), np.inf)
    pace[known] = seconds[known] / (n_answers[known] - 1)
    return pace < TOO_FAST * np.median(pace[known])


def repeated_people(customer_ids: np.ndarray, waves: np.ndarray) -> np.ndarray:
    """Rows of a customer who stands earlier in the same wave; unknown customers never repeat."""
    seen: set[tuple[object, object]] = set()
    repeated = np.zeros(len(customer_ids), dtype=bool)
    for i, pair in enumerate(zip(customer_ids, waves, strict=True)):
        if pair[0] is not None:
            repeated[i] = pair in seen
            seen.add(pair)
    return repeated


def flag_answers(tables: Tables, group: str = "customer") -> AnswerFlags:
    """Look over the answers in the tables.

    Parameters
    ----------
    tables : Tables
    group : {"customer", "employee"}
    """
    asked = answers(tables, group)
    scales = scales_of(asked.items, tables.items)
    answered = (~np.isnan(asked.values)).any(axis=1)
    found = _found(asked, scales, answer_seconds(tables, group))
    n = int(answered.sum())
    counts = tuple(
        FlagCount(name, None, None)
        if rows is None
        else FlagCount(name, int((rows & answered).sum()), float((rows & answered).sum() / n) if n else None)
        for name, rows in found.items()
    )
    known = {name: rows & answered for name, rows in found.items() if rows is not None}
    any_flag = np.logical_or.reduce(list(known.values())) if known else answered & False
    turned, against = _keys(asked, scales)
    return AnswerFlags(
        n_rows=n,
        flags=counts,
        reversed_items=turned,
        runs_against=against,
        reasons=tuple(_reasons(counts, turned, against)),
        provenance=tables.provenance({"group": group}),
        rows={
            "respondent_id": asked.respondent_ids[any_flag],
            "wave": asked.waves[any_flag],
            **{name: rows[any_flag].astype(np.int8) for name, rows in known.items()},
        },
    )  # fmt: skip


def _found(asked: Answers, scales: tuple[Scale, ...], seconds: np.ndarray) -> dict[str, np.ndarray | None]:
    values = asked.values
    waves = np.array(["" if w is None else str(w) for w in asked.waves], dtype=str)
    outside = np.zeros(len(values), dtype=bool)
    for scale in scales:
        given = ~np.isnan(values[:, scale.columns])
        outside |= (given & np.isnan(on_hundred(values, scale))).any(axis=1)
    columns = widest_scale(scales)
    return {
        "speeder": speeders(seconds, (~np.isnan(values)).sum(axis=1)),
        "straight_line": straight_lines(values[:, columns]) if len(columns) >= MIN_LINE else outside & False,
        "careless": careless_lines(values, scales),
        "identical": identical_answers(values, np.unique(waves, return_inverse=True)[1]),
        "answered_twice": repeated_people(asked.customer_ids, asked.waves),
        "out_of_range": outside,
    }


def _keys(asked: Answers, scales: tuple[Scale, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    turned, against = [], []
    for scale in scales:
        turned += [item for item, back in zip(scale.items, scale.reversed, strict=True) if back]
        hundreds = on_hundred(asked.values, scale)
        if len(scale.items) > 2 and (np.isfinite(hundreds).sum(axis=0) >= MIN_GROUP).all():
            signs = keyed_signs(pairwise_moments(hundreds).cor)
            against += [item for item, sign in zip(scale.items, signs, strict=True) if sign < 0]
    return tuple(turned), tuple(against)


def _reasons(counts: tuple[FlagCount, ...], turned: tuple[str, ...], against: tuple[str, ...]):
    codes = {"straight_line": "straight_lines", "speeder": "speeders", "out_of_range": "rows_out_of_range"}
    careless = next(count.n_rows for count in counts if count.flag == "careless") or 0
    for count in counts:
        if count.n_rows is None:
            yield Reason("survey.no_durations")
            continue
        n = count.n_rows - careless if count.flag == "straight_line" else count.n_rows
        if n:
            yield Reason(f"survey.{codes.get(count.flag, count.flag)}", {"n": n})
    if turned:
        yield Reason("survey.items_reversed", {"items": list(turned), "n": len(turned)})
    if against:
        yield Reason("survey.keys_against", {"items": list(against), "n": len(against)})
