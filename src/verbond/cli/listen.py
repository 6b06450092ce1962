"""`verbond listen`: questionnaires, before anybody is asked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from verbond.cli.output import language_option, rows_output
from verbond.errors import NotFoundError, OptionError, ReadError
from verbond.listen.exchange import ReadQuestionnaire, read_questionnaire
from verbond.listen.exchange.read import MAX_BYTES
from verbond.results import LANGUAGES, Language, Result, sentence

__all__ = ["listen"]


@dataclass(frozen=True, slots=True)
class Told(Result):
    """A questionnaire file: what is asked, how long it takes, what could not be taken over.

    Attributes
    ----------
    product : str
        The tool that the file is of.
    title : str
    languages : tuple of str
        Those in which no text is missing.
    missing : tuple of str
        Texts that are missing in the language that was asked.
    minutes, minutes_low, minutes_high : float
        Of the usual respondent; of a quick one on the shortest way; of a slow one on the longest.
    burdens, dropped : tuple of str
        What makes it long, and what could not be taken over, in sentences.
    questions : tuple of dict
        One a question: page, id, kind, whether it is required, its words.
    """

    product: str
    title: str
    languages: tuple[str, ...]
    missing: tuple[str, ...]
    minutes: float
    minutes_low: float
    minutes_high: float
    burdens: tuple[str, ...]
    dropped: tuple[str, ...]
    questions: tuple[dict[str, Any], ...]

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row a question."""
        return list(self.questions)


@click.group()
def listen() -> None:
    """Questionnaires, before anybody is asked: what a file holds, how long it takes, what is lost of it.

    \b
    Examples:
      verbond listen questionnaire satisfaction.qsf
      verbond listen convert satisfaction.lss --out satisfaction.json
    """


@listen.command()
@click.argument("file", type=click.Path(path_type=Path))
@language_option
@rows_output
def questionnaire(file: Path, language: Language) -> Result:
    """Show what FILE asks, how many minutes it takes, and what could not be taken over.

    FILE is a questionnaire of Verbond (.json), Qualtrics (.qsf) or LimeSurvey (.lss).

    \b
    Example:
      verbond listen questionnaire satisfaction.qsf --language nl
    """
    read = _read(file)
    told = _told(read, language)
    _say(f"{told.title or file.name}: {_minutes(told)}", *told.burdens, *told.dropped)
    if told.missing:
        _say(sentence("listen.missing", language, n=len(told.missing)))
    return told


@listen.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Where the JSON goes.")
@language_option
def convert(file: Path, out: Path, language: Language) -> None:
    """Write FILE, a questionnaire of another tool, as one of Verbond; say what could not be taken over.

    \b
    Example:
      verbond listen convert satisfaction.lss --out satisfaction.json
    """
    read = _read(file)
    if not out.parent.is_dir():
        raise OptionError("the folder is not there", got=str(out.parent), hint="Make it first.")
    out.write_text(json.dumps(read.questionnaire.to_json(), ensure_ascii=False, indent=2) + "\n", "utf-8")
    _say(*(reason.sentence(language) for reason in read.dropped))


def _read(file: Path) -> ReadQuestionnaire:
    if not file.is_file():
        raise NotFoundError("no such file", got=str(file))
    if file.stat().st_size > MAX_BYTES:
        raise ReadError("the file is too large", file=file.name, expected=f"at most {MAX_BYTES // 2**20} MB")
    return read_questionnaire(file.read_bytes(), file.name)


def _told(read: ReadQuestionnaire, language: Language) -> Told:
    from verbond.listen import effort

    made, taken = read.questionnaire, effort(read.questionnaire, language)
    other = next(code for code in LANGUAGES if code != language)
    return Told(
        product=read.product,
        title=made.title.say(language) or made.title.say(other),
        languages=made.languages,
        missing=made.missing(language),
        minutes=taken.minutes,
        minutes_low=taken.low,
        minutes_high=taken.high,
        burdens=tuple(reason.sentence(language) for reason in taken.reasons),
        dropped=tuple(reason.sentence(language) for reason in read.dropped),
        questions=tuple(
            {
                "page": page.id,
                "question": one.id,
                "kind": one.kind,
                "required": one.required,
                "text": one.text.say(language) or one.text.say(other),
            }
            for page in made.pages
            for one in page.questions
        ),
    )


def _minutes(told: Told) -> str:
    return f"{told.minutes:.0f} min ({told.minutes_low:.0f}–{told.minutes_high:.0f})"


def _say(*sentences: str) -> None:
    for one in sentences:
        click.echo(one, err=True)
