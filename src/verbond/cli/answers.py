"""What the commands on answers share: scales as people type them, columns of a file, sentences on stderr."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from verbond.results import Language, Reason

if TYPE_CHECKING:
    import numpy as np

__all__ = ["columns_of", "say", "scale_of", "scale_option", "texts_of"]

scale_option = click.option(
    "--scale", "scales", multiple=True, metavar="NAME=ITEM,ITEM",
    help="A scale and its items; a minus before an item that is scored the other way round (-ITEM).",
)  # fmt: skip


def scale_of(text: str) -> tuple[str, list[str]]:
    """Read NAME=ITEM,ITEM."""
    name, equals, items = text.partition("=")
    if not (name.strip() and equals and items.strip()):
        raise click.UsageError(f"--scale {text!r} is not NAME=ITEM,ITEM.")
    return name.strip(), [item.strip() for item in items.split(",") if item.strip()]


def columns_of(data: str, items: list[str]) -> dict[str, np.ndarray]:
    """Columns of a file as numbers."""
    from verbond.tables.column_file import ColumnFile

    with ColumnFile(data) as file:
        return file.numbers(items)


def texts_of(data: str, name: str) -> np.ndarray:
    """A column of a file as text."""
    from verbond.tables.column_file import ColumnFile

    with ColumnFile(data) as file:
        return file.texts(name)


def say(reasons: Iterable[Reason], language: Language) -> None:
    """Write sentences to stderr, one a line."""
    for reason in reasons:
        click.echo(reason.sentence(language), err=True)
