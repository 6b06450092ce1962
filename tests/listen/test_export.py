"""Answers out in five forms, read back by readers that are not ours."""

import csv
import dataclasses
import datetime as dt
import io
import json
import zipfile

import polars as pl
import pyreadstat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verbond.errors import OptionError
from verbond.listen import Option, Page, Question, Questionnaire, Variant, own_questionnaire
from verbond.listen.export import FORMS, SheetRow, export_answers
from verbond.listen.sav import Variable, variable_names, write_sav
from verbond.method import ITEMS
from verbond.method.types import Text


def _said(en, nl=""):
    return Text(en=en, nl=nl or en)


def _options(*ids):
    return tuple(Option(id, _said(id.upper())) for id in ids)


QUESTIONNAIRE = Questionnaire(
    _said("Title"),
    _said("Intro"),
    _said("Thanks"),
    (
        Page("one", (Question("folder", "stimulus", _said("Look"), variants=(
            Variant("price", _said("Cheap")), Variant("care", _said("Kind")))),)),
        Page("two", (
            Question("how", "scale", _said("How is {company}?", "Hoe is {company}?"), min=1, max=5,
                     labels=(_said("bad", "slecht"), _said("good", "goed"))),
            Question("which", "choice", _said("Which?"), options=_options("a", "b")),
            Question("some", "several", _said("Some?"), options=_options("x", "y")),
            Question("order", "ranking", _said("Order?"), options=_options("p", "q")),
            Question("why", "text", _said("Why?", "Waarom?"), longest=4000),
            Question("language", "text", _said("A name that a column of ours has too")),
            Question("values", "values", _said("Values?"), sides=("own",)),
        )),
    ),
)  # fmt: skip
WORDS = 'An "=answer", with\nlines; é and 👋'
FULL = SheetRow(
    2**61 + 1, "nl", "Sales", {"Region North/South": "=north"}, {"folder": "care"},
    {"how": 4, "which": "b", "some": ["y"], "order": ["q", "p"], "why": WORDS, "language": "=1+1",
     "values": {"own": {"security": 7}}},
    dt.date(2026, 11, 22), 130, ("fast", "straight"), "C-1",
)  # fmt: skip
EMPTY = SheetRow(7, "en")
NUMBERS = {
    "how": 4, "which": 2, "some_x": 0, "some_y": 1, "order_p": 2, "order_q": 1, "own_security": 7,
    "own_power": None,
}  # fmt: skip


def _export(form, language="en", sheets=(FULL, EMPTY), **options):
    return export_answers(QUESTIONNAIRE, sheets, form, language, **options)


def test_csv_keeps_numbers_and_takes_the_sting_out_of_formulas():
    rows = list(csv.DictReader(io.StringIO(_export("csv").decode("utf-8-sig"), newline="")))
    row = next(one for one in rows if one["customer"])
    assert {name: row[name] for name in NUMBERS} == {
        n: "" if v is None else str(v) for n, v in NUMBERS.items()
    }
    assert row["why"] == WORDS
    assert row["language"] == "'=1+1"  # the item keeps its name
    assert row["language_"] == "nl"
    assert row["segment_region_north_south"] == "'=north"
    assert row["folder"] == "care"
    assert row["flags"] == "fast straight"
    other = next(one for one in rows if not one["customer"])
    assert {other[name] for name in NUMBERS} == {""}
    assert not _export("csv", bom=False).startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize(("language", "label"), [("en", "How is Zon?"), ("nl", "Hoe is Zon?")])
def test_sav_has_its_labels(tmp_path, language, label):
    path = tmp_path / "answers.sav"
    path.write_bytes(_export("sav", language, company="Zon"))
    columns, meta = pyreadstat.read_sav(str(path), output_format="dict")
    at = list(columns["customer"]).index("C-1")
    assert {name: columns[name][at] for name in NUMBERS} == NUMBERS
    assert columns["why"][at] == WORDS
    assert columns["date"][at] == dt.date(2026, 11, 22)
    assert columns["sheet"][at] == str(2**61 + 1)
    assert columns["how"][1 - at] is None
    assert columns["date"][1 - at] is None
    assert meta.column_names_to_labels["how"] == label
    ends = {"en": {1: "bad", 5: "good"}, "nl": {1: "slecht", 5: "goed"}}[language]
    assert meta.variable_value_labels["how"] == ends
    assert meta.variable_value_labels["which"] == {1: "A", 2: "B"}
    chosen = {"en": {0: "not chosen", 1: "chosen"}, "nl": {0: "niet gekozen", 1: "gekozen"}}[language]
    assert meta.variable_value_labels["some_x"] == chosen
    low, high = (one.say(language) for one in ITEMS["own_security"].labels)
    assert meta.variable_value_labels["own_security"] == {1: low, 7: high}
    assert meta.variable_measure["which"] == "nominal"
    assert meta.variable_measure["how"] == "scale"


def test_xlsx_runs_no_formula_and_tells_what_the_numbers_mean():
    data = _export("xlsx", "nl")
    answers = pl.read_excel(io.BytesIO(data), sheet_name="Antwoorden", infer_schema_length=None)
    row = answers.filter(pl.col("customer") == "C-1").to_dicts()[0]
    assert {name: row[name] for name in NUMBERS} == NUMBERS
    assert row["why"] == WORDS
    assert row["language"] == "=1+1"
    assert row["date"] == dt.date(2026, 11, 22)
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        assert b"<f>" not in b"".join(book.read(name) for name in book.namelist())
    told = pl.read_excel(io.BytesIO(data), sheet_name="Vragen")
    assert told.filter(pl.col("Kolom") == "how")["Vraag"].to_list() == ["Hoe is dit bedrijf?"]


def test_parquet_has_types():
    table = pl.read_parquet(io.BytesIO(_export("parquet")))
    row = table.filter(pl.col("customer") == "C-1").to_dicts()[0]
    assert {name: row[name] for name in NUMBERS} == NUMBERS
    assert row["why"] == WORDS
    assert row["date"] == dt.date(2026, 11, 22)
    assert table.filter(pl.col("customer").is_null())["how"].to_list() == [None]


def test_json_has_labels_and_rows():
    whole = json.loads(_export("json", "nl"))
    row = next(one for one in whole["rows"] if one["customer"])
    assert {name: row[name] for name in NUMBERS} == NUMBERS
    assert row["date"] == "2026-11-22"
    (how,) = (one for one in whole["columns"] if one["name"] == "how")
    assert how["values"] == {"1": "slecht", "5": "goed"}


@pytest.mark.parametrize("form", FORMS)
def test_no_answers_are_a_file_too(form, tmp_path):
    data = _export(form, sheets=())
    assert data
    if form == "sav":
        (tmp_path / "none.sav").write_bytes(data)
        assert "how" in pyreadstat.read_sav(str(tmp_path / "none.sav"), output_format="dict")[0]
    if form == "parquet":
        assert pl.read_parquet(io.BytesIO(data)).height == 0


def test_an_anonymous_survey_has_no_day_no_customer_and_no_order_of_arrival():
    sheets = [dataclasses.replace(EMPTY, id=n, answers={"how": n % 5 + 1}) for n in (5, 3, 9, 1)]
    orders = [sheets, sheets[::-1], [sheets[2], sheets[0], sheets[3], sheets[1]]]
    assert len({_export("csv", sheets=order) for order in orders}) == 1
    header = _export("csv", sheets=sheets).decode("utf-8-sig").splitlines()[0].split(",")
    assert not {"date", "customer", "department"} & set(header)


def test_every_item_of_our_own_questionnaire_is_a_column():
    full = own_questionnaire("full")
    columns = {one["name"] for one in json.loads(export_answers(full, [], "json"))["columns"]}
    assert {item for one in full.questions.values() for item in one.items} <= columns
    assert {id for id, item in ITEMS.items() if item.group != "employee"} <= columns


@pytest.mark.parametrize(("form", "language"), [("xls", "en"), ("csv", "de")])
def test_other_forms_and_languages_are_refused(form, language):
    with pytest.raises(OptionError):
        _export(form, language)


SOUND = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=700)


@given(
    st.lists(st.tuples(SOUND, st.none() | st.integers(-(2**40), 2**40), st.none() | st.dates()), max_size=6),
    SOUND,
)
@settings(max_examples=60, deadline=None)
def test_sav_comes_back_whole_from_another_reader(tmp_path_factory, rows, label):
    path = tmp_path_factory.mktemp("sav") / "x.sav"
    days = [row[2] if row[2] is None or row[2].year > 1600 else dt.date(1999, 1, 1) for row in rows]
    rows = [(words.rstrip(" "), number, day) for (words, number, _), day in zip(rows, days, strict=True)]
    kinds = [Variable("words", "text", label), Variable("number", "number"), Variable("day", "day")]
    path.write_bytes(write_sav(kinds, rows))
    columns, meta = pyreadstat.read_sav(str(path), output_format="dict")
    back = list(zip(columns["words"], columns["number"], columns["day"], strict=True))
    assert back == rows
    assert (meta.column_names_to_labels["words"] or "") == label.encode()[:252].decode(
        "utf-8", "ignore"
    ).rstrip(" ")


@given(st.lists(st.text(min_size=1, max_size=80), max_size=30))
def test_names_for_spss_are_different_and_short(names):
    made = variable_names(names)
    assert len(set(made)) == len(names)
    assert all(0 < len(one.encode()) <= 64 and one[0].isalpha() and one.isascii() for one in made)
