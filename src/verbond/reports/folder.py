"""The tables behind a report as a folder of CSV files, with a README that defines every column."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verbond.errors import OptionError
from verbond.reports.behind import tables_behind
from verbond.reports.html import write_html
from verbond.reports.tables import Table
from verbond.results import Language, plain, sentence
from verbond.results.cells import protect_cell
from verbond.results.wording import check_language

if TYPE_CHECKING:
    from verbond.diagnosis import Diagnosis

__all__ = ["write_report", "write_tables"]


def write_report(diagnosis: Diagnosis, folder: str | Path, *, language: Language = "en") -> Path:
    """Write the report as `report.html` and the tables behind it into a folder `tables` beside it.

    Parameters
    ----------
    diagnosis : Diagnosis
    folder : str or Path
        Made where it is not there; files of the same names are written over.
    language : {"en", "nl"}

    Returns
    -------
    Path
        Of the report.
    """
    place = Path(folder)
    write_tables(diagnosis, place / "tables", language=language)
    return write_html(diagnosis, (place / "report").with_suffix(".html"), language=language)


def write_tables(diagnosis: Diagnosis, folder: str | Path, *, language: Language = "en") -> tuple[Path, ...]:
    """Write every table behind the report of a diagnosis as CSV, and a README.md that says what is in them.

    Parameters
    ----------
    diagnosis : Diagnosis
    folder : str or Path
        Made where it is not there; files of the same names are written over.
    language : {"en", "nl"}
        Of names, sentences and definitions; the names of columns are English in both.

    Returns
    -------
    tuple of Path
        The files written, README.md last.

    Raises
    ------
    OptionError
        If `folder` is a file.
    """
    check_language(language)
    place = Path(folder)
    if place.exists() and not place.is_dir():
        raise OptionError("cannot write tables", got=str(place), expected="a folder")
    place.mkdir(parents=True, exist_ok=True)
    tables, written = tables_behind(diagnosis, language), []
    for table in tables:
        file = place / f"{table.name}.csv"
        file.write_text(_csv(table), encoding="utf-8", newline="")
        written.append(file)
    readme = place / "README.md"
    readme.write_text(_readme(diagnosis, tables, language), encoding="utf-8", newline="\n")
    return (*written, readme)


def _csv(table: Table) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([c.name for c in table.columns])
    for row in table.rows:
        writer.writerow([_cell(row.get(c.name)) for c in table.columns])
    return buffer.getvalue()


def _cell(value: Any) -> Any:
    value = plain(value)
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    return protect_cell(value)


def _readme(diagnosis: Diagnosis, tables: tuple[Table, ...], language: Language) -> str:
    def say(code: str, **values: Any) -> str:
        return sentence(f"report.{code}", language, **values)

    made = diagnosis.provenance
    lines = [f"# {_inline(say('readme_title', company=diagnosis.name))}", ""]
    if diagnosis.simulated:
        lines += [f"**{say('readme_simulated')}**", ""]
    lines += [say("readme_intro"), ""]
    for table in tables:
        lines += [f"## {table.name}.csv", "", table.caption + ".", ""]
        lines += [f"{table.note}", ""] if table.note else []
        lines += [f"- `{c.name}`: {_inline(c.definition)}" for c in table.columns]
        lines.append("")
    lines += [f"Verbond {made.version} · {say('made_fingerprint')}: {made.fingerprint}"]
    return "\n".join(lines) + "\n"


def _inline(text: str) -> str:
    """Text of others in Markdown: one line, no markup."""
    flat = " ".join(text.split())
    return "".join(f"\\{c}" if c in "\\`*_[]<>#|" else c for c in flat)
