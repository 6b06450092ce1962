"""The scan: ten questions that a team answers without any file, and rules that anyone can follow by hand.

Questions and rules are Verbond's own and untested. What comes out is the team's own picture, never a
measurement of customers. The rules:

- *Relationship type offered.* Questions 1-3 each point to market, authority, meaning or to none. A type with
  two of the three votes is the one offered; otherwise it is unclear (None).
- *Effort.* Questions 4 (attention) and 5 (money) count for half each; an answer that names two rungs splits
  its half.
- *Where customers probably stand.* Questions 6-10 ask for rungs 1-5 how many customers are there. "Most" (4)
  or more means that a rung is climbed. Customers stand on the highest rung that has no gap below it.
- *Skipped rung.* The lowest rung that is not climbed while a higher one is; failing that, the lowest rung that
  is neither climbed nor gets any effort, while a higher one gets some.
- *Contradictions.* Six pairs of answers that bite each other, see `_contradictions`.
- *Three first steps.* One against the first contradiction; one for the skipped rung; then for the next rung to
  climb; then against further contradictions; then further ones for the next rung. No handle comes twice, and
  within a rung the least effort goes first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from verbond.errors import OptionError
from verbond.method.handles import handles_for
from verbond.method.texts import texts
from verbond.method.types import Text, text_of
from verbond.results import Reason, Result

__all__ = ["SCAN", "Scan", "ScanOption", "ScanQuestion", "ScanResult", "ScanStep"]

CLIMBED = 4
"""From this answer on ("most customers") a rung counts as climbed."""
FEW = 2
"""Up to this answer ("a minority") few customers are there."""
RUNG_QUESTIONS = ("experience", "shared_values", "trust", "commitment", "engagement")
TYPE_QUESTIONS = ("headline", "keeping", "tone")
EFFORT_QUESTIONS = ("attention", "money")
NAMED_TYPES = ("market", "authority", "meaning")
N_STEPS = 3
TOP_RUNG = 5

_HANDLE_AGAINST = {
    "scan.roof_before_floor": ("fix_experience", 1),
    "scan.two_legs": ("stop_contradictions", 2),
    "scan.unseen_values": ("tell_why", 2),
    "scan.many_voices": ("service_on_values", 2),
    "scan.cold_letter": ("stay_personal", 3),
    "scan.nothing_at_the_back": ("keep_budget", 4),
}
"""The handle, and the rung that it serves there, against each contradiction."""


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
        The rung 1..5 that is suspected to be skipped.
    contradictions : tuple of Reason
        Answers that bite each other.
    readings : tuple of Reason
        All that was read from the answers, in sentences.
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
    ['stop_contradictions', 'ask_values', 'tell_why']
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
        number = {question.id: answer for question, answer in zip(self.questions, chosen, strict=True)}
        option = {question.id: question.options[number[question.id] - 1] for question in self.questions}
        votes = [option[id].type for id in TYPE_QUESTIONS]
        guesses = tuple(number[id] for id in RUNG_QUESTIONS)
        effort = _effort([option[id].rungs for id in EFFORT_QUESTIONS])
        relationship_type = next((type for type in NAMED_TYPES if votes.count(type) >= 2), None)
        standing = _standing(guesses)
        skipped = _skipped(guesses, effort)
        contradictions = tuple(_contradictions(option, number, effort))
        return ScanResult(
            answers=chosen,
            relationship_type=relationship_type,
            type_votes={type: votes.count(type) for type in NAMED_TYPES},
            effort=effort,
            guesses=guesses,
            standing=standing,
            skipped_rung=None if skipped is None else skipped[0],
            contradictions=contradictions,
            readings=(
                Reason(f"scan.type_{relationship_type or 'unclear'}"),
                Reason(f"scan.attention_{number['attention']}"),
                Reason(f"scan.money_{number['money']}"),
                Reason(f"scan.standing_{standing}"),
                *(() if skipped is None else (skipped[1],)),
            ),
            steps=_steps(standing, skipped, contradictions),
            warnings=(Reason("scan.is_a_guess"),),
        )

    def _checked(self, answers: Sequence[int]) -> tuple[int, ...]:
        if len(answers) != len(self.questions):
            raise OptionError(
                "the scan needs an answer to every question",
                got=f"{len(answers)} answers",
                expected=str(len(self.questions)),
            )
        for place, (question, answer) in enumerate(zip(self.questions, answers, strict=True), start=1):
            if isinstance(answer, bool) or answer not in range(1, len(question.options) + 1):
                raise OptionError(
                    f"answer {place} ({question.id}) is no option",
                    got=repr(answer),
                    expected=f"a whole number from 1 to {len(question.options)}",
                    hint=f"The question: {question.text.en}",
                )
        return tuple(int(answer) for answer in answers)


def _effort(chosen: Sequence[tuple[int, ...]]) -> tuple[float, ...]:
    return tuple(
        sum(1 / len(rungs) for rungs in chosen if rung in rungs) / len(chosen) for rung in range(TOP_RUNG + 1)
    )


def _standing(guesses: tuple[int, ...]) -> int:
    return next((rung for rung, guess in enumerate(guesses) if guess < CLIMBED), TOP_RUNG)


def _skipped(guesses: tuple[int, ...], effort: tuple[float, ...]) -> tuple[int, Reason] | None:
    climbed = {rung for rung, guess in enumerate(guesses, start=1) if guess >= CLIMBED}
    served = {rung for rung, share in enumerate(effort) if share > 0}
    for code, above, passed in (
        ("skipped_by_customers", climbed, climbed),
        ("skipped_by_us", served, climbed | served),
    ):
        for rung in range(1, TOP_RUNG):
            if rung not in passed and max(above, default=0) > rung:
                return rung, Reason(f"scan.{code}_{rung}")
    return None


def _contradictions(
    option: Mapping[str, ScanOption], number: Mapping[str, int], effort: tuple[float, ...]
) -> Iterator[Reason]:
    types = {id: option[id].type for id in TYPE_QUESTIONS}
    keeps_by_price_or_not = types["keeping"] in ("market", None)
    if number["experience"] <= FEW and effort[1] == 0 and sum(effort[2:]) > 0:
        yield Reason("scan.roof_before_floor")
    if {"market", "meaning"} <= set(types.values()):
        yield Reason("scan.two_legs")
    if types["headline"] == "meaning" and number["shared_values"] <= FEW:
        yield Reason("scan.unseen_values")
    if types["tone"] is None:
        yield Reason("scan.many_voices")
    if types["tone"] == "authority" and "meaning" in (types["headline"], types["keeping"]):
        yield Reason("scan.cold_letter")
    if option["money"].rungs == (0,) and keeps_by_price_or_not:
        yield Reason("scan.nothing_at_the_back")


def _steps(
    standing: int, skipped: tuple[int, Reason] | None, contradictions: tuple[Reason, ...]
) -> tuple[ScanStep, ...]:
    against = [ScanStep(*_HANDLE_AGAINST[reason.code], reason) for reason in contradictions]
    for_skipped = [] if skipped is None else _serving(*skipped)[:1]
    next_rung = min(standing + 1, TOP_RUNG)
    for_next = _serving(
        next_rung, Reason(f"scan.hold_{TOP_RUNG}" if standing == TOP_RUNG else f"scan.next_{next_rung}")
    )
    ordered = [*against[:1], *for_skipped, *for_next[:1], *against[1:], *for_next[1:]]
    first_of_each = {step.handle_id: step for step in reversed(ordered)}
    distinct = [step for step in ordered if first_of_each[step.handle_id] is step]
    return tuple(distinct[:N_STEPS])


def _serving(rung: int, because: Reason) -> list[ScanStep]:
    return [ScanStep(handle.id, rung, because) for handle in handles_for(rung)]


def _question(entry: dict[str, Any], shares: list[dict[str, str]]) -> ScanQuestion:
    options = tuple(
        ScanOption(text_of(option), option.get("type"), tuple(option.get("rungs", ())))
        for option in entry.get("options", shares)
    )
    return ScanQuestion(entry["id"], text_of(entry), options)


SCAN = Scan(tuple(_question(entry, texts("scan")["shares"]) for entry in texts("scan")["questions"]))
"""The ten questions, and how to score them."""
