"""`verbond expressions queue` and `learn`: which messages to label, and what labels teach."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from verbond.cli.output import language_option, rows_output, say_found
from verbond.results import Language, Result

if TYPE_CHECKING:
    from verbond.expressions.teaching import TaughtRater

__all__ = ["learn", "queue", "read_taught"]


@click.command()
@click.argument("file")
@click.option("--column", default="text", show_default=True, help="Column with the messages.")
@click.option("--n", default=20, show_default=True, type=click.IntRange(1), help="How many messages.")
@click.option("--out", required=True, metavar="FILE", help="CSV file to be filled in.")
@click.option("--seed", default=0, show_default=True, help="Of the lot.")
@language_option
def queue(file: str, column: str, n: int, out: str, seed: int, language: Language) -> None:
    """Choose which messages people should label.

    Half are those that the rater is least sure about, three in ten are drawn by lot, and in two of ten two
    raters differ; one in five stands there twice, for a second person. Fill in "relationship" (market,
    authority, equality, meaning or none), "values" (with a semicolon between, or none), "verdict" (fits,
    check or conflicts, where you have a promise) and "who".

    \b
    Example:
      verbond expressions queue messages.csv --n 20 --out labels.csv
    """
    from verbond.expressions import rate
    from verbond.expressions.teaching import labels_to_csv
    from verbond.expressions.teaching import queue as choose
    from verbond.tables.column_file import ColumnFile

    with ColumnFile(file) as opened:
        texts = [text or "" for text in opened.texts(column)]
    found = choose(texts, rate(texts, name=file), n, seed=seed)
    rows = [*found.messages, *(one for one in found.messages if one.twice)]
    Path(out).write_text(
        labels_to_csv(
            {"text": one.text, "language": one.language, "asked_because": one.reason.sentence(language)}
            for one in rows
        ),
        "utf-8",
    )
    say_found(found, language)


@click.command()
@click.argument("labels")
@click.option("--out", required=True, metavar="FILE", help="File for what is learned.")
@click.option(
    "--thorough", is_flag=True, help="For the slow encoder, as audits use it where it is installed."
)
@language_option
@rows_output
def learn(labels: str, out: str, thorough: bool, language: Language) -> Result:
    """Learn from labels, beside what Verbond knows; says how far people agree and what it changes.

    LABELS is a CSV file as "queue" writes it, filled in. Give what is learned to "rate" and "audit" as
    --taught. It holds the messages that have a verdict, so keep it where you keep the messages.

    \b
    Example:
      verbond expressions learn labels.csv --out company.heads
    """
    from verbond.errors import MissingExtraError
    from verbond.expressions.teaching import agreement, opinions_of, read_labels
    from verbond.expressions.teaching import learn as learn_from
    from verbond.language import find_encoder

    given = read_labels(Path(labels))
    encoder = find_encoder(thorough=thorough)
    if encoder is None:
        raise MissingExtraError("learning from labels", extra="expressions")
    found = learn_from(given, encoder)
    Path(out).write_bytes(found.to_bytes())
    click.echo(
        agreement([one.relationships for one in opinions_of(given)]).headline.sentence(language), err=True
    )
    say_found(found, language)
    return found


def read_taught(file: str) -> TaughtRater:
    """The rater for what `learn` wrote.

    Raises
    ------
    NotFoundError
        If there is no such file.
    ReadError
        If it is no such file.
    """
    from verbond.errors import NotFoundError
    from verbond.expressions.teaching import Lesson, taught_rater

    path = Path(file)
    if not path.is_file():
        raise NotFoundError(f"no file {path.name}", expected="what 'verbond expressions learn' wrote")
    return taught_rater(Lesson.of_bytes(path.read_bytes(), path.name))
