"""`verbond expressions`: what we say and write, and which relationship it offers."""

from __future__ import annotations

import click

from verbond.cli.output import language_option, rows_output, say_found
from verbond.results import Language, Result

__all__ = ["expressions"]


@click.group()
def expressions() -> None:
    """What we say and write: the relationship it offers and the values it expresses.

    \b
    Example:
      verbond expressions rate messages.csv --json
    """


@expressions.command()
@click.argument("file")
@click.option("--column", default="text", show_default=True, help="Column with the messages.")
@language_option
@rows_output
def rate(file: str, column: str, language: Language) -> Result:
    """Rate messages: how likely each offers a relationship, and expresses each of ten values.

    FILE is a CSV, TSV, Parquet, XLSX or SAV file with a column of messages in Dutch or English, and if you
    like a column "language" with nl or en. What cannot be rated says why.

    \b
    Example:
      verbond expressions rate messages.csv --json
    """
    from verbond.expressions import rate as rate_texts
    from verbond.tables.column_file import ColumnFile

    with ColumnFile(file) as opened:
        texts = [text or "" for text in opened.texts(column)]
        told = list(opened.texts("language")) if "language" in opened.names else None
    found = rate_texts(texts, told, name=file)
    say_found(found, language)
    return found
