"""What a reader looks at: which diagnosis, and which customers or period. It stands in the address."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, QueryDict

from verbond.results import Language, sentence
from verbond.web.diagnosing import diagnosis_of
from verbond.web.pages.content import Filters
from verbond.web.store import reads
from verbond.web.store.models import Organisation, Run

__all__ = ["Bar", "Choice", "bar_of", "filters_of", "query_of", "run_asked_for", "shown"]

LONGEST = 200
"""Characters of one choice in an address."""
_RANGE = ".."


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice of a list."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Bar:
    """What the filter bar offers.

    Attributes
    ----------
    segments : tuple of (str, tuple of Choice)
        By attribute.
    periods : tuple of Choice
        The latest first.
    """

    segments: tuple[tuple[str, tuple[Choice, ...]], ...]
    periods: tuple[Choice, ...]

    def __bool__(self) -> bool:
        return bool(self.segments or self.periods)


def filters_of(query: QueryDict) -> Filters:
    """The filters of an address; what cannot be one is no filter.

    Parameters
    ----------
    query : QueryDict
        `segment` is "attribute:value", `from` and `until` are periods ("2026-03").
    """
    segment, first, last = (query.get(name, "")[:LONGEST] for name in ("segment", "from", "until"))
    attribute, colon, value = segment.partition(":")
    last = last or first
    period = last if not first or first == last else f"{first}{_RANGE}{last}"
    return Filters((attribute, value) if colon else None, period or None)


def query_of(filters: Filters, run: Run | None = None) -> str:
    """An address's query for these filters, "?" included; empty where nothing was chosen."""
    first, _, last = (filters.period or "").partition(_RANGE)
    parts = {
        "segment": ":".join(filters.segment) if filters.segment is not None else "",
        "from": first if last else "",
        "until": last or first,
        "run": str(run.pk) if run is not None else "",
    }
    said = urlencode({name: value for name, value in parts.items() if value})
    return f"?{said}" if said else ""


def run_asked_for(request: HttpRequest, organisation: Organisation) -> tuple[Run | None, bool]:
    """The diagnosis of an address, by default the newest, and whether it is an older one.

    Raises
    ------
    Http404
        If this organisation has no such diagnosis.
    """
    newest = reads.last_run(organisation)
    asked = request.GET.get("run", "")
    if not asked or (newest is not None and asked == str(newest.pk)):
        return newest, False
    run = reads.run_of(organisation, asked)
    if run is None:
        raise Http404
    return run, True


def bar_of(run: Run, language: Language) -> Bar:
    """What the ladder of a diagnosis can be narrowed to, as lists to choose from."""
    return _bar(str(run.pk), run.organisation_id, language)


def shown(filters: Filters, bar: Bar, language: Language) -> str:
    """What is shown, in a few words; empty where nothing was chosen."""
    names = {choice.value: choice.label for choice in bar.periods}
    first, _, last = (filters.period or "").partition(_RANGE)
    said: list[Any] = []
    if filters.segment is not None:
        said.append(f"{_words(filters.segment[0])}: {filters.segment[1]}")
    if first:
        period = names.get(first, first)
        until = sentence("web_rooms.filter_until_said", language, until=names.get(last, last))
        said.append(f"{period} {until}" if last else period)
    return ", ".join(said)


@lru_cache(maxsize=64)
def _bar(run_id: str, organisation_id: int, language: Language) -> Bar:
    from verbond.reports.filters import available_filters

    known = available_filters(diagnosis_of(Run(id=run_id, organisation_id=organisation_id)), language)
    segments = tuple(
        (_words(attribute), tuple(Choice(f"{attribute}:{value}", value) for value in values))
        for attribute, values in known.segments.items()
    )
    periods = tuple(Choice(key, label) for key, label in reversed(known.periods.items()))
    return Bar(segments, periods)


def _words(attribute: str) -> str:
    words = attribute.replace("_", " ")
    return words[:1].upper() + words[1:]
