"""`verbond scan`: ten questions for a team."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from verbond.cli.output import language_option
from verbond.errors import OptionError
from verbond.results import Language, sentence
from verbond.results.wording import format_value

if TYPE_CHECKING:
    from verbond.method import ScanQuestion, ScanResult

__all__ = ["scan"]

WIDTH = 88
BACK = "b"


@click.command()
@click.option("--answers", help="Ten numbers with commas between them, in place of the questions.")
@click.option("--json", "as_json", is_flag=True, help="Write the whole result as JSON.")
@language_option
def scan(answers: str | None, as_json: bool, language: Language) -> None:
    """Ten questions that a team answers together, no files needed.

    It ends in where your customers probably stand, where your effort goes, what clashes, and three first
    steps. It is your own picture, no measurement; the questions and the rules are ours and untested.

    \b
    Examples:
      verbond scan --language nl
      verbond scan --answers 3,1,3,1,1,4,2,3,2,1
    """
    from verbond.method import SCAN

    given = _asked(SCAN.questions, language) if answers is None else _parsed(answers)
    result = SCAN.score(given)
    if as_json:
        click.echo(json.dumps(result.to_dict(), ensure_ascii=False, indent=2, allow_nan=False))
        return
    for line in _told(result, language):
        click.echo(line)


def _parsed(answers: str) -> list[int]:
    parts = [part.strip() for part in answers.split(",")]
    for place, part in enumerate(parts, start=1):
        if not (part.isascii() and part.isdigit()):
            raise OptionError(
                f"answer {place} is no number",
                got=repr(part[:20]),
                expected="whole numbers with commas between them",
                hint="For example: --answers 3,1,3,1,1,4,2,3,2,1",
            )
    return [int(part[:9]) for part in parts]


def _asked(questions: tuple[ScanQuestion, ...], language: Language) -> list[int]:
    """Put the questions one by one, on stderr, and hear one key for each."""
    if not sys.stdin.isatty():
        raise OptionError(
            "the scan puts its questions on a terminal and there is none",
            hint="Give the answers instead, for example: --answers 3,1,3,1,1,4,2,3,2,1",
        )
    click.echo(_wrapped(sentence("scan.how_to_answer", language)), err=True)
    answers: list[int] = []
    while len(answers) < len(questions):
        answer = _ask(questions[len(answers)], len(answers) + 1, len(questions), language)
        if answer is not None:
            answers.append(answer)
        elif answers:
            answers.pop()
    click.echo(err=True)
    return answers


def _ask(question: ScanQuestion, number: int, total: int, language: Language) -> int | None:
    """The number chosen, or None to go back."""
    click.echo("\n" + sentence("scan.question_number", language, number=number, total=total), err=True)
    click.echo(_wrapped(question.text.say(language)), err=True)
    for place, option in enumerate(question.options, start=1):
        click.echo(f"  {place}  {option.text.say(language)}", err=True)
    while True:
        key = click.getchar()
        if key == BACK:
            return None
        if not key:
            raise click.Abort
        if key.isascii() and key.isdigit() and 1 <= int(key) <= len(question.options):
            click.echo(f"> {key}", err=True)
            return int(key)
        click.echo(sentence("scan.bad_key", language, n_options=len(question.options)), err=True)


def _told(result: ScanResult, language: Language) -> Iterator[str]:
    """The result as text for people."""
    yield from _ladder(result, language)
    yield from _listed("readings", [reason.sentence(language) for reason in result.readings], language)
    yield from _listed("contradictions", [r.sentence(language) for r in result.contradictions], language)
    yield from _steps(result, language)
    for reason in result.warnings:
        yield "\n" + _wrapped(reason.sentence(language))


def _ladder(result: ScanResult, language: Language) -> Iterator[str]:
    from verbond.method import RUNGS, SCAN

    shares = [option.text.say(language) for option in SCAN.questions[-1].options]
    guess, effort = sentence("scan.heading_guess", language), sentence("scan.heading_effort", language)
    yield sentence("scan.heading_standing", language)
    yield f"  {'':22}{guess:26}{effort:>7}"
    for rung in reversed(RUNGS):
        mark = ">" if rung.number == result.standing else " "
        answer = result.guesses[rung.number - 1] if rung.number else 0
        bar = f"{'█' * answer}{'·' * (len(shares) - answer)} {shares[answer - 1]}" if rung.number else ""
        share = format_value(result.effort[rung.number], "percent", language)
        yield f"{mark} {rung.number} {rung.name.say(language):20}{bar:26}{share:>7}"


def _listed(heading: str, sentences: list[str], language: Language) -> Iterator[str]:
    if sentences:
        yield "\n" + sentence(f"scan.heading_{heading}", language)
        yield from (_wrapped(text, "- ", "  ") for text in sentences)


def _steps(result: ScanResult, language: Language) -> Iterator[str]:
    from verbond.method import handle

    yield "\n" + sentence("scan.heading_steps", language)
    for number, step in enumerate(result.steps, start=1):
        found = handle(step.handle_id)
        yield f"{number}. {found.name.say(language)}"
        for label, text in (
            ("why", step.because.sentence(language)),
            ("tomorrow", found.first_step.say(language)),
            ("who", found.who.say(language)),
            ("when_not", found.when_not.say(language)),
        ):
            yield _wrapped(f"{sentence(f'scan.label_{label}', language)}: {text}", "   ", "     ")


def _wrapped(text: str, first: str = "", rest: str = "") -> str:
    return click.wrap_text(text, width=WIDTH, initial_indent=first, subsequent_indent=rest)
