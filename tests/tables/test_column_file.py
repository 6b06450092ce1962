"""One file of the user's own columns as numbers."""

import numpy as np
import pytest

from verbond.errors import NotFoundError, ReadError
from verbond.tables.column_file import ColumnFile


def numbers(path, *names):
    with ColumnFile(path) as file:
        return file.numbers(names)


@pytest.mark.parametrize(("separator", "sign"), [(",", "."), (";", ","), ("\t", "."), ("|", ",")])
def test_separators_and_decimal_signs(tmp_path, separator, sign):
    rows = [["who", "a", "b"], ["x", f"1{sign}5", "NA"], ["y", "-2", ""], ["z", "3e2", "n.v.t."]]
    file = tmp_path / "answers.csv"
    file.write_text("\n".join(separator.join(row) for row in rows) + "\n", "utf-8")
    found = numbers(file, "b", "a")
    assert list(found) == ["b", "a"]
    assert found["a"].tolist() == [1.5, -2.0, 300.0]
    assert np.isnan(found["b"]).all()


def test_rows_keep_their_order_and_parquet_is_read(tmp_path):
    import polars

    values = np.random.default_rng(1).permutation(5000).astype(float)
    values[7] = np.nan
    polars.DataFrame({"v": values, "n": np.arange(5000)}).write_parquet(tmp_path / "v.parquet")
    assert numbers(tmp_path / "v.parquet", "v")["v"] == pytest.approx(values, nan_ok=True)
    polars.DataFrame({"v": values}, nan_to_null=True).write_csv(tmp_path / "v.csv", null_value="NA")
    assert numbers(tmp_path / "v.csv", "v")["v"] == pytest.approx(values, nan_ok=True)


def test_many_columns_are_read_in_no_time(tmp_path):
    """A wide survey; a cell is read once, not once a rule (which takes minutes)."""
    names = [f"q{j}" for j in range(120)]
    rows = "\n".join(",".join(str(i % 7 + 1) for i in range(k, k + 120)) for k in range(50))
    (tmp_path / "wide.csv").write_text(",".join(names) + "\n" + rows + "\n", "utf-8")
    found = numbers(tmp_path / "wide.csv", *names)
    assert found["q119"][0] == 119 % 7 + 1


def test_what_is_no_number_is_named_with_its_line(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("a,b\n1,2\n\n3,many\n", "utf-8")
    with pytest.raises(ReadError, match="line 4, column 'b': this is no number: found 'many'"):
        numbers(file, "a", "b")
    assert numbers(file, "a")["a"].tolist() == [1.0, 3.0]


def test_lines_that_do_not_come_out_are_named(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n1,2\n3,4,5\n", "utf-8")
    with pytest.raises(ReadError, match="line 3"):
        numbers(tmp_path / "a.csv", "a")


def test_files_and_columns_that_are_not_there(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n1,2\n", "utf-8")
    (tmp_path / "a.doc").write_text("a", "utf-8")
    (tmp_path / "empty.csv").write_text("", "utf-8")
    with pytest.raises(NotFoundError, match="no column 'c': found a, b"):
        numbers(tmp_path / "a.csv", "c")
    with pytest.raises(NotFoundError, match="no file"):
        numbers(tmp_path / "none.csv", "c")
    with pytest.raises(ReadError, match=r"expected \.csv"):
        numbers(tmp_path / "a.doc", "a")
    with pytest.raises(ReadError, match="empty"):
        numbers(tmp_path / "empty.csv", "a")
    assert numbers(tmp_path / "a.csv") == {}
