"""A survey while it runs and after: who was reached, who answered, where people stop, the first scores.

Groups are counted over the same sheets as the scores (`flowing.seen_of`), and a group of which fewer than
five answered is not shown, nor one from which such a group would follow.
"""

from __future__ import annotations

import datetime as dt
import math
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.models import Q

from verbond.listen import Questionnaire
from verbond.method import named
from verbond.results import Estimate, Language
from verbond.results.groups import MIN_GROUP
from verbond.web.listening import sheets as asking
from verbond.web.listening.flowing import in_steps, seen_of
from verbond.web.listening.planning import counted_before
from verbond.web.listening.rows import tables_of
from verbond.web.store.models import Invitee, Organisation, Sheet, Survey

__all__ = [
    "Division", "GroupRow", "Needed", "Reached", "Score", "Standing", "Stop", "Tally", "standing_of",
]  # fmt: skip

HALF_WIDTH = 5.0
"""Points of 100: so near a score should be known before one builds on it."""
_MOST_GROUPS = 24
_MOST_ATTRIBUTES = 6


@dataclass(frozen=True, slots=True)
class Reached:
    """Whom letters reached, and how many of them answered.

    Attributes
    ----------
    n_listed : int
        Asked by name.
    n_sent, n_bounced, n_declined : int
    n_answered : int
        Handed in by a personal link.
    rate : Estimate or None
        Of those who were sent a letter that did not come back; Wilson's interval.
    """

    n_listed: int
    n_sent: int
    n_bounced: int
    n_declined: int
    n_answered: int
    rate: Estimate | None


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group: how many were sent a letter, and how many answered.

    Attributes
    ----------
    name : str
    n_asked : int
    n_answered : int or None
        None where it is not shown.
    rate : Estimate or None
    """

    name: str
    n_asked: int
    n_answered: int | None
    rate: Estimate | None


@dataclass(frozen=True, slots=True)
class Division:
    """People divided by department, or by an attribute.

    Attributes
    ----------
    attribute : str
        "" for departments.
    rows : tuple of GroupRow
    """

    attribute: str
    rows: tuple[GroupRow, ...]

    @property
    def n_hidden(self) -> int:
        """Groups of which no number is shown."""
        return sum(row.n_answered is None for row in self.rows)


@dataclass(frozen=True, slots=True)
class Stop:
    """Where people left off.

    Attributes
    ----------
    number : int
        Of the page, from 1; 0 where only handing in was left.
    title : str
    n : int
    """

    number: int
    title: str
    n: int


@dataclass(frozen=True, slots=True)
class Tally:
    """How often something is so; None where it is of fewer than five and of more than nobody."""

    name: str
    n: int | None


@dataclass(frozen=True, slots=True)
class Score:
    """A first score of a construct.

    Attributes
    ----------
    construct, name : str
    mean : Estimate
        On 0..100.
    n_more : int
        So many answers more, and its interval is about five points to either side.
    """

    construct: str
    name: str
    mean: Estimate
    n_more: int


@dataclass(frozen=True, slots=True)
class Needed:
    """How many answers something still takes.

    Attributes
    ----------
    n_have, n_needed : int
        Of this survey; in all.
    n_before : int
        That the last diagnosis counted. Answers of this survey may be among them.
    """

    n_have: int
    n_needed: int
    n_before: int = 0

    @property
    def n_more(self) -> int:
        """How many more at most: as if this survey's answers were all among those that were counted."""
        return max(0, self.n_needed - max(self.n_have, self.n_before))


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a survey is.

    Attributes
    ----------
    n_handed_in, n_begun : int
        Handed in; begun and not handed in.
    most : int or None
        Answers wanted at most.
    reached : Reached or None
        None where nobody was asked by name.
    n_seen : int
        Sheets that the figures below are of: of people who were promised that nobody sees who answered what,
        only what is in the tables.
    seconds : float or None
        That half of them needed at most.
    divisions : tuple of Division
    days : tuple of (date, int)
        Handed in on each day; empty in an anonymous survey.
    stops : tuple of Stop
    languages, channels, flags : tuple of Tally
    scores : tuple of Score
    n_short : int
        So many answers more, and there are scores.
    measures : bool
        Whether its questions measure anything that has a score.
    ladder : Needed or None
        Answers of known customers, and what the ladder takes; None where the survey cannot give any.
    """

    n_handed_in: int
    n_begun: int
    most: int | None
    reached: Reached | None
    n_seen: int
    seconds: float | None
    divisions: tuple[Division, ...]
    days: tuple[tuple[dt.date, int], ...]
    stops: tuple[Stop, ...]
    languages: tuple[Tally, ...]
    channels: tuple[Tally, ...]
    flags: tuple[Tally, ...]
    scores: tuple[Score, ...]
    n_short: int
    measures: bool
    ladder: Needed | None


def standing_of(survey: Survey, language: Language) -> Standing:
    """How far a survey is.

    Parameters
    ----------
    survey : Survey
    language : {"en", "nl"}
    """
    questionnaire = asking.questionnaire_of(survey)
    by_state = Counter(survey.sheets.values_list("state", flat=True))
    seen = list(seen_of(survey).defer("answers"))
    enough = len(seen) >= MIN_GROUP
    took = [one.seconds for one in seen if one.seconds is not None]
    return Standing(
        n_handed_in=by_state[Sheet.State.HANDED_IN],
        n_begun=by_state[Sheet.State.BEGUN],
        most=survey.settings.get("most"),
        reached=_reached(survey),
        n_seen=len(seen),
        seconds=statistics.median(took) if len(took) >= MIN_GROUP else None,
        divisions=_divisions(survey, seen),
        days=_days(survey, seen) if enough else (),
        stops=_stops(survey, questionnaire, language),
        languages=_tallies(one.language for one in seen) if enough else (),
        channels=_tallies(one.channel for one in seen) if enough else (),
        flags=_tallies((flag for one in seen for flag in one.flags), of=len(seen)) if enough else (),
        scores=_scores(survey, len(seen), language),
        n_short=max(0, _least() - len(seen)),
        measures=_measures(questionnaire),
        ladder=_ladder(survey, questionnaire, seen),
    )


def _rate(n: int, of: int) -> Estimate | None:
    if of < MIN_GROUP or n > of:
        return None
    from verbond.numerics.intervals import wilson_interval  # with a compiler: the first page waits for none

    low, high = wilson_interval(n, of)
    return Estimate(n / of, low, high, n_obs=of)


def _reached(survey: Survey) -> Reached | None:
    invited = survey.invitees
    n_listed = invited.count()
    if not n_listed:
        return None
    sent = invited.filter(n_sent__gt=0)
    n_sent, n_bounced = sent.count(), sent.filter(state=Invitee.State.BOUNCED).count()
    handed_in = Q(channel=Sheet.Channel.PERSONAL, state=Sheet.State.HANDED_IN)
    n_answered = survey.sheets.filter(handed_in).count()
    n_declined = invited.filter(state=Invitee.State.DECLINED).count()
    rate = _rate(n_answered, n_sent - n_bounced)
    return Reached(n_listed, n_sent, n_bounced, n_declined, n_answered, rate)


# groups


def _divisions(survey: Survey, seen: Sequence[Sheet]) -> tuple[Division, ...]:
    """Answers by department and attribute, as far as the sheets know them, without what is too small."""
    reached = survey.invitees.filter(n_sent__gt=0).exclude(state=Invitee.State.BOUNCED)
    asked = list(reached.values_list("department", "segments"))
    attributes = Counter(name for _, segments in asked for name in segments)
    names = ["", *(name for name, _ in attributes.most_common(_MOST_ATTRIBUTES))]

    def value(name: str, department: str, segments: Mapping[str, Any]) -> str:
        return department if name == "" else str(segments.get(name, "") or "")

    n_asked = {name: Counter(filter(None, (value(name, *one) for one in asked))) for name in names}
    told = [[value(name, one.department, one.segments) for name in names] for one in seen]
    answered = {name: Counter(filter(None, (one[j] for one in told))) for j, name in enumerate(names)}
    names = [name for name in names if 1 < len({**n_asked[name], **answered[name]}) <= _MOST_GROUPS]
    names = [name for name in names if answered[name]]
    shown = _shown(names, answered, seen, value)
    whole = len(seen) == survey.sheets.filter(state=Sheet.State.HANDED_IN).count()
    return tuple(
        Division(name, _rows(n_asked[name], answered[name], shown[name], rates=whole)) for name in names
    )


def _shown(
    names: Sequence[str], answered: Mapping[str, Counter[str]], seen: Sequence[Sheet], value: Any
) -> dict[str, set[str]]:
    """By division the groups whose number of answers may be known."""
    from verbond.numerics.disclosure import hidden_crossed

    codes = {name: {group: k for k, group in enumerate(sorted(answered[name]))} for name in names}
    cells: Counter[tuple[int, ...]] = Counter(
        tuple(codes[name].get(value(name, one.department, one.segments), -1) for name in names)
        for one in seen
    )
    large = [{codes[name][g] for g, n in answered[name].items() if n >= MIN_GROUP} for name in names]
    for k in range(len(names)):  # each division by itself, then all of them together
        large[k] = hidden_crossed(_alone(cells, k), [large[k], set()], MIN_GROUP)[0]
    kept = hidden_crossed(cells, large, MIN_GROUP) if len(names) > 1 else large
    return {
        name: {group for group, code in codes[name].items() if code in kept[k]}
        for k, name in enumerate(names)
    }


def _alone(cells: Mapping[tuple[int, ...], int], k: int) -> dict[tuple[int, ...], int]:
    """People by the groups of one division; a second one that shows nothing stands beside it."""
    found: Counter[tuple[int, ...]] = Counter()
    for codes, n in cells.items():
        found[codes[k], -1] += n
    return dict(found)


def _rows(
    asked: Counter[str], answered: Counter[str], shown: set[str], *, rates: bool
) -> tuple[GroupRow, ...]:
    """The groups; the part that answered only where no answer waits to be counted."""
    return tuple(
        GroupRow(
            name,
            asked[name],
            answered[name] if name in shown else None,
            _rate(answered[name], asked[name]) if name in shown and rates else None,
        )
        for name in sorted({**asked, **answered})
    )


def _tallies(names: Any, *, of: int | None = None) -> tuple[Tally, ...]:
    """How often each occurs; a few are called so, and with them the least of the others.

    Where each is one of several, a number that is left out would follow from the rest.
    """
    counts = Counter(names)
    few = {name for name, n in counts.items() if n < MIN_GROUP}
    if of is None and 0 < sum(counts[name] for name in few) < MIN_GROUP and len(few) < len(counts):
        few.add(min((n, name) for name, n in counts.items() if name not in few)[1])
    return tuple(Tally(name, None if name in few else n) for name, n in counts.most_common())


def _days(survey: Survey, seen: Sequence[Sheet]) -> tuple[tuple[dt.date, int], ...]:
    if survey.mode == Survey.Mode.ANONYMOUS:
        return ()
    return tuple(sorted(Counter(one.handed_in_at.date() for one in seen if one.handed_in_at).items()))


def _stops(survey: Survey, questionnaire: Questionnaire, language: Language) -> tuple[Stop, ...]:
    """The pages at which sheets lie that nobody handed in; only where there are five of them."""
    left = list(survey.sheets.filter(state=Sheet.State.BEGUN))
    if len(left) < MIN_GROUP:
        return ()
    pages = [asking.standing(one, questionnaire).resume_at for one in left]
    counts = Counter(0 if page is None else page.number + 1 for page in pages)
    titles = [one.title.say(language) or one.title.en or one.title.nl for one in questionnaire.pages]
    in_order = sorted(counts, key=lambda number: number or len(titles) + 1)
    return tuple(Stop(k, titles[k - 1] if k else "", counts[k]) for k in in_order)


# scores


def _least() -> int:
    from verbond.survey.scoring import MIN_FOR_SCORES

    return MIN_FOR_SCORES


def _measures(questionnaire: Questionnaire) -> bool:
    return any(one.construct or one.kind == "values" for one in questionnaire.questions.values())


def _scores(survey: Survey, n_seen: int, language: Language) -> tuple[Score, ...]:
    """First scores, worked out anew only when sheets came or went."""
    if n_seen < _least():
        return ()
    state = tuple(sorted(seen_of(survey).values_list("pk", flat=True)))
    found = _scored(survey.pk, survey.revision, hash(state), n_seen)
    return tuple(
        Score(one.construct, named(one.construct).say(language), one.mean, _n_more(one.mean))
        for one in found
        if one.mean.value is not None and one.mean.n_obs >= MIN_GROUP
    )


@lru_cache(maxsize=64)
def _scored(survey_id: Any, revision: int, state: int, n_seen: int) -> tuple[Any, ...]:
    from verbond.survey import Survey as Scoring

    survey = Survey.objects.select_related("organisation").get(pk=survey_id)
    questionnaire = asking.questionnaire_of(survey)
    simulated = survey.organisation.kind == Organisation.Kind.DEMO
    with tables_of(survey, questionnaire, seen_of(survey), str, simulated=simulated) as tables:
        found = Scoring(group=questionnaire.group).fit(tables)
    return tuple(one for one in found.constructs if one.wave is None)


def _n_more(mean: Estimate) -> int:
    """Answers that bring the interval to about `HALF_WIDTH`: its width goes with the root of their number."""
    half = (mean.ci_upper - mean.ci_lower) / 2 if mean.ci_upper is not None else math.inf
    if not math.isfinite(half) or half <= HALF_WIDTH:
        return 0
    return math.ceil(mean.n_obs * (half / HALF_WIDTH) ** 2) - mean.n_obs


def _ladder(survey: Survey, questionnaire: Questionnaire, seen: Sequence[Sheet]) -> Needed | None:
    """What the ladder takes: answers of customers whom one knows."""
    from verbond.ladder import answers_needed
    from verbond.tables import RUNG_CONSTRUCTS

    if questionnaire.group != "customer" or in_steps(survey):
        return None
    measured = {one.construct for one in questionnaire.questions.values()}
    if any(one.kind == "values" for one in questionnaire.questions.values()):
        measured.add("congruence")
    if not set(RUNG_CONSTRUCTS) & measured:
        return None
    known = survey.sheets.filter(state=Sheet.State.HANDED_IN).exclude(path__invitee__customer="")
    n = known.filter(path__isnull=False).count()
    return Needed(n, answers_needed(len(RUNG_CONSTRUCTS) + 1), counted_before(survey.organisation))
