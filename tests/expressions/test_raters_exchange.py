"""Files of pyvalues, read as pyvalues reads them; tests/reference/expressions_pyvalues.py made them."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from verbond.errors import NotFoundError, ReadError
from verbond.expressions import VALUES, WordRater, rate
from verbond.expressions.raters import read_pyvalues, write_pyvalues

REFERENCE = Path(__file__).parents[1] / "reference"
STORED = json.loads((REFERENCE / "expressions_pyvalues.json").read_text("utf-8"))
NAMES = {
    "self_direction": "Self-direction", "stimulation": "Stimulation", "hedonism": "Hedonism",
    "achievement": "Achievement", "power": "Power", "security": "Security", "tradition": "Tradition",
    "conformity": "Conformity", "benevolence": "Benevolence", "universalism": "Universalism",
}  # fmt: skip
"""As pyvalues names the ten."""


@pytest.mark.parametrize("which", ["", "_attained"])
def test_nineteen_become_the_ten_of_pyvalues(which: str) -> None:
    found = read_pyvalues(REFERENCE / f"expressions_pyvalues{which}.tsv")
    assert list(found.texts) == STORED["texts"]
    assert (found.ids, found.languages) == (("d0", "d1", "d2", "d3"), ("en", "en", "nl", "en"))
    true = [[row[NAMES[value]] for value in VALUES] for row in STORED["ten"][which]]
    assert found.scores == pytest.approx(np.array(true))
    assert {column.split()[0] for column in found.without_place} == {"Face", "Humility"}


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    texts = [
        'Samen zorgen we "voor elkaar",\nook morgen.',
        "Nu met korting!\tAlles moet weg.",
        "Ok",
        "=1+1 met korting",
    ]
    rated = rate(texts, ["nl"] * 4, rater=WordRater())
    n = write_pyvalues(tmp_path / "out.tsv", rated)
    found = read_pyvalues(tmp_path / "out.tsv")
    kept = [one for one in rated.messages if not one.abstained]
    assert n == len(found.texts) == len(kept) == 3
    assert list(found.texts) == [one.text for one in kept]
    assert found.ids == ("1", "2", "4")
    assert found.scores.tolist() == [[one.values[value] for value in VALUES] for one in kept]
    with (tmp_path / "out.tsv").open(newline="") as file:
        assert next(csv.reader(file, delimiter="\t")) == ["ID", "Text", "Language", *NAMES.values()]


def table(path: Path, *rows: list[str]) -> Path:
    path.write_text("\n".join("\t".join(row) for row in rows), "utf-8")
    return path


def test_columns_by_any_of_their_names_and_no_texts(tmp_path: Path) -> None:
    file = table(
        tmp_path / "a.tsv", ["Power: Dominance", "Power: resources", "Hedonism"], ["0.2", "0.7", "1"]
    )
    found = read_pyvalues(file)
    assert dict(zip(VALUES, found.scores[0], strict=True)) == dict.fromkeys(VALUES, 0.0) | {
        "power": 0.7, "hedonism": 1.0,
    }  # fmt: skip
    assert (found.ids, found.texts, found.languages) == (("",), ("",), ("",))


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([["a", "b"], ["1", "2"]], "no column is a value"),
        ([[""]], "no column is a value"),
        ([["Power"], ["1.2"]], "line 2, column 'Power': a score is a number from 0 to 1: found '1.2'"),
        ([["Power"], ["nan"]], "a score is a number"),
        ([["Power"], ["high"]], "a score is a number"),
        ([["Power", "Face"], ["1"]], "line 2: a line has another number of columns"),
    ],
    ids=["no_value", "empty", "above_one", "nan", "a_word", "short"],
)
def test_a_wrong_file_says_where(tmp_path: Path, rows: list[list[str]], problem: str) -> None:
    with pytest.raises(ReadError, match=problem):
        read_pyvalues(table(tmp_path / "a.tsv", *rows))


def test_no_file_and_no_text(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"no file a\.tsv"):
        read_pyvalues(tmp_path / "a.tsv")
    (tmp_path / "a.tsv").write_bytes(b"\xff\xfe\x00Power")
    with pytest.raises(ReadError, match="no table with tabs"):
        read_pyvalues(tmp_path / "a.tsv")
