"""Raw answers out: CSV, Excel, SPSS, Parquet, JSON. One row a sheet, one column an item, empty where open."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from verbond.errors import MissingExtraError, OptionError
from verbond.listen.answers import numbers_of, words_of
from verbond.listen.questionnaire import UNSOUND, Question, Questionnaire
from verbond.listen.sav import Variable, variable_names, write_sav
from verbond.method import ITEMS
from verbond.method.types import Text, company_name
from verbond.results import Language, protect_cell, sentence
from verbond.results.wording import check_language
from verbond.tables.writing import write_columns

__all__ = ["FORMS", "ExportForm", "SheetRow", "export_answers"]

ExportForm = Literal["csv", "xlsx", "sav", "parquet", "json"]
FORMS: tuple[ExportForm, ...] = get_args(ExportForm)


@dataclass(frozen=True, slots=True)
class SheetRow:
    """What one respondent handed in, as it may go out.

    Attributes
    ----------
    id : str or int
        By lot: rows are put in its order, which tells nothing.
    language, department : str
    segments : mapping of str to str
    variants : mapping of str to str
        Stimulus -> the variant that was shown.
    answers : mapping
        As `verbond.listen.answers` has them.
    date : datetime.date or None
        None in an anonymous survey.
    seconds : int or None
    flags : sequence of str
        What makes one doubt it.
    customer : str
        "" unless the survey is identified.
    """

    id: str | int
    language: str = ""
    department: str = ""
    segments: Mapping[str, str] = field(default_factory=dict)
    variants: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)
    date: dt.date | None = None
    seconds: int | None = None
    flags: Sequence[str] = ()
    customer: str = ""


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    label: str
    kind: Literal["number", "text", "day"]
    pull: Callable[[_Sheet], Any]
    values: Mapping[int, str] = field(default_factory=dict)
    measure: Literal["nominal", "ordinal", "scale"] = "nominal"


@dataclass(frozen=True, slots=True)
class _Sheet:
    row: SheetRow
    numbers: Mapping[str, float | None]
    words: Mapping[str, str]


def export_answers(
    questionnaire: Questionnaire,
    sheets: Iterable[SheetRow],
    form: ExportForm,
    language: Language = "en",
    *,
    company: str = "",
    bom: bool = True,
) -> bytes:
    """Write what respondents answered as one file.

    Parameters
    ----------
    questionnaire : Questionnaire
    sheets : iterable of SheetRow
        In any order.
    form : {"csv", "xlsx", "sav", "parquet", "json"}
        Labels of questions and answers are in "sav", in "json", and on a second sheet of "xlsx".
    language : {"en", "nl"}
        Of the labels; names of columns are the items in both.
    company : str
        What stands for {company} in the labels; empty: "this company".
    bom : bool
        Whether a CSV begins with the mark by which Excel knows UTF-8.

    Returns
    -------
    bytes
        A choice is the place of its option from 1, an option of several 0 or 1, an option of a ranking its
        rank. Numbers are numbers; in CSV, text that a spreadsheet would run as a formula has an apostrophe
        before it, as a workbook needs none.

    Raises
    ------
    OptionError
        If the form or the language is another.
    MissingExtraError
        If "xlsx" is asked and XlsxWriter is not installed.
    """
    if form not in FORMS:
        raise OptionError("unknown form", got=repr(form), expected=" or ".join(map(repr, FORMS)))
    check_language(language)
    read = [_read(questionnaire, row) for row in sorted(sheets, key=lambda one: str(one.id))]
    columns = _columns(questionnaire, read, language, company_name(language, company))
    rows = [[_sound(column.pull(sheet)) for column in columns] for sheet in read]
    if form == "csv":
        return _csv(columns, rows, bom)
    writers = {"xlsx": partial(_xlsx, language=language), "sav": _sav, "parquet": _parquet, "json": _json}
    return writers[form](columns, rows)


def _read(questionnaire: Questionnaire, row: SheetRow) -> _Sheet:
    answers = {**row.answers, **row.variants}
    return _Sheet(row, numbers_of(questionnaire, answers), words_of(questionnaire, answers))


def _sound(value: Any) -> Any:
    return UNSOUND.sub("", value) if isinstance(value, str) else value


# columns


def _columns(
    questionnaire: Questionnaire, sheets: Sequence[_Sheet], language: Language, company: str
) -> list[_Column]:
    asked = [
        column
        for question in questionnaire.questions.values()
        for column in _of_question(question, language, company)
    ]
    around = [*_of_sheet(sheets, language), *_of_segments(sheets)]
    taken = {one.name for one in asked}
    named = []
    for one in around:  # an item keeps its name, also where a question is called "language"
        name = one.name
        while name in taken:
            name += "_"
        taken.add(name)
        named.append(_Column(name, one.label, one.kind, one.pull, measure=one.measure))
    return [*named, *asked]


def _of_sheet(sheets: Sequence[_Sheet], language: Language) -> Iterator[_Column]:
    def label(name: str) -> str:
        return sentence(f"listen.export_{name}", language)

    yield _Column("sheet", label("sheet"), "text", lambda one: str(one.row.id))
    if any(one.row.date is not None for one in sheets):
        yield _Column("date", label("date"), "day", lambda one: _day(one.row.date), measure="scale")
    for name in ("customer", "department"):
        if any(getattr(one.row, name) for one in sheets):
            yield _Column(name, label(name), "text", lambda one, name=name: getattr(one.row, name) or None)
    yield _Column("language", label("language"), "text", lambda one: one.row.language or None)
    yield _Column("seconds", label("seconds"), "number", lambda one: one.row.seconds, measure="scale")
    yield _Column("flags", label("flags"), "text", lambda one: " ".join(one.row.flags) or None)


def _day(date: dt.date | None) -> dt.date | None:
    return date.date() if isinstance(date, dt.datetime) else date


def _of_segments(sheets: Sequence[_Sheet]) -> Iterator[_Column]:
    names = sorted({name for one in sheets for name in one.row.segments})
    plain = [re.sub(r"\W+", "_", name.lower()).strip("_") or "x" for name in names]
    for name, said in zip(names, plain, strict=True):
        yield _Column(
            f"segment_{said}", name, "text", lambda one, name=name: one.row.segments.get(name) or None
        )


def _of_question(one: Question, language: Language, company: str) -> Iterator[_Column]:
    def say(text: Text) -> str:
        other: Language = "nl" if language == "en" else "en"
        return " ".join((text.say(language) or text.say(other)).replace("{company}", company).split())

    text = say(one.text)
    match one.kind:
        case "stimulus":
            yield _Column(one.id, text, "text", lambda sheet: sheet.row.variants.get(one.id))
        case "text":
            yield _Column(one.id, text, "text", lambda sheet: sheet.words.get(one.id))
        case "scale":
            ends = dict(zip((one.min, one.max), map(say, one.labels or ()), strict=False))
            yield _of_item(one.id, text, ends, "scale")
        case "choice":
            named = {place: say(option.text) for place, option in enumerate(one.options, start=1)}
            yield _of_item(one.id, text, named, "nominal")
        case "several" | "ranking":
            chosen = {n: sentence(f"listen.export_chosen_{n}", language) for n in (0, 1)}
            values, measure = (chosen, "nominal") if one.kind == "several" else ({}, "ordinal")
            for item, option in zip(one.items, one.options, strict=True):
                yield _of_item(item, f"{text} {say(option.text)}", values, measure)
        case "values":
            for item in one.items:
                ours = ITEMS[item]
                ends = dict(zip((ours.min, ours.max), map(say, ours.labels), strict=True))
                yield _of_item(item, say(ours.text), ends, "scale")


def _of_item(item: str, label: str, values: Mapping[int, str], measure: Any) -> _Column:
    named = {number: said for number, said in values.items() if said}
    return _Column(item, label, "number", lambda sheet: _whole(sheet.numbers.get(item)), named, measure)


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)  # every answer is a whole number


# files


def _csv(columns: Sequence[_Column], rows: Sequence[Sequence[Any]], bom: bool) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([one.name for one in columns])
    writer.writerows([["" if value is None else protect_cell(value) for value in row] for row in rows])
    return out.getvalue().encode("utf-8-sig" if bom else "utf-8")


def _json(columns: Sequence[_Column], rows: Sequence[Sequence[Any]]) -> bytes:
    told = [
        {
            "name": one.name,
            "label": one.label,
            "kind": one.kind,
            "values": {str(n): said for n, said in one.values.items()},
        }
        for one in columns
    ]
    names = [one.name for one in columns]
    shown = [
        {
            name: value.isoformat() if isinstance(value, dt.date) else value
            for name, value in zip(names, row, strict=True)
        }
        for row in rows
    ]
    whole = {"columns": told, "rows": shown}
    return json.dumps(whole, ensure_ascii=False, allow_nan=False).encode()


def _sav(columns: Sequence[_Column], rows: Sequence[Sequence[Any]]) -> bytes:
    names = variable_names(one.name for one in columns)
    variables = [
        Variable(name, one.kind, one.label, one.values, one.measure)
        for name, one in zip(names, columns, strict=True)
    ]
    return write_sav(variables, rows)


def _parquet(columns: Sequence[_Column], rows: Sequence[Sequence[Any]]) -> bytes:
    arrays = {one.name: _array(one, [row[j] for row in rows]) for j, one in enumerate(columns)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answers.parquet"
        write_columns(path, arrays)
        return path.read_bytes()


def _array(column: _Column, values: list[Any]) -> np.ndarray:
    if column.kind == "number":
        return np.array([np.nan if value is None else value for value in values], np.float64)
    if column.kind == "day":
        return np.array([np.datetime64("NaT") if value is None else value for value in values], "M8[D]")
    return np.array(values, object)


def _xlsx(columns: Sequence[_Column], rows: Sequence[Sequence[Any]], language: Language) -> bytes:
    try:
        import xlsxwriter
    except ImportError:
        raise MissingExtraError("writing .xlsx files", extra="reports") from None
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        day, bold = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"bold": True})
        answers = book.add_worksheet(sentence("listen.export_answers", language))
        answers.freeze_panes(1, 0)
        for j, one in enumerate(columns):
            answers.write_string(0, j, one.name, bold)
        for i, row in enumerate(rows, start=1):
            for j, value in enumerate(row):
                _cell(answers, i, j, value, day)
        told = book.add_worksheet(sentence("listen.export_questions", language))
        for i, line in enumerate(_codebook(columns, language)):
            for j, value in enumerate(line):
                _cell(told, i, j, value, day, bold if i == 0 else None)
        told.set_column(1, 1, 80)
    return out.getvalue()


def _cell(sheet: Any, i: int, j: int, value: Any, day: Any, look: Any = None) -> None:
    if value is None:
        return
    if isinstance(value, dt.date):
        sheet.write_datetime(i, j, dt.datetime(value.year, value.month, value.day), day)
    elif isinstance(value, str):
        sheet.write_string(i, j, value, look)  # never a formula
    else:
        sheet.write_number(i, j, value)


def _codebook(columns: Sequence[_Column], language: Language) -> Iterator[list[Any]]:
    yield [sentence(f"listen.export_{name}", language) for name in ("column", "label", "number", "meaning")]
    for one in columns:
        yield [one.name, one.label]
        yield from ([None, None, number, said] for number, said in one.values.items())
