"""`verbond tables`: look at the data before anything is computed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from verbond.cli.output import engine_option, language_option, rows_output
from verbond.results import Language, Result, sentence

if TYPE_CHECKING:
    from verbond.tables import Recognition
    from verbond.tables.checks import FileCheck, RefusedRows, TablesCheck

__all__ = ["tables"]

_FILE = click.Path(dir_okay=False)
_LINES = 3


@click.group()
def tables() -> None:
    """Look at the data before anything is computed.

    \b
    Example:
      verbond tables check my-data
    """


@tables.command()
@click.argument("source")
@click.option(
    "--mapping", type=click.Path(dir_okay=False), help="What your files, columns and values are called."
)
@click.option("--strict", is_flag=True, help="Stop at the first row that cannot be kept.")
@click.option("--refusals", type=click.Path(dir_okay=False), help="Write every refused row to this CSV file.")
@engine_option
@language_option
@rows_output
def check(
    source: str, mapping: str | None, strict: bool, refusals: str | None, engine: str, language: Language
) -> Result:
    """Say what a folder holds, how it was read, and which rows were refused and why.

    SOURCE is a folder with your tables, one file, "demo" or "complete-journey". Refused rows are no error:
    the good ones are kept. The exit status is 1 where a file cannot be read, or something in it has to be
    stated.

    \b
    Examples:
      verbond tables check my-data
      verbond tables check my-data --language nl --refusals refused.csv
      verbond tables check my-data --mapping mapping.toml --json
    """
    from verbond.tables import open_tables

    with open_tables(source, mapping=mapping, engine=engine, strict=strict) as opened:
        found = opened.check
        if refusals is not None:
            found.write_refusals(refusals, language)
            click.echo(sentence("tables.refusals_written", language, path=refusals), err=True)
    if click.get_current_context().params["form"] == "table":
        for line in _told(found, language):
            click.echo(line)
    return found


@tables.command()
@click.argument("file", type=_FILE)
@click.option("--mapping", type=_FILE, help="What was stated earlier of such a file.")
@language_option
@rows_output
def recognise(file: str, mapping: str | None, language: Language) -> Result:
    """Say what wrote a file and what its columns are, before anything of it is used.

    FILE is an export of a survey tool, a shop or a list of contacts, or any other table. What only you can
    decide is asked; the answers go into a mapping file. With --json, `entry` is what such a file would say.

    \b
    Examples:
      verbond tables recognise orders_export.csv
      verbond tables recognise "Klanten (1-80).xlsx" --language nl
      verbond tables recognise orders_export.csv --json
    """
    from verbond.tables import recognise as look

    found = look(file, mapping=mapping)
    if click.get_current_context().params["form"] == "table":
        for line in _recognised(found, language):
            click.echo(line)
    return found


def _recognised(found: Recognition, language: Language) -> Iterator[str]:
    """What the table of columns does not say."""
    if not found.product_name:
        yield sentence("vendors.not_recognised", language)
    if found.table is not None:
        yield sentence("vendors.fills", language, table=found.table, n=found.n_rows)
    yield from (reason.sentence(language) for reason in found.said)
    if found.date_order is not None:
        yield sentence("vendors.date_order", language, way=found.date_order)
    if found.ignored:
        yield sentence("tables.unused_columns", language, names=list(found.ignored))
    yield ""
    if found.questions:
        yield sentence("vendors.heading_questions", language).upper()
        yield from (f"- {question.reason.sentence(language)}" for question in found.questions)
        yield ""


def _told(found: TablesCheck, language: Language) -> Iterator[str]:
    """What the main table does not say, as lines of text under headings."""
    if found.simulated:
        yield sentence("tables.simulated", language)
        yield ""
    read = [line for file in found.files for line in _read(file, language)]
    read += [f"- {sentence('tables.unused_file', language, file=file)}" for file in found.unused_files]
    lost = [
        sentence(
            "tables.lost_line", language, table=r.table, column=r.column, n=r.n_rows, values=r.n_values,
            refers_to=r.refers_to, examples=list(r.examples),
        )
        for r in found.lost_references
    ]  # fmt: skip
    refused = [line for group in found.refused for line in _refused(group, language)]
    parts = {
        "read": read,
        "missing": list(_missing(found, language)) or [sentence("tables.nothing_missing", language)],
        "lost": [f"- {line}" for line in lost],
        "refused": refused or [sentence("tables.all_kept", language)],
        "notes": [f"- {note.sentence(language)}" for note in found.notes],
        "tables": [],
    }
    for name, lines in parts.items():
        if lines or name == "tables":
            yield sentence(f"tables.heading_{name}", language).upper()
            yield from lines
            if lines:
                yield ""


def _read(file: FileCheck, language: Language) -> Iterator[str]:
    said = [decision.sentence(language) for decision in file.decisions]
    if file.unused_columns:
        said.append(sentence("tables.unused_columns", language, names=list(file.unused_columns)))
    yield f"- {file.file}" + (": " + "; ".join(said) if said else "")


def _missing(found: TablesCheck, language: Language) -> Iterator[str]:
    for table in found.tables:
        cells = [
            sentence("tables.missing_column", language, column=column, share=n / table.n_rows)
            for column, n in table.n_missing.items()
            if n
        ]
        if cells:
            yield "- " + sentence(
                "tables.missing_line", language, table=table.table, columns=", ".join(cells)
            )


def _refused(group: RefusedRows, language: Language) -> Iterator[str]:
    reason = group.reason.sentence(language)
    yield "- " + sentence("tables.refused_group", language, n=group.n_rows, file=group.file, reason=reason)
    for example in group.examples[:_LINES]:
        shown = " ".join((example.value or "").split())[:80]
        yield "  " + sentence(
            "tables.refused_line", language, file=group.file, line=example.line, value=shown
        )
    if group.n_rows > _LINES:
        yield "  " + sentence("tables.more_lines", language, n=group.n_rows - _LINES)
