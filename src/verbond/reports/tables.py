"""The tables behind a report: each picture has one, the page shows it and a folder of CSV holds it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from verbond.results import Estimate, Language, sentence
from verbond.results.wording import format_value

__all__ = ["UNKNOWN", "Column", "Row", "Table", "column", "estimate_columns", "estimate_values"]

Row = Mapping[str, Any]
UNKNOWN = "–"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table behind a report.

    Attributes
    ----------
    name : str
        In files.
    label, definition : str
        For people, in the report's language.
    kind : str
        How a value is written: "text" or a kind of `verbond.results.wording`.
    shown : bool
        On the page; files hold every column.
    """

    name: str
    label: str
    definition: str
    kind: str = "text"
    shown: bool = True

    @property
    def css(self) -> str:
        """Class of its cells on the page."""
        return {"text": "", "date": "when", "month": "when"}.get(self.kind, "number")


@dataclass(frozen=True, slots=True)
class Table:
    """A table behind a report.

    Attributes
    ----------
    name : str
        Of the file, without ending.
    caption : str
        What it holds.
    columns : tuple of Column
    rows : tuple of mapping
        Values by column name, as they are; a missing or unknown one is None or NaN.
    note : str
        What to keep in mind ("two groups under five are left out"); may be empty.
    language : {"en", "nl"}
    """

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: str = ""
    language: Language = "en"

    @property
    def shown_columns(self) -> tuple[Column, ...]:
        """Those that a page shows: without the ones that are empty in every row."""
        return tuple(
            c for c in self.columns if c.shown and any(not _is_unknown(row.get(c.name)) for row in self.rows)
        )

    def cell(self, row: Row, column: Column) -> str:
        """A value as people read it."""
        value = row.get(column.name)
        if _is_unknown(value):
            return UNKNOWN
        if column.kind == "text":
            return str(value)
        if column.kind.startswith("percent") and 0 < value < 0.00995:
            return format_value(value, "percent1", self.language)
        return format_value(value, column.kind, self.language)


def column(
    name: str,
    language: Language,
    kind: str = "text",
    /,
    *,
    label: str | None = None,
    word: str | None = None,
    shown: bool = True,
    **values: Any,
) -> Column:
    """A column whose label and definition stand in the wording as `label_...` and `define_...`.

    Parameters
    ----------
    name : str
        In files; also the wording's entry where `word` is not given.
    language : {"en", "nl"}
    kind : str
    label : str, optional
        In place of the wording's label (the name of a rung).
    word : str, optional
        The wording's entry.
    shown : bool
    **values
        Fill the label and the definition.
    """
    entry = word or name
    said = label if label is not None else sentence(f"report.label_{entry}", language, **values)
    return Column(name, said, sentence(f"report.define_{entry}", language, **values), kind, shown)


def estimate_columns(name: str, language: Language, kind: str, *, n_obs: bool = True) -> tuple[Column, ...]:
    """Columns for an estimate: its value, the bounds of its interval, what it rests on."""
    bounds = (
        column(name, language, kind),
        column(f"{name}_ci_lower", language, kind, word="ci_lower"),
        column(f"{name}_ci_upper", language, kind, word="ci_upper"),
    )
    return (*bounds, column("n_obs", language, "count")) if n_obs else bounds


def estimate_values(name: str, estimate: Estimate | None) -> dict[str, Any]:
    """What fills `estimate_columns`."""
    if estimate is None:
        return {}
    return {
        name: estimate.value,
        f"{name}_ci_lower": estimate.ci_lower,
        f"{name}_ci_upper": estimate.ci_upper,
        "n_obs": estimate.n_obs,
    }


def _is_unknown(value: Any) -> bool:
    return value is None or value == "" or (isinstance(value, float) and not math.isfinite(value))
