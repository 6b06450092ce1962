"""A survey with a stimulus is an experiment by itself: a lot decided who saw what.

What is asked after the stimulus is compared between its variants; what was asked on the pages before it takes
noise away. It is read from the sheets that figures may be made of (`flowing.seen_of`), and not before five
people saw each variant. Who looks while answers come is not misled: the intervals hold at every look.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from verbond.listen import Question, Questionnaire
from verbond.method import named
from verbond.method.types import Text
from verbond.results import LANGUAGES, Language, Reason, sentence
from verbond.results.groups import MIN_GROUP
from verbond.web.listening import sheets as asking
from verbond.web.listening.agreed import Agreed, agreed_of
from verbond.web.listening.changing import example_named
from verbond.web.listening.flowing import seen_of
from verbond.web.listening.rows import answers_of
from verbond.web.store.models import Sheet, Survey

if TYPE_CHECKING:
    from verbond.effects import ExperimentResult

__all__ = ["SurveyExperiment", "arm_of", "experiment_of", "experiments_of", "is_experiment", "n_for"]

SPREAD = 0.25
"""Standard deviation of a scale's answers that is reckoned with before there are any, as a part of it."""
LEAST_SPREAD = 1e-3
SHEETS_A_COVARIATE = 20
ARM, STRATUM = "the version", "the stratum"
"""Columns; no question has such an id."""
_LONGEST_NAME = 70
_SAID_AS_VERBS = ("recommend", "stay", "rebuy")
"""Constructs whose name ("would recommend") is no thing on which something does better."""


@dataclass(frozen=True, slots=True)
class Known:
    """What was asked before the stimulus: a construct, or a question by itself.

    Attributes
    ----------
    id : str
    name : Text
    questions : tuple of Question
    """

    id: str
    name: Text
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class SurveyExperiment:
    """One stimulus and what it did.

    Attributes
    ----------
    stimulus : Question
    outcomes : tuple of Question
        Scales asked after it.
    known : tuple of Known
        Asked before it.
    left_out : bool
        Whether something else was asked after it, which is not compared.
    result : ExperimentResult or Reason
        Why there is none yet.
    n : int
        Sheets that it was shown on.
    n_planned : int
        So many show a difference that matters with 80% probability, if the answers spread as is usual.
    agreed : Agreed
        What was agreed on beforehand.
    n_more : int or None
        So many more do by what is known now; None before there is a result, 0 where every outcome has its
        word or enough people answered.
    """

    stimulus: Question
    outcomes: tuple[Question, ...]
    known: tuple[Known, ...]
    left_out: bool
    result: ExperimentResult | Reason
    n: int
    n_planned: int
    agreed: Agreed
    n_more: int | None = None

    @property
    def is_done(self) -> bool:
        """Whether every outcome has another word than "cannot tell"."""
        effects = () if isinstance(self.result, Reason) else self.result.effects
        return bool(effects) and all(row.verdict != "cannot_tell" for row in effects)

    @property
    def n_wanted(self) -> int:
        """Answers that do, as far as is known now; at least those that there are."""
        return max(self.n_planned if self.n_more is None else self.n + self.n_more, self.n, 1)

    @property
    def units(self) -> dict[str, str]:
        """Outcome -> its scale."""
        return {one.id: f"{one.min}..{one.max}" for one in self.outcomes}

    def names(self, language: Language, company: str) -> dict[str, str]:
        """What variants, outcomes and what was known before are called."""
        variants = enumerate(self.stimulus.variants)
        found = {arm_of(one.id): _variant_name(n, one.text, language) for n, one in variants}
        found |= {one.id: _called(one, language, company) for one in self.outcomes}
        return found | {one.id: _short(one.name, language, company) for one in self.known}


def is_experiment(survey: Survey) -> bool:
    """Whether it shows different people different things and asks something after."""
    return any(_outcomes(asking.questionnaire_of(survey), one)[0] for one in _stimuli(survey))


def experiments_of(survey: Survey) -> tuple[SurveyExperiment, ...]:
    """What each stimulus of a survey did, in their order."""
    return tuple(_of(survey, one) for one in _stimuli(survey))


def experiment_of(survey: Survey, stimulus: str = "") -> ExperimentResult | Reason:
    """What a stimulus of a survey did.

    Parameters
    ----------
    survey : Survey
    stimulus : str
        Its id; the first of the survey where not given.

    Returns
    -------
    ExperimentResult or Reason
        Why it cannot be told.
    """
    found = [one for one in _stimuli(survey) if stimulus in ("", one.id)]
    return _of(survey, found[0]).result if found else Reason("web_reading.no_stimulus")


def _stimuli(survey: Survey) -> tuple[Question, ...]:
    return asking.questionnaire_of(survey).stimuli


def _of(survey: Survey, stimulus: Question) -> SurveyExperiment:
    asked = asking.questionnaire_of(survey)
    outcomes, left_out = _outcomes(asked, stimulus)
    known = _known(asked, stimulus)
    agreed = agreed_of(survey, stimulus.id)
    n_planned = n_for(stimulus, len(outcomes), agreed.difference)
    result: ExperimentResult | Reason
    n, result, n_more = 0, Reason("web_reading.no_outcome"), None
    if outcomes:
        shown = [(one.pk, one.state, one.variants[stimulus.id]) for one in _shown(survey, stimulus)]
        counts = Counter(variant for _, state, variant in shown if state == Sheet.State.HANDED_IN)
        n = counts.total()
        if min(counts[one.id] for one in stimulus.variants) < MIN_GROUP:
            result = Reason("web_reading.too_few", {"least": MIN_GROUP})
        else:
            state = hash(tuple(sorted(shown)))
            result = _read(survey.pk, survey.revision, stimulus.id, agreed, state, n)
            n_more = _n_more(result, stimulus, outcomes, agreed, n)
    return SurveyExperiment(stimulus, outcomes, known, left_out, result, n, n_planned, agreed, n_more)


# what is compared with what


def _outcomes(asked: Questionnaire, stimulus: Question) -> tuple[tuple[Question, ...], bool]:
    """Scales behind a stimulus and before the next one, asked of everybody alike; and whether more was asked.

    What is only asked because of a variant, or of an answer behind the stimulus, is no comparison: other
    people are asked it in each group.
    """
    ids = list(asked.questions)
    behind: set[str] = set(ids[ids.index(stimulus.id) :])
    found, left_out, here = [], False, False
    for page in asked.pages:
        for one in page.questions:
            if one.id == stimulus.id:
                here = True
            elif here and not one.asks:
                return tuple(found), left_out
            elif here:
                looks_at = {t.question for c in (page.asked_if, one.asked_if) if c for t in c.tests}
                if one.kind == "scale" and not looks_at & behind:
                    found.append(one)
                else:
                    left_out = True
    return tuple(found), left_out


def _known(asked: Questionnaire, stimulus: Question) -> tuple[Known, ...]:
    """Scales on the pages before that of a stimulus, those of a construct together."""
    found: dict[str, list[Question]] = {}
    for page in asked.pages:
        if any(one.id == stimulus.id for one in page.questions):
            break
        for one in page.questions:
            if one.kind == "scale":
                found.setdefault(f"known {one.construct or one.id}", []).append(one)
    return tuple(
        Known(id, _construct(some[0].construct) if some[0].construct else some[0].text, tuple(some))
        for id, some in found.items()
    )


def _construct(id: str) -> Text:
    name = named(id)
    return Text(en=name, nl=name) if isinstance(name, str) else name


# reading it


def _shown(survey: Survey, stimulus: Question, *, answers: bool = False) -> list[Sheet]:
    """Sheets on which it was shown: handed in, and, of a closed survey, left behind."""
    found = list(seen_of(survey) if answers else seen_of(survey).defer("answers"))
    if survey.state == Survey.State.CLOSED:
        found += survey.sheets.filter(state=Sheet.State.BEGUN).defer("answers")
    variants = {one.id for one in stimulus.variants}
    return [one for one in found if one.variants.get(stimulus.id) in variants]


def arm_of(variant: str) -> str:
    """What a variant is called as an arm: other than any question."""
    return f"version {variant}"


@lru_cache(maxsize=64)
def _read(
    survey_id: Any, revision: int, stimulus_id: str, agreed: Agreed, state: int, n: int
) -> ExperimentResult:
    """Worked out anew only when sheets came or went."""
    from verbond.effects import Experiment

    survey = Survey.objects.get(pk=survey_id)
    asked = asking.questionnaire_of(survey)
    stimulus = asked.questions[stimulus_id]
    outcomes, known = _outcomes(asked, stimulus)[0], _known(asked, stimulus)
    found = _shown(survey, stimulus, answers=True)
    columns = _columns(asked, stimulus, outcomes, known, found)
    used = [one.id for one in known if one.id in columns]
    margins = {one.id: agreed.worth * (one.max - one.min) for one in outcomes if agreed.worth}
    return Experiment(
        ARM,
        arm_of(stimulus.variants[0].id),
        tuple(one.id for one in outcomes),
        covariates=tuple(used[: n // SHEETS_A_COVARIATE]),
        strata=(STRATUM,) if stimulus.strata else (),
        margin=margins or None,
        lower_is_better=tuple(one.id for one in outcomes if one.reversed or one.id in agreed.lower),
        expected={arm_of(one.id): 1.0 for one in stimulus.variants},
        any_look=True,
        planned_n=n_for(stimulus, len(outcomes), agreed.difference),
    ).analyze(columns)


def _columns(
    asked: Questionnaire,
    stimulus: Question,
    outcomes: Sequence[Question],
    known: Sequence[Known],
    found: Sequence[Sheet],
) -> dict[str, Any]:
    """A row a sheet: the variant, the outcomes, and what was said before.

    What somebody skipped before the stimulus counts as the mean of the others: the lot was drawn afterwards,
    so that this favours no variant.
    """
    said = [answers_of(asked, one) if one.state == Sheet.State.HANDED_IN else {} for one in found]
    columns: dict[str, Any] = {ARM: [arm_of(one.variants[stimulus.id]) for one in found]}
    if stimulus.strata:
        columns[STRATUM] = [str(one.get(stimulus.strata, "")) or "-" for one in said]
    for outcome in outcomes:
        columns[outcome.id] = np.array([_number(one.get(outcome.id)) for one in said])
    for one in known:
        values = np.array([_mean(one.questions, answers) for answers in said])
        there = np.isfinite(values)
        if there.sum() >= MIN_GROUP and np.ptp(values[there]) > 0:
            columns[one.id] = np.where(there, values, values[there].mean())
    return columns


def _number(answer: Any) -> float:
    return float(answer) if isinstance(answer, (int, float)) else math.nan


def _mean(questions: Sequence[Question], said: Mapping[str, Any]) -> float:
    """Of what was answered, on 0..1 with reversed ones turned."""
    found = []
    for one in questions:
        part = (_number(said.get(one.id)) - one.min) / (one.max - one.min)
        found.append(1 - part if one.reversed else part)
    known = [part for part in found if math.isfinite(part)]
    return sum(known) / len(known) if known else math.nan


# how many


def n_for(stimulus: Question, n_outcomes: int, difference: float, spread: float = SPREAD) -> int:
    """People, all variants together, that a difference takes where one may look at any moment.

    Parameters
    ----------
    stimulus : Question
    n_outcomes : int
    difference, spread : float
        Parts of the scale.
    """
    from verbond.effects import ExperimentPlanner

    n_variants = len(stimulus.variants) - 1
    planner = ExperimentPlanner(
        effect=difference,
        sd=max(spread, LEAST_SPREAD),
        variants=n_variants,
        outcomes=max(n_outcomes, 1),
        any_look=True,
    )
    return planner.plan().n_total


def _n_more(
    result: ExperimentResult, stimulus: Question, outcomes: Sequence[Question], agreed: Agreed, n: int
) -> int:
    """How many more answers show such a difference on what cannot be told yet, as they spread now."""
    scales = {one.id: one.max - one.min for one in outcomes}
    needed = 0
    for row in result.effects:
        if row.verdict == "cannot_tell" and row.standard_error:
            spread = row.standard_error / math.sqrt(1 / row.n_control + 1 / row.n_variant)
            part = spread / scales[row.outcome]
            needed = max(needed, n_for(stimulus, len(outcomes), agreed.difference, part))
    return max(0, needed - n)


# how it is called


def _variant_name(n: int, text: Text, language: Language) -> str:
    return example_named(text, language) or sentence("web_reading.version", language, letter="ABCDEFGH"[n])


def _called(one: Question, language: Language, company: str) -> str:
    if one.construct and one.construct not in _SAID_AS_VERBS:
        return _construct(one.construct).say(language)
    return example_named(one.text, language) or _short(one.text, language, company)


def _short(text: Text, language: Language, company: str) -> str:
    """A construct's name, or the beginning of a question in quotation marks."""
    words = next(filter(None, _spoken(text, language)), "").replace("{company}", company)
    if words[-1:] not in "?.!…" and len(words) < _LONGEST_NAME // 2:
        return words
    return f"“{words if len(words) <= _LONGEST_NAME else words[: _LONGEST_NAME - 1].rstrip() + '…'}”"


def _spoken(text: Text, language: Language) -> Iterator[str]:
    yield text.say(language)
    for code in LANGUAGES:
        yield text.say(code)
