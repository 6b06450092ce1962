"""One file of the user's own columns, read as numbers: for methods that need no canonical table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
from sqlglot import exp

from verbond.errors import NotFoundError, ReadError
from verbond.tables.engines import DuckDBEngine
from verbond.tables.readers.delimited import land_text
from verbond.tables.readers.folder import FORMS_BY_SUFFIX
from verbond.tables.readers.landing import ROW, Landed, Source, Workbench
from verbond.tables.readers.sql import alias, call, cast, column, run, value
from verbond.tables.readers.stored import land_parquet, land_sav
from verbond.tables.readers.workbooks import land_workbook

__all__ = ["ColumnFile"]


class ColumnFile:
    """A CSV, TSV, Parquet, XLSX or SAV file with a header; use it as a context manager.

    Parameters
    ----------
    path : path

    Raises
    ------
    NotFoundError
        If it is not there.
    ReadError
        If it cannot be read, or is of another kind.

    Examples
    --------
    >>> with ColumnFile("answers.csv") as file:                    # doctest: +SKIP
    ...     file.numbers(["q1", "q2"])
    """

    def __init__(self, path: Path | str) -> None:
        path = Path(path)
        if not path.is_file():
            raise NotFoundError(f"no file {path}")
        form = FORMS_BY_SUFFIX.get(path.suffix.lower())
        if form is None:
            raise ReadError(
                "not a kind of file that can be read",
                file=path.name,
                value=path.suffix,
                expected=", ".join(sorted(FORMS_BY_SUFFIX)),
            )
        self._engine = DuckDBEngine([path])
        try:
            self._bench = Workbench(self._engine.connection.cursor(), self._engine.folder)
            self._landed = _land(self._bench, Source(path.name, "responses", form, path))
        except BaseException:
            self._engine.close()
            raise

    @property
    def names(self) -> tuple[str, ...]:
        """The columns, as the header names them."""
        return self._landed.header

    def numbers(self, names: Sequence[str]) -> dict[str, np.ndarray]:
        """Some columns as numbers, in the order of the file's rows.

        Parameters
        ----------
        names : sequence of str

        Returns
        -------
        mapping of str to (n,) float64
            NaN where the cell is empty or says NA; the decimal sign may be a point or a comma.

        Raises
        ------
        NotFoundError
            If a column is not there.
        ReadError
            If a cell holds something that is no number; names its line.
        """
        for name in names:
            if name not in self.names:
                shown = ", ".join(self.names[:12]) + (", …" if len(self.names) > 12 else "")
                raise NotFoundError(
                    f"{self._landed.name} has no column {name!r}", got=shown, expected="one of them"
                )
        if not names:
            return {}
        places = [self.names.index(name) for name in names]
        texts = [
            alias(call("vb_known", cast(column(f"c{j}"), "VARCHAR")), f"t{k}") for k, j in enumerate(places)
        ]
        known = self._bench.new_table(
            exp.select(column(ROW), *texts).from_(self._landed.query.subquery("raw"))
        )
        values = [alias(_number(column(f"t{k}")), f"v{k}") for k in range(len(names))]
        read = self._bench.new_table(exp.select("*", *values).from_(exp.to_identifier(known)))
        for k, name in enumerate(names):
            self._check(read, k, name)
        ordered = (
            exp.select(*(column(f"v{k}") for k in range(len(names))))
            .from_(exp.to_identifier(read))
            .order_by(column(ROW))
        )
        found = run(self._bench.cursor, ordered).fetchnumpy()
        self._bench.drop(read, known)
        return {
            name: np.ma.filled(np.ma.asarray(found[f"v{k}"], dtype=np.float64), np.nan)
            for k, name in enumerate(names)
        }

    def texts(self, name: str) -> np.ndarray:
        """One column as text, in the order of the file's rows; None where the cell is empty.

        Parameters
        ----------
        name : str

        Returns
        -------
        (n,) object

        Raises
        ------
        NotFoundError
            If the column is not there.
        """
        if name not in self.names:
            shown = ", ".join(self.names[:12]) + (", …" if len(self.names) > 12 else "")
            raise NotFoundError(
                f"{self._landed.name} has no column {name!r}", got=shown, expected="one of them"
            )
        text = call("vb_known", cast(column(f"c{self.names.index(name)}"), "VARCHAR"))
        query = exp.select(alias(text, "t")).from_(self._landed.query.subquery("raw")).order_by(column(ROW))
        return np.array([row[0] for row in run(self._bench.cursor, query).fetchall()], dtype=object)

    def _check(self, read: str, k: int, name: str) -> None:
        wrong = exp.and_(column(f"v{k}").is_(exp.null()), exp.not_(column(f"t{k}").is_(exp.null())))
        query = exp.select(column(ROW), column(f"t{k}")).from_(exp.to_identifier(read)).where(wrong)
        if bad := self._bench.rows(query.order_by(column(ROW)).limit(1)):
            row, text = bad[0]
            raise ReadError(
                "this is no number",
                file=self._landed.name,
                line=int(self._landed.parts[0].lines(np.array([row]))[0]),
                column=name,
                value=str(text)[:80],
                hint="Empty the cell where there is no answer.",
            )

    def close(self) -> None:
        """Give back memory and temporary files."""
        self._engine.close()

    def __enter__(self) -> ColumnFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _land(bench: Workbench, source: Source) -> Landed:
    def first_line_names(_: Source):
        return lambda cells: (len(cells), True)

    if source.form == "text":
        landed = land_text(bench, [source], first_line_names)[0]
    elif source.form == "parquet":
        landed = land_parquet(bench, [source])[0]
    elif source.form == "xlsx":
        landed = land_workbook(bench, source, first_line_names)
    else:
        landed = land_sav(bench, source)
    if broken := landed.parts[0].broken:
        raise ReadError(
            f"a line does not come out ({broken[0].problem.replace('_', ' ')})",
            file=source.name,
            line=broken[0].line,
            value=broken[0].text[:80],
        )
    return landed


def _number(text: exp.Expr) -> exp.Expr:
    tried = [
        exp.TryCast(this=cell, to=exp.DataType.build("DOUBLE"))
        for cell in (text, call("replace", text, value(","), value(".")))
    ]
    return call("vb_finite", call("coalesce", *tried))
