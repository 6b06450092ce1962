"""The scan: ten questions that a team answers without any file, and rules that anyone can follow by hand.

Questions and rules are Verbond's own and untested. What comes out is the team's own picture, never a
measurement of customers. The rules:

- *Relationship type offered.* Questions 1-3 each point to market, authority, meaning or to none. A type with
  two of the three votes is the one offered; otherwise it is unclear (None).
- *Effort.* Questions 4 (attention) and 5 (money) count for half each; an answer that names two rungs splits
  its half.
- *Where customers probably stand.* Questions 6-10 ask for rungs 1-5 how many customers are there. "Most" (4)
  or more means that a rung is climbed. Customers stand on the highest rung that has no gap below it.
- *Skipped rung.* The lowest rung that is not climbed while a higher one is; failing that, the lowest rung
  that is neither climbed nor gets any effort, while a higher one gets some.
- *Contradictions.* Six pairs of answers that bite each other, see `CONTRADICTIONS`.
- *Three first steps.* One against the first contradiction; one for the skipped rung; one for the next rung to
  climb; then against further contradictions; then more for the next rung. No handle comes twice, and within
  a rung the least effort goes first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from verbond.errors import OptionError
from verbond.method.handles import handles_for
from verbond.method.texts import texts
from verbond.method.types import Text, text_of
from verbond.results import Reason, Result

__all__ = [
    "CONTRADICTIONS",
    "SCAN",
    "Contradiction",
    "Scan",
    "ScanOption",
    "ScanQuestion",
    "ScanResult",
    "ScanStep",
]

CLIMBED = 4
"""From this answer on ("most customers") a rung counts as climbed."""
FEW = 2
"""Up to this answer ("a minority") few customers are there."""
TOP_RUNG = 5
N_STEPS = 3
NAMED_TYPES = ("market", "authority", "meaning")


@dataclass(frozen=True, slots=True)
class ScanOption:
    """One answer that can be chosen.

    Attributes
    ----------
    text : Text
    type : str or None
        The relationship type that it points to.
    rungs : tuple of int
        The rungs that the effort goes to.
    """

    text: Text
    type: str | None = None
    rungs: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ScanQuestion:
    """One question of the scan; its answer is the number of an option, counted from 1."""

    id: str
    text: Text
    options: tuple[ScanOption, ...]


@dataclass(frozen=True, slots=True)
class ScanStep:
    """A first step: the handle, the rung that it serves here, and why it is proposed."""

    handle_id: str
    rung: int
    because: Reason


@dataclass(frozen=True, slots=True)
class ScanResult(Result):
    """What the team's answers come to.

    Attributes
    ----------
    answers : tuple of int
        As given.
    relationship_type : str or None
        The type that is probably offered; None where no type has two of the three votes.
    type_votes : mapping of str to int
        Votes for market, authority and meaning, at most 3 together.
    effort : tuple of float
        Share of the effort on rungs 0..5, adding up to 1.
    guesses : tuple of int
        The team's guesses for rungs 1..5, each 1 (almost no customers) to 5 (nearly all).
    standing : int
        The rung 0..5 where customers probably stand: the team's guess.
    skipped_rung : int or None
        The rung 1..4 that is suspected to be skipped.
    contradictions : tuple of Reason
        Answers that bite each other.
    readings : tuple of Reason
        What else was read from the answers.
    steps : tuple of ScanStep
        Three first steps.
    warnings : tuple of Reason
        What this is not.
    """

    answers: tuple[int, ...]
    relationship_type: str | None
    type_votes: Mapping[str, int]
    effort: tuple[float, ...]
    guesses: tuple[int, ...]
    standing: int
    skipped_rung: int | None
    contradictions: tuple[Reason, ...]
    readings: tuple[Reason, ...]
    steps: tuple[ScanStep, ...]
    warnings: tuple[Reason, ...]

    def to_dicts(self) -> list[dict[str, Any]]:
        """The three first steps, a row each."""
        return [
            {"step": number, "handle_id": step.handle_id, "rung": step.rung, "because": str(step.because)}
            for number, step in enumerate(self.steps, start=1)
        ]


@dataclass(frozen=True, slots=True)
class Scan:
    """Ten questions for a team; no files needed.

    Attributes
    ----------
    questions : tuple of ScanQuestion

    Examples
    --------
    >>> result = SCAN.score([3, 1, 3, 1, 1, 4, 2, 3, 2, 1])
    >>> result.relationship_type, result.standing
    ('meaning', 1)
    >>> [step.handle_id for step in result.steps]
    ['stop_contradictions', 'ask_values', 'keep_budget']
    """

    questions: tuple[ScanQuestion, ...]

    def score(self, answers: Sequence[int]) -> ScanResult:
        """Read a team's answers by the rules in the module's text.

        Parameters
        ----------
        answers : sequence of int
            For each question the number of the option chosen, counted from 1.

        Returns
        -------
        ScanResult

        Raises
        ------
        OptionError
            If there are too few or too many answers, or one of them is no option.
        """
        chosen = self._checked(answers)
        given = _given(self.questions, chosen)
        votes = {type: given.types.count(type) for type in NAMED_TYPES}
        relationship_type = next((type for type, count in votes.items() if count >= 2), None)
        standing = next((k for k, guess in enumerate(given.guesses) if guess < CLIMBED), TOP_RUNG)
        skipped_rung, skipped = _skipped(given)
        against = [ScanStep(c.handle_id, c.rung, c.reason) for c in CONTRADICTIONS if c.shows_in(given)]
        attention, money = chosen[3:5]
        return ScanResult(
            answers=chosen,
            relationship_type=relationship_type,
            type_votes=votes,
            effort=given.effort,
            guesses=given.guesses,
            standing=standing,
            skipped_rung=skipped_rung,
            contradictions=tuple(step.because for step in against),
            readings=(
                Reason(f"scan.type_{relationship_type or 'unclear'}"),
                Reason(f"scan.attention_{attention}"),
                Reason(f"scan.money_{money}"),
                Reason(f"scan.standing_{standing}"),
                *([skipped] if skipped else []),
            ),
            steps=_first_steps(against, _steps_for(skipped_rung, skipped), _steps_after(standing)),
            warnings=(Reason("scan.is_a_guess"),),
        )

    def _checked(self, answers: Sequence[int]) -> tuple[int, ...]:
        if len(answers) != len(self.questions):
            raise OptionError(
                "the scan needs one answer to every question",
                got=str(len(answers)),
                expected=str(len(self.questions)),
            )
        for place, (question, answer) in enumerate(zip(self.questions, answers, strict=True), start=1):
            if isinstance(answer, bool) or answer not in range(1, len(question.options) + 1):
                raise OptionError(
                    f"answer {place} ({question.id}) is no option",
                    got=repr(answer),
                    expected=f"a whole number from 1 to {len(question.options)}",
                    hint=f"The question was: {question.text.en}",
                )
        return tuple(int(answer) for answer in answers)


@dataclass(frozen=True, slots=True)
class _Given:
    """The answers by what they mean: types of questions 1-3, effort of 4-5, guesses of 6-10."""

    headline: str | None
    keeping: str | None
    tone: str | None
    money: tuple[int, ...]
    effort: tuple[float, ...]
    guesses: tuple[int, ...]

    @property
    def types(self) -> tuple[str | None, ...]:
        return (self.headline, self.keeping, self.tone)

    def few(self, rung: int) -> bool:
        return self.guesses[rung - 1] <= FEW


def _given(questions: tuple[ScanQuestion, ...], answers: tuple[int, ...]) -> _Given:
    options = [question.options[answer - 1] for question, answer in zip(questions, answers, strict=True)]
    attention, money = options[3].rungs, options[4].rungs
    effort = tuple(
        sum(0.5 / len(rungs) for rungs in (attention, money) if rung in rungs) for rung in range(TOP_RUNG + 1)
    )
    return _Given(*(option.type for option in options[:3]), money=money, effort=effort, guesses=answers[5:])


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Answers that bite each other, and the handle against it.

    Attributes
    ----------
    reason : Reason
    handle_id : str
    rung : int
        The rung that the handle serves here.
    shows_in : callable
        Whether the answers hold it.
    """

    reason: Reason
    handle_id: str
    rung: int
    shows_in: Callable[[_Given], bool]


CONTRADICTIONS: tuple[Contradiction, ...] = (
    Contradiction(
        Reason("scan.roof_before_floor"), "fix_experience", 1,
        lambda given: given.few(1) and given.effort[1] == 0 and sum(given.effort[2:]) > 0,
    ),
    Contradiction(
        Reason("scan.two_legs"), "stop_contradictions", 2,
        lambda given: {"market", "meaning"} <= set(given.types),
    ),
    Contradiction(
        Reason("scan.nothing_at_the_back"), "keep_budget", 4,
        lambda given: given.money == (0,) and given.keeping in ("market", None),
    ),
    Contradiction(
        Reason("scan.unseen_values"), "tell_why", 2,
        lambda given: given.headline == "meaning" and given.few(2),
    ),
    Contradiction(
        Reason("scan.cold_letter"), "stay_personal", 3,
        lambda given: given.tone == "authority" and "meaning" in (given.headline, given.keeping),
    ),
    Contradiction(
        Reason("scan.many_voices"), "service_on_values", 2,
        lambda given: given.tone is None,
    ),
)  # fmt: skip
"""The contradictions that the scan looks for, the gravest first."""


def _skipped(given: _Given) -> tuple[int, Reason] | tuple[None, None]:
    climbed = {rung for rung, guess in enumerate(given.guesses, start=1) if guess >= CLIMBED}
    served = {rung for rung, share in enumerate(given.effort) if share > 0}
    for passed_by, reached, not_skipped in (
        ("customers", climbed, climbed),
        ("us", served, climbed | served),
    ):
        for rung in range(1, max(reached, default=0)):
            if rung not in not_skipped:
                return rung, Reason(f"scan.skipped_by_{passed_by}_{rung}")
    return None, None


def _steps_for(rung: int | None, because: Reason | None) -> list[ScanStep]:
    if rung is None or because is None:
        return []
    return [ScanStep(handle.id, rung, because) for handle in handles_for(rung)]


def _steps_after(standing: int) -> list[ScanStep]:
    if standing == TOP_RUNG:
        return _steps_for(TOP_RUNG, Reason(f"scan.hold_{TOP_RUNG}"))
    return _steps_for(standing + 1, Reason(f"scan.next_{standing + 1}"))


def _first_steps(
    against: list[ScanStep], for_skipped: list[ScanStep], for_next: list[ScanStep]
) -> tuple[ScanStep, ...]:
    distinct: dict[str, ScanStep] = {}
    for step in (*against[:1], *for_skipped[:1], *for_next[:1], *against[1:], *for_next[1:]):
        distinct.setdefault(step.handle_id, step)
    return tuple(distinct.values())[:N_STEPS]


def _question(entry: dict[str, Any], shares: list[dict[str, str]]) -> ScanQuestion:
    options = tuple(
        ScanOption(text_of(option), option.get("type"), tuple(option.get("rungs", ())))
        for option in entry.get("options", shares)
    )
    return ScanQuestion(entry["id"], text_of(entry), options)


SCAN = Scan(tuple(_question(entry, texts("scan")["shares"]) for entry in texts("scan")["questions"]))
"""The ten questions, and how to score them."""
