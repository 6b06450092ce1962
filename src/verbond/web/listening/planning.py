"""Whom to ask: how many answers are needed, and a sample by lot with customers who are left alone.

The sample is drawn from the customers who agreed to be approached, of whom an address is kept, and who were
not asked lately: so who is asked and who is left alone differ by the lot only. It is kept as a file beside
the organisation's data; what the two groups do is compared later.
"""

from __future__ import annotations

import json
import math
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from verbond.results import Reason
from verbond.results.groups import MIN_GROUP
from verbond.web.diagnosing import diagnosis_of
from verbond.web.listening import invitees, lists, reaching
from verbond.web.listening.invitees import Candidate
from verbond.web.store import asking, reads
from verbond.web.store.models import Invitee, Organisation, Sheet, Survey

__all__ = [
    "Frame", "KeptPlan", "Need", "add", "answers_for_share", "counted_before", "draw", "erase",
    "expected_response", "forget", "frame_of", "left_alone", "needs_of", "plan_of", "undraw",
]  # fmt: skip

HALF_WIDTH = 0.10
"""A share in a segment is known to so much either way."""
N_RUNGS = 6
"""With the one for who is not on the ladder."""
MOST_SEGMENTS = 12
"""Values of an attribute; one with more is no segment."""
USUAL_RESPONSE = 0.3
"""Where nobody was asked before; a cautious guess."""
_PLAN, _SAMPLE = "plan.json", "sample.parquet"


@dataclass(frozen=True, slots=True)
class Need:
    """How many answers something asks for.

    Attributes
    ----------
    of : str
        "" for the ladder, else the attribute.
    value : str
        Of the attribute.
    n_people : int or None
        Who can be asked; None where that is not known.
    n_needed, n_have : int
        Answers.
    """

    of: str
    value: str
    n_people: int | None
    n_needed: int
    n_have: int

    @property
    def n_short(self) -> int:
        """How many are still to come."""
        return max(0, self.n_needed - self.n_have)


@dataclass(frozen=True, slots=True)
class Frame:
    """Who can be asked now.

    Attributes
    ----------
    people : tuple of Candidate
    n_declined, n_resting : int
        With an address, and not asked: they do not want to be, or were lately.
    """

    people: tuple[Candidate, ...]
    n_declined: int
    n_resting: int

    @property
    def attributes(self) -> dict[str, dict[str, int]]:
        """Attribute -> value -> how many; only those that make segments."""
        counts: dict[str, Counter[str]] = {}
        for one in self.people:
            for name, value in one.segments.items():
                counts.setdefault(name, Counter())[str(value)] += 1
        return {
            name: dict(sorted(found.items()))
            for name, found in sorted(counts.items())
            if 1 < len(found) <= MOST_SEGMENTS
        }


@dataclass(frozen=True, slots=True)
class KeptPlan:
    """A sample that was drawn.

    Attributes
    ----------
    n_customers, n_asked, n_control : int
    half_width, detectable : float
        See `verbond.survey.SurveyPlan`; `detectable` is NaN where nobody is left alone.
    strata : tuple of mapping
        "stratum", "n_customers", "n_asked", "n_control".
    reasons : tuple of Reason
    drawn_on : str
        ISO date.
    """

    n_customers: int
    n_asked: int
    n_control: int
    half_width: float
    detectable: float
    strata: tuple[Mapping[str, Any], ...]
    reasons: tuple[Reason, ...]
    drawn_on: str


def answers_for_share(n_people: int, half_width: float = HALF_WIDTH, ci_level: float = 0.95) -> int:
    """How many answers make a share known to half a width, in a group of some size.

    Parameters
    ----------
    n_people : int
        In the group; a small one needs fewer.
    half_width : float
        Of the interval of a share of one half, where it is widest.
    ci_level : float

    Notes
    -----
    With n0 = z² / 4 d² answers in an endless group, n0 / (1 + (n0 - 1) / N) in one of N.

    References
    ----------
    Cochran, W. G. (1977). Sampling techniques (3rd ed.), section 4.4. Wiley.

    Examples
    --------
    >>> answers_for_share(10**9), answers_for_share(200), answers_for_share(10)
    (97, 66, 10)
    """
    from verbond.numerics.intervals import normal_quantile  # with a compiler: the first page waits for none

    endless = (normal_quantile(ci_level) / (2 * half_width)) ** 2
    return min(n_people, math.ceil(endless / (1 + (endless - 1) / n_people))) if n_people else 0


def frame_of(survey: Survey) -> Frame:
    """The customers who can be asked: consent, an address, not asked lately, not on the list already."""
    there = set(survey.invitees.values_list("email", flat=True))
    people = [one for one in lists.candidates_of_customers(survey.organisation) if one.email not in there]
    barred = reaching.barred(survey, [one.email for one in people])
    why = Counter(barred.values())
    free = tuple(one for one in people if one.email not in barred)
    return Frame(free, why["declined"], why["rest"])


def needs_of(survey: Survey, frame: Frame) -> tuple[Need, ...]:
    """What the ladder and each segment ask for; what there is comes from the last diagnosis."""
    from verbond.ladder import answers_needed

    diagnosis = _last_diagnosis(survey.organisation)
    found = [Need("", "", None, answers_needed(N_RUNGS), _on_ladder(diagnosis))]
    answered = _answered(diagnosis)
    for name, values in frame.attributes.items():
        for value, n in values.items():
            found.append(Need(name, value, n, answers_for_share(n), answered.get((name, value), 0)))
    return tuple(found)


def counted_before(organisation: Organisation) -> int:
    """How many people's answers the ladder of the last diagnosis rests on."""
    return _on_ladder(_last_diagnosis(organisation))


def _last_diagnosis(organisation: Organisation) -> Any:
    run = reads.last_run(organisation)
    return diagnosis_of(run) if run is not None else None


def _on_ladder(diagnosis: Any) -> int:
    ladder = getattr(diagnosis, "ladder", None)
    return ladder.n_respondents if ladder is not None else 0


def _answered(diagnosis: Any) -> dict[tuple[str, str], int]:
    """Attribute and value -> how many answered, as the last diagnosis counted them."""
    types = getattr(getattr(diagnosis, "answers", None), "types", None)
    counted = {(one.attribute, one.value): one.n_obs for one in getattr(types, "segments", ())}
    return {segment: n for segment, n in counted.items() if n >= MIN_GROUP}


def expected_response(organisation: Organisation) -> tuple[float, int]:
    """Which share of those who were asked by name answered before, and how many were asked.

    Returns
    -------
    float, int
        The usual guess, and 0, where too few were asked to say.
    """
    sent = Invitee.objects.filter(survey__organisation=organisation, survey__state=Survey.State.CLOSED)
    n = sent.filter(n_sent__gt=0).count()
    if n < 4 * MIN_GROUP:
        return USUAL_RESPONSE, 0
    came = Sheet.objects.filter(
        survey__organisation=organisation,
        survey__state=Survey.State.CLOSED,
        channel=Sheet.Channel.PERSONAL,
        state=Sheet.State.HANDED_IN,
    ).count()
    return min(0.95, max(0.02, came / n)), n


def draw(
    survey: Survey, frame: Frame, *, n_answers: int, response_rate: float, n_control: int | None,
    strata: tuple[str, ...],
) -> KeptPlan:  # fmt: skip
    """Draw the sample, keep it, and put who is to be asked on the survey's list.

    Parameters
    ----------
    survey : Survey
        Without a sample.
    frame : Frame
    n_answers : int
        How many answers are wanted.
    response_rate : float
        Share of the asked who are expected to answer, 0..1.
    n_control : int or None
        How many are left alone; None for as many as are asked, or whoever is left.
    strata : tuple of str
        Attributes within which it is drawn in proportion.

    Raises
    ------
    DataError
        If there are too few customers.
    """
    from verbond.survey import SurveyPlanner
    from verbond.tables import open_tables, write_columns

    people = {one.customer: one for one in frame.people}
    columns: dict[str, Any] = {"customer_id": np.array(list(people), dtype=object)}
    for name in strata:
        columns[name] = np.array([str(one.segments.get(name, "")) for one in people.values()], dtype=object)
    planner = SurveyPlanner(
        n_asked=math.ceil(n_answers / response_rate),
        n_control=n_control,
        strata=strata,
        response_rate=response_rate,
        seed=survey.seed,
    )
    with open_tables({"customers": columns}) as tables:
        plan = planner.plan(tables)
    drawn = {name: np.asarray(values) for name, values in plan.assignment.items()}
    folder = _folder(survey)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_columns(folder / _SAMPLE, drawn)
    _write(folder / _PLAN, plan.to_dict())
    asked = drawn["customer_id"][drawn["group"] == "asked"]
    invitees.add(survey, [people[str(one)] for one in asked])
    kept = plan_of(survey)
    assert kept is not None
    return kept


def plan_of(survey: Survey) -> KeptPlan | None:
    """The sample that was drawn; None where none was."""
    file = _folder(survey) / _PLAN
    if not file.is_file():
        return None
    known = json.loads(file.read_text("utf-8"))
    return KeptPlan(
        n_customers=known["n_customers"],
        n_asked=known["n_asked"],
        n_control=known["n_control"],
        half_width=known["half_width"],
        detectable=float("nan") if known["detectable"] is None else known["detectable"],
        strata=tuple(known["strata"]),
        reasons=tuple(Reason(one["code"], one["values"]) for one in known["reasons"]),
        drawn_on=known["drawn_on"],
    )


def undraw(survey: Survey) -> bool:
    """Throw a sample away, with who of it is on the list.

    Returns
    -------
    bool
        False, and nothing thrown away, where somebody of it was asked already.
    """
    with asking.changing(survey) as now:
        drawn = now.invitees.filter(customer__in=_in_group(now, "asked"))
        if drawn.exclude(state=Invitee.State.LISTED).exists() or drawn.filter(answered=True).exists():
            return False
        drawn.delete()
    shutil.rmtree(_folder(survey), ignore_errors=True)
    return True


def add(survey: Survey, rows: Iterable[Candidate]) -> invitees.Added:
    """Put people on the list of a survey, but those whom the lot leaves alone."""
    people, alone = list(rows), left_alone(survey)
    added = invitees.add(survey, [one for one in people if one.customer not in alone])
    kept = [
        invitees.Refused(one.line, Reason("web_listen.plan_left_alone"))
        for one in people
        if one.customer and one.customer in alone
    ]
    return replace(added, refused=(*added.refused, *kept))


def forget(survey: Survey) -> None:
    """Throw away what is kept beside a survey that goes."""
    shutil.rmtree(_folder(survey), ignore_errors=True)


def left_alone(survey: Survey) -> frozenset[str]:
    """Pseudonyms of the customers who are not to be asked in this survey."""
    return frozenset(_in_group(survey, "control"))


def erase(organisation: Organisation, pseudonyms: Iterable[str]) -> int:
    """Take somebody out of every sample of an organisation; returns how many rows that were."""
    from verbond.tables import read_columns, write_columns

    n, theirs = 0, list(pseudonyms)
    for file in sorted(_folders(organisation.pk).glob(f"*/{_SAMPLE}")):
        columns = read_columns(file)
        stay = ~np.isin(columns["customer_id"].astype(str), theirs)
        if not stay.all():
            beside = file.with_name(f".partial-{file.name}")
            write_columns(beside, {name: values[stay] for name, values in columns.items()})
            beside.replace(file)
            n += int((~stay).sum())
    return n


def _in_group(survey: Survey, group: str) -> list[str]:
    from verbond.tables import read_columns

    file = _folder(survey) / _SAMPLE
    if not file.is_file():
        return []
    columns = read_columns(file)
    return columns["customer_id"][columns["group"].astype(str) == group].astype(str).tolist()


def _write(file: Path, plan: dict[str, Any]) -> None:
    from django.utils import timezone

    names = ("n_customers", "n_asked", "n_control", "half_width", "detectable", "strata", "reasons")
    known = {name: plan[name] for name in names} | {"drawn_on": timezone.localdate().isoformat()}
    if isinstance(known["detectable"], float) and math.isnan(known["detectable"]):
        known["detectable"] = None
    beside = file.with_name(f".partial-{file.name}")
    beside.write_text(json.dumps(known, ensure_ascii=False), "utf-8")
    beside.replace(file)


def _folders(organisation_id: int) -> Path:
    return settings.INSTALLATION.data_folder(organisation_id) / "surveys"


def _folder(survey: Survey) -> Path:
    return _folders(survey.organisation_id) / str(survey.pk)
