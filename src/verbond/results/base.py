"""`Result`: what every public result can do."""

from __future__ import annotations

import dataclasses
import datetime as dt
import html
import math
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

from verbond.errors import MissingExtraError, OptionError
from verbond.results.reason import Reason

__all__ = ["Result", "plain"]

_FRAMES = ("polars", "pandas", "pyarrow")
_PICTURES = "verbond.plots.figures"
"""The room that draws results stands above this one, so it is named and not imported."""


def plain(value: Any) -> Any:
    """Turn dataclasses, arrays, dates and reasons into what JSON knows; NaN and infinity become None.

    Fields whose name starts with an underscore and fields marked `metadata={"json": False}` stay out.

    Examples
    --------
    >>> plain({"a": np.array([1.0, np.nan]), "b": np.datetime64("2026-01-01")})
    {'a': [1.0, None], 'b': '2026-01-01'}
    """
    if isinstance(value, Reason):
        return plain(value.to_dict())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            f.name: plain(getattr(value, f.name))
            for f in dataclasses.fields(value)
            if not f.name.startswith("_") and f.metadata.get("json", True)
        }
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return [plain(v) for v in (value if value.dtype.kind in "mM" else value.tolist())]
    if isinstance(value, np.datetime64):
        day = value.astype("datetime64[D]")
        return None if np.isnat(value) else str(day if value == day else value)
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    return value


class Result:
    """Mixin of public results: frozen dataclasses whose rows can be taken anywhere.

    A subclass implements `to_dicts()`; the rest follows from it.
    """

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """The whole result as plain Python values, as `--json` prints it."""
        return plain(self)

    def to_dicts(self) -> list[dict[str, Any]]:
        """The result's main table, one dict a row, the same keys in each."""
        raise TypeError(f"{type(self).__name__} has no table of its own")

    def to_arrow(self) -> Any:
        """The main table as a pyarrow Table."""
        try:
            import pyarrow as pa
        except ImportError:
            raise MissingExtraError("to_arrow()", extra="spark") from None
        return pa.Table.from_pylist(self.to_dicts())

    def to_pandas(self) -> Any:
        """The main table as a pandas DataFrame."""
        try:
            import pandas as pd
        except ImportError:
            raise MissingExtraError("to_pandas()", extra="dev") from None
        return pd.DataFrame(self.to_dicts())

    def to_frame(self, backend: str | None = None) -> Any:
        """The main table as a data frame of the library that you use.

        Parameters
        ----------
        backend : {"polars", "pandas", "pyarrow"}, optional
            By default the first of these that is installed.

        Raises
        ------
        OptionError
            For another backend.
        MissingExtraError
            Where none is installed, or not the one that is asked.
        """
        if backend is not None and backend not in _FRAMES:
            raise OptionError("unknown kind of frame", got=repr(backend), expected=", ".join(_FRAMES))
        found = next((name for name in ((backend,) if backend else _FRAMES) if find_spec(name)), None)
        if found is None:
            raise MissingExtraError(f"to_frame({'' if backend is None else repr(backend)})", extra="dev")
        import narwhals as nw

        rows = self.to_dicts()
        columns = {key: [row[key] for row in rows] for key in (rows[0] if rows else ())}
        return nw.from_dict(columns, backend=found).to_native()

    def plot(self, kind: str | None = None, *, language: str = "en") -> Any:
        """Draw it, for a notebook: our own pictures with the table behind them, charts as Altair charts.

        Parameters
        ----------
        kind : str, optional
            Which picture, where there are several: a ladder has "ladder", "time" and "segments".
        language : {"en", "nl"}

        Returns
        -------
        verbond.plots.Figure or an Altair chart
            Both show themselves in a notebook and have `save(path)`.

        Raises
        ------
        OptionError
            Where there is no such picture of this result.
        """
        return import_module(_PICTURES).figure(self, kind, language)

    def to_markdown(self) -> str:
        """The main table in Markdown."""
        rows = self.to_dicts()
        if not rows:
            return ""
        lines = [list(rows[0]), ["---"] * len(rows[0]), *([_cell(v) for v in row.values()] for row in rows)]
        return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)

    def to_html(self) -> str:
        """The main table in HTML, every cell escaped."""
        rows = self.to_dicts()
        if not rows:
            return "<table></table>"
        head = "".join(f'<th scope="col">{html.escape(key)}</th>' for key in rows[0])
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(_cell(v, sep=''))}</td>" for v in row.values()) + "</tr>"
            for row in rows
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def _repr_html_(self) -> str:
        return self.to_html()


def _cell(value: Any, sep: str = "\\") -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    text = str(value)
    return text.replace("|", sep + "|").replace("\n", " ") if sep else text
