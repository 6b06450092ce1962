"""Options that many commands share, and how rows and progress are written."""

from __future__ import annotations

import csv
import functools
import inspect
import io
import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from verbond.results import LANGUAGES, Language, Progress, ProgressFunction, protect_cell, sentence, silent

__all__ = [
    "engine_option",
    "language_option",
    "progress_on_terminal",
    "report_folder",
    "rows_output",
    "say_found",
    "write_rows",
]

language_option = click.option(
    "--language", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Language of the text."
)
engine_option = click.option(
    "--engine",
    metavar="[duckdb|spark|ADDRESS]",
    default="duckdb",
    show_default=True,
    help="What runs the queries: this process, Spark on this machine, or the Spark cluster at an address "
    "(spark://host:7077); Spark needs the extra 'spark'.",
)


def rows_output(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--json`, `--csv` and `--table`; it returns a Result, which is written as asked.

    JSON is `result.to_dict()`, the whole; CSV and table are `result.to_dicts()`, its main table. Without an
    option: a table on a terminal and in a pipe alike.
    """

    @click.option("--json", "form", flag_value="json", help="Write the whole result as JSON.")
    @click.option("--csv", "form", flag_value="csv", help="Write the main table as CSV.")
    @click.option("--table", "form", flag_value="table", default=True, help="Write the main table (default).")
    @functools.wraps(command)
    def wrapped(*args: Any, form: str, **options: Any) -> None:
        result = command(*args, **options)
        if form == "json":
            click.echo(
                json.dumps(_told(result.to_dict, options), ensure_ascii=False, indent=2, allow_nan=False)
            )
        else:
            write_rows(_told(result.to_dicts, options), form)

    return wrapped


def _told(write: Callable[..., Any], options: dict[str, Any]) -> Any:
    """Sentences in the language that is asked for, where a result writes any."""
    return write(options["language"]) if "language" in inspect.signature(write).parameters else write()


def say_found(result: Any, language: Language) -> None:
    """Say on stderr what a result found, in a sentence, and what it cannot tell."""
    said = (result.headline, getattr(result, "check", None), *result.reasons)
    for sentence_of in (one for one in said if one is not None):
        click.echo(sentence_of.sentence(language), err=True)


def write_rows(rows: list[dict[str, Any]], form: str = "table") -> None:
    """Write rows to stdout as "csv" or as a "table" of aligned columns."""
    if not rows:
        return
    if form == "csv":
        buffer = io.StringIO()
        writer = csv.DictWriter(buffer, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: protect_cell(value) for key, value in row.items()} for row in rows)
        click.echo(buffer.getvalue(), nl=False)
        return
    cells = [list(rows[0]), *([_shown(v) for v in row.values()] for row in rows)]
    widths = [max(len(line[j]) for line in cells) for j in range(len(cells[0]))]
    numeric = [all(isinstance(r[k], (int, float, type(None))) for r in rows) for k in rows[0]]
    for line in cells:
        padded = (
            c.rjust(w) if right else c.ljust(w) for c, w, right in zip(line, widths, numeric, strict=True)
        )
        click.echo("  ".join(padded).rstrip())


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, float):
        return str(value)
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"  # 899581, not 8.996e+05


@contextmanager
def progress_on_terminal(language: str = "en") -> Iterator[ProgressFunction]:
    """A progress line per step on stderr where stderr is a terminal; silence elsewhere."""
    if not sys.stderr.isatty():
        yield silent
        return
    current = ""

    def show(progress: Progress) -> None:
        nonlocal current
        name = sentence(progress.step, language)  # type: ignore[arg-type]
        if current and current != progress.step:
            click.echo("", err=True)
        current = progress.step
        filled = round(24 * min(max(progress.done, 0.0), 1.0))
        bar = "█" * filled + "·" * (24 - filled)
        left = _time_left(progress.seconds_left, language)
        click.echo(f"\r\x1b[2K{bar} {name} {progress.detail}{left}"[:118], err=True, nl=False)

    try:
        yield show
    finally:
        if current:
            click.echo("", err=True)


def report_folder(name: str) -> Path:
    """Where a report goes unless the user says where: a folder by the name of the company or source."""
    return Path("verbond-report") / (re.sub(r"[^\w-]+", "-", Path(name).name).strip("-").lower() or "report")


def _time_left(seconds: float | None, language: str) -> str:
    if seconds is None:
        return ""
    unit, n = ("minutes", seconds / 60) if seconds >= 90 else ("seconds", seconds)
    return ", " + sentence(f"common.{unit}_left", language, n=max(1, round(n)))  # type: ignore[arg-type]
