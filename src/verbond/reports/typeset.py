"""Paper: what is said is set by Typst, which holds a PDF to PDF/UA-1.

What people wrote reaches the sheet as data, never as its markup, and nothing is fetched or read besides the
sheet itself. The type is what Typst brings along, the same on every machine; only words in letters that it
lacks get this machine's own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from verbond.errors import DataError

__all__ = ["typeset"]


def typeset(
    sheet: bytes,
    said: Mapping[str, Any],
    *,
    form: Literal["pdf", "png"] = "pdf",
    files: Mapping[str, bytes] | None = None,
    ppi: float = 72.0,
) -> bytes:
    """Set a document.

    Parameters
    ----------
    sheet : bytes
        A Typst document that reads `said.json`.
    said : mapping
        What goes into that.
    form : {"pdf", "png"}
        A PDF after PDF/UA-1, or a picture of the first page.
    files : mapping of str to bytes, optional
        What the sheet reads besides.
    ppi : float
        Of a picture: dots an inch.

    Raises
    ------
    DataError
        If its words have letters for which there is no type.
    """
    import typst

    parts = {"main.typ": sheet, "said.json": json.dumps(said).encode(), **(files or {})}
    options: dict[str, Any] = {"pdf_standards": ["ua-1"]} if form == "pdf" else {"ppi": ppi}
    refused = ""
    for own_type_only in (True, False):
        try:
            made = typst.compile(parts, format=form, ignore_system_fonts=own_type_only, **options)
        except typst.TypstError as error:
            refused = str(error)
            continue
        return made if isinstance(made, bytes) else made[0]
    expected = "letters that this machine has type for"
    raise DataError("the words cannot be set", got=refused, expected=expected)
