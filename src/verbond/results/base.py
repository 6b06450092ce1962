"""`Result`: what every public result can do."""

from __future__ import annotations

import dataclasses
import datetime as dt
import html
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from verbond.errors import MissingExtraError
from verbond.results.reason import Reason

__all__ = ["Result", "plain"]


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
