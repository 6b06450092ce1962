"""What customers said, to lie beside the image field: sentences from the newest diagnosis, with intervals.

Only figures that the report shows too (never of fewer than five people), and a few words of customers.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from verbond.method import CIRCLE, RUNGS
from verbond.results import Estimate, Language, sentence
from verbond.web.diagnosing import diagnosis_of
from verbond.web.store.models import Run
from verbond.web.workshop.beside import Known
from verbond.web.workshop.quotes import N_QUOTES, Quotes

if TYPE_CHECKING:
    from verbond.diagnosis import Diagnosis

__all__ = ["image_of", "known_of", "quotes_told"]

_NAMES = {v.id: v.name for v in CIRCLE}
_UNDECIDED = "undecided"
Told = dict[str, Any]


@lru_cache(maxsize=8)
def _known(run_id: str, organisation_id: int) -> Known:
    values = diagnosis_of(Run(id=uuid.UUID(run_id), organisation_id=organisation_id)).values
    if values is None:
        return Known()
    rows = values.image.values if values.image is not None else ()
    return Known(values.own_spread, {row.value: row.centred for row in rows if row.value in _NAMES})


def known_of(run: Run | None) -> Known | None:
    """What belongs beside a board of a diagnosis; None without one."""
    return _known(str(run.pk), run.organisation_id) if run is not None else None


def image_of(run: Run | None, language: Language) -> Told:
    """What customers said, as sentences and the table behind them; what to do where they were not asked."""
    if run is None:
        return {"empty": sentence("web_beside.image_nothing", language)}
    return dict(_image(str(run.pk), run.organisation_id, run.created_at.date().isoformat(), language))


@lru_cache(maxsize=32)
def _image(run_id: str, organisation_id: int, day: str, language: Language) -> Told:
    d = diagnosis_of(Run(id=uuid.UUID(run_id), organisation_id=organisation_id))
    said = [*_types(d, language), *_rungs(d, language), *_values(d, language)]
    if not said:
        return {"empty": sentence("web_beside.image_not_asked", language)}
    n = d.survey.n_respondents if d.survey is not None else 0
    code = "image_rests_on" if n else "image_rests_on_behaviour"
    rests = [sentence(f"web_beside.{code}", language, n=n, day=day)]
    if d.simulated:
        rests.append(sentence("web_beside.image_simulated", language))
    return {"said": said, "rests_on": " ".join(rests), "table": _table(d, language)}


def quotes_told(found: Quotes | None, language: Language) -> Told | None:
    """A few of the words of customers; None where there are too few."""
    items = found.in_language(language) if found is not None else ()
    if found is None or not items:
        return None
    told = {"n": len(items), "of": found.n_texts, "people": found.n_people}
    code = "quotes_simulated" if found.simulated else "quotes"
    return {"said": sentence(f"web_beside.{code}", language, **told), "items": list(items[:N_QUOTES])}


def _types(d: Diagnosis, language: Language) -> Iterator[str]:
    """Which relationship they lean to."""
    from verbond.reports.behind.shown import may_be_shown, type_name

    rows = d.survey.relationship_types if d.survey is not None else ()
    rows = [row for row in rows if may_be_shown(row.share)]
    parts = [
        _share(type_name(row.type, language), row.share, language) for row in rows if row.type != _UNDECIDED
    ]
    if parts:
        yield sentence("web_beside.image_types", language, parts=parts)
    for row in rows:
        if row.type == _UNDECIDED:
            yield sentence("web_beside.image_undecided", language, **_interval(row.share))


def _rungs(d: Diagnosis, language: Language) -> Iterator[str]:
    """Where they stand: by the ladder, else by what they answered."""
    from verbond.reports.behind.shown import may_be_shown, usable_ladder

    ladder = usable_ladder(d)
    if ladder is not None and ladder.anchored and ladder.shares.shape[-1] == len(RUNGS):
        n = int(ladder.n_present[-1])
        rows = zip(
            RUNGS, ladder.shares[-1], ladder.shares_ci_lower[-1], ladder.shares_ci_upper[-1], strict=True
        )
        parts = [
            _share(rung.name.say(language), Estimate(float(x), float(low), float(high), n), language)
            for rung, x, low, high in rows
        ]
        yield sentence("web_beside.image_rungs", language, parts=parts, n=n)
    elif d.answers is not None and d.answers.rungs is not None:
        asked = [row for row in d.answers.rungs.rungs if may_be_shown(row.attained)]
        parts = [_share(RUNGS[row.rung].name.say(language), row.attained, language) for row in asked]
        if parts:
            yield sentence(
                "web_beside.image_rungs_asked", language, parts=parts, n=d.answers.rungs.n_respondents
            )


def _values(d: Diagnosis, language: Language) -> Iterator[str]:
    """What they hold dear, what they see, and where the two part."""
    values = d.values
    if values is None:
        return
    for side in ("image", "own"):
        leading = [_NAMES[id] for id in values.leading.get(side, ()) if id in _NAMES]
        if leading:
            yield sentence(f"web_beside.image_{side}", language, values=leading)
    rows = values.congruence.values if values.congruence is not None else ()
    for direction, worst in (("too_little", min), ("too_much", max)):
        apart = [
            (row.difference.value, row)
            for row in rows
            if row.direction == direction and row.difference.value is not None and row.value in _NAMES
        ]
        if apart:
            _, row = worst(apart, key=lambda pair: pair[0])
            yield sentence(
                f"web_beside.image_{direction}", language, value=_NAMES[row.value], n=row.difference.n_obs,
                **_interval(row.difference),
            )  # fmt: skip


def _table(d: Diagnosis, language: Language) -> Told | None:
    """Their own values beside those that they see."""
    from verbond.reports.behind.survey import values_table

    if d.survey is None:
        return None
    table = values_table(d.survey, language)
    columns = table.shown_columns
    if not table.rows:
        return None
    return {
        "title": table.caption,
        "head": [column.label for column in columns],
        "rows": [[table.cell(row, column) for column in columns] for row in table.rows],
    }


def _share(name: str, share: Estimate, language: Language) -> str:
    return sentence("web_beside.part", language, name=name, **_interval(share))


def _interval(found: Estimate) -> Told:
    return {"x": found.value, "low": found.ci_lower, "high": found.ci_upper}
