"""`verbond expressions`: what we say and write, and which relationship it offers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from verbond.cli.expressions_teaching import learn, queue, read_taught
from verbond.cli.output import language_option, progress_on_terminal, rows_output, say_found
from verbond.results import Language, Result

if TYPE_CHECKING:
    from verbond.expressions import Rater

__all__ = ["expressions"]


@click.group()
def expressions() -> None:
    """What we say and write: the relationship it offers and the values it expresses.

    \b
    Example:
      verbond expressions audit messages.csv --promise promise.toml
    """


_column = click.option("--column", default="text", show_default=True, help="Column with the messages.")
expressions.add_command(queue)
expressions.add_command(learn)
_taught = click.option("--taught", metavar="FILE", help="What 'learn' wrote: your own labels count too.")
_rater = click.option(
    "--rater",
    default=None,
    metavar="NAME",
    help="words, encoder, thorough, endpoint or folder:PATH; the best that is installed where not given.",
)


@expressions.command()
@click.argument("file")
@_column
@_rater
@_taught
@language_option
@rows_output
def rate(file: str, column: str, rater: str | None, taught: str | None, language: Language) -> Result:
    """Rate messages: how likely each offers a relationship, and expresses each of ten values.

    FILE is a CSV, TSV, Parquet, XLSX or SAV file with a column of messages in Dutch or English, and if you
    like a column "language" with nl or en. What cannot be rated says why.

    \b
    Example:
      verbond expressions rate messages.csv --json
    """
    from verbond.expressions import rate as rate_texts

    with progress_on_terminal(language) as progress:
        texts, told = _read(file, column)
        found = rate_texts(texts, told, rater=_rater_of(rater, taught), name=file, progress=progress)
    say_found(found, language)
    return found


@expressions.command()
@click.argument("file")
@click.option("--promise", "promise_file", required=True, metavar="FILE", help="TOML file with the promise.")
@_column
@_rater
@_taught
@language_option
@rows_output
def audit(
    file: str, promise_file: str, column: str, rater: str | None, taught: str | None, language: Language
) -> Result:
    """Set messages beside your promise: each fits, wants another look, or conflicts, and says why.

    FILE is as for "rate". The promise is a TOML file with its text, and where you can its relationship
    (market, authority, equality, meaning), its values, four examples that keep it ("keeps") and four that
    break it ("breaks"), and words that you never use ("words_never") or always ("words_always").

    \b
    Example:
      verbond expressions audit messages.csv --promise promise.toml --json
    """
    from verbond.expressions import audit as audit_texts
    from verbond.expressions import read_promise
    from verbond.expressions.teaching import TaughtRater, taught_promise

    promise = read_promise(Path(promise_file))
    texts, told = _read(file, column)
    by = _rater_of(rater, taught)
    if isinstance(by, TaughtRater):
        promise = taught_promise(promise, by.lesson.opinions)
    with progress_on_terminal(language) as progress:
        found = audit_texts(texts, promise, told, rater=by, name=file, progress=progress)
    say_found(found, language)
    return found


def _rater_of(option: str | None, taught: str | None) -> Rater | None:
    """The one that is asked for; None for the best that is installed."""
    from verbond.expressions.raters import rater_of

    if taught is not None:
        if option is not None:
            raise click.UsageError("--taught brings a rater of its own: leave --rater out")
        return read_taught(taught)
    return rater_of(option) if option else None


def _read(file: str, column: str) -> tuple[list[str], list[str | None] | None]:
    """Messages, and in which language each says it is."""
    from verbond.tables.column_file import ColumnFile

    with ColumnFile(file) as opened:
        texts = [text or "" for text in opened.texts(column)]
        return texts, list(opened.texts("language")) if "language" in opened.names else None
