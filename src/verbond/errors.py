"""Every error that Verbond raises on purpose.

One root, `VerbondError`; each leaf also inherits the builtin that a caller would expect. A message says
what was wrong, what was found, what would be right, and then a hint. The edges (command line, web) show
`str(error)` and nothing else.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "AlreadyImportedError",
    "DataError",
    "EndpointError",
    "EngineError",
    "MissingExtraError",
    "NotFoundError",
    "NothingImportedError",
    "OptionError",
    "ReadError",
    "VerbondError",
]


class VerbondError(Exception):
    """Root of all errors raised on purpose.

    Parameters
    ----------
    problem : str
        What is wrong, a clause without a full stop.
    got, expected, hint : str, optional
        What was found, what would be right, and what to try.

    Examples
    --------
    >>> print(OptionError("unknown engine", got="'duck'", expected="'duckdb' or 'spark'"))
    unknown engine: found 'duck', expected 'duckdb' or 'spark'.
    """

    def __init__(
        self,
        problem: str,
        *,
        got: str | None = None,
        expected: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.problem, self.got, self.expected, self.hint = problem, got, expected, hint
        found = [f"found {got}"] if got is not None else []
        right = [f"expected {expected}"] if expected is not None else []
        text = problem + (": " + ", ".join(found + right) if found or right else "")
        super().__init__(text + "." + (f" {hint}" if hint else ""))


class OptionError(VerbondError, ValueError):
    """An option or argument of a call is not one of those that are allowed."""


class NotFoundError(VerbondError, FileNotFoundError):
    """A file, folder, table or column that was named is not there."""

    def __str__(self) -> str:  # FileNotFoundError would print errno fields
        return str(self.args[0])


class DataError(VerbondError, ValueError):
    """The data cannot be used as they are."""


class ReadError(DataError):
    """A file cannot be read, or one place in it is wrong.

    Parameters
    ----------
    file : str
        The file's name.
    line : int, optional
        Line in the file, 1-based, header included.
    column : str, optional
        Column name as it stands in the file.
    value : str, optional
        The offending value, shortened.

    Attributes
    ----------
    bare : str
        The problem without where it is.
    """

    def __init__(
        self,
        problem: str,
        *,
        file: str,
        line: int | None = None,
        column: str | None = None,
        value: str | None = None,
        expected: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.file, self.line, self.column, self.value = file, line, column, value
        self.bare = problem
        where = file + (f", line {line}" if line is not None else "")
        where += f", column {column!r}" if column is not None else ""
        got = repr(value) if value is not None else None
        super().__init__(f"{where}: {problem}", got=got, expected=expected, hint=hint)


class AlreadyImportedError(DataError):
    """The same source was imported before.

    Parameters
    ----------
    earlier : KeptImport
        The import that holds it.
    """

    def __init__(self, earlier: Any) -> None:
        self.earlier = earlier
        super().__init__(
            f"the same data were imported before, as {earlier.import_id!r}",
            got=f"{earlier.file_name}, imported on {earlier.imported_at.date()}",
            hint="Undo that import first to import them in another way.",
        )


class NothingImportedError(DataError):
    """An archive is opened in which nothing was imported."""

    def __init__(self, folder: str) -> None:
        super().__init__("nothing was imported yet", got=folder, hint="Import a file first.")


class EngineError(VerbondError, RuntimeError):
    """The engine (DuckDB or Spark) cannot run what was asked."""


class EndpointError(VerbondError, ConnectionError):
    """A host that a rater asks does not answer, or refuses to."""

    def __str__(self) -> str:  # ConnectionError would print errno fields
        return str(self.args[0])


class MissingExtraError(VerbondError, ImportError):
    """A package from an optional extra is needed and not installed.

    Examples
    --------
    >>> print(MissingExtraError("reading .sav files", extra="files"))
    reading .sav files needs an optional package. Install it with: pip install 'verbond[files]'
    """

    def __init__(self, what: str, *, extra: str) -> None:
        self.extra = extra
        super().__init__(
            f"{what} needs an optional package", hint=f"Install it with: pip install 'verbond[{extra}]'"
        )
