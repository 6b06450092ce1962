"""Bytes first: what a text file is made of, seen over the whole file before anything is read."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from verbond.errors import ReadError

__all__ = ["DAMAGED", "TextForm", "damage", "examine", "transcode"]

_BLOCK_BYTES = 4 << 20
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NOT_TEXT = (
    (b"PK\x03\x04", "a workbook or zip file", "Give it the extension .xlsx, or unpack it."),
    (b"\xd0\xcf\x11\xe0", "an old or password-protected Office file", "Save it as .xlsx or .csv first."),
    (b"PAR1", "a Parquet file", "Give it the extension .parquet."),
    (b"\x1f\x8b", "a gzip file", "Unpack it first."),
    (b"%PDF", "a PDF", "Export the table itself."),
    (b"$FL2", "an SPSS file", "Give it the extension .sav."),
    (b"$FL3", "an SPSS file", "Give it the extension .sav."),
)
DAMAGED = "verbond-damaged"
"""Name of the error handler that puts a lone surrogate where bytes are no characters."""
_WIDE_CHARACTERS = 0.3
"""From this share of zero bytes on, at even or at odd places, the file is UTF-16 without a mark."""


@dataclass(frozen=True, slots=True)
class TextForm:
    """What the bytes of a text file say.

    Attributes
    ----------
    encoding : str
        Python's name of the encoding that most lines are in.
    stated : bool
        The user said so.
    n_damaged : int
        Lines that are not in it.
    mixed : bool
        Windows-1252 with some lines in UTF-8.
    has_nul : bool
        NUL bytes stand in the text.
    plain : bool
        Undamaged UTF-8 with one kind of line end: DuckDB may read the file as it is.
    """

    encoding: str
    stated: bool = False
    n_damaged: int = 0
    mixed: bool = False
    has_nul: bool = False
    plain: bool = True

    @property
    def name(self) -> str:
        """The encoding as people call it."""
        return {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "cp1252": "Windows-1252"}.get(
            self.encoding, self.encoding.upper()
        )


def _damaged(error: UnicodeError) -> tuple[str, int]:
    if isinstance(error, UnicodeDecodeError) and error.encoding.startswith("utf-16"):
        return "\udc80", error.end
    return codecs.lookup_error("surrogateescape")(error)  # type: ignore[return-value]


codecs.register_error(DAMAGED, _damaged)


def examine(path: Path, name: str, stated: str | None = None) -> TextForm:
    """Read all bytes once and say what they are.

    Parameters
    ----------
    path : Path
    name : str
        As errors should call the file.
    stated : str, optional
        Encoding that the user states.

    Returns
    -------
    TextForm

    Raises
    ------
    ReadError
        If the file is empty, is not text, or the stated encoding does not exist.

    Notes
    -----
    Valid UTF-8 is UTF-8: text in another encoding is so by accident only. Otherwise each line with bytes
    above 127 is counted as UTF-8 or not; the larger party gives the encoding of the file (Windows-1252 for
    what is not UTF-8), the lines of the smaller are refused later, one by one.
    """
    with path.open("rb") as file:
        head = file.read(1 << 16)
    _refuse_other_kinds(head, name)
    if stated is not None:
        return _stated_form(stated, head, name)
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return _utf8_form(path, name, encoding) if encoding == "utf-8-sig" else _wide_form(encoding)
    if wide := _unmarked_utf16(head):
        return _wide_form(wide)
    return _utf8_form(path, name, "utf-8")


def transcode(path: Path, form: TextForm, target: Path) -> TextForm | None:
    """Write a file as UTF-8; return the form of the copy, or None where a character cannot be read."""
    n = {"\r\n": 0, "\n": 0, "\r": 0, "\0": 0}
    try:
        with (
            path.open(encoding=form.encoding, errors="strict", newline="") as source,
            target.open("w", encoding="utf-8", newline="") as copy,
        ):
            while block := source.read(_BLOCK_BYTES):
                block += source.readline(_BLOCK_BYTES)
                for mark in n:
                    n[mark] += block.count(mark)
                copy.write(block.removeprefix("\ufeff"))
    except UnicodeError:
        return None
    one_end = n["\r"] == n["\r\n"] and n["\r\n"] in (0, n["\n"])
    return TextForm("utf-8", has_nul=n["\0"] > 0, plain=one_end and not n["\0"])


def damage(line: str, form: TextForm) -> str:
    """Return "" for a line that is whole, else the code of what is wrong with its bytes."""
    if form.has_nul and "\0" in line:
        return "nul_byte"
    if form.n_damaged and not line.isascii():
        if any("\udc80" <= c <= "\udcff" for c in line):
            return "wrong_encoding"
        if form.mixed and _reads_as_utf8(line.encode("cp1252", "surrogateescape")):
            return "wrong_encoding"
    return ""


def _refuse_other_kinds(head: bytes, name: str) -> None:
    if not head.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise ReadError("the file is empty", file=name, hint="Remove it, or export it again.")
    for magic, what, hint in _NOT_TEXT:
        if head.startswith(magic):
            raise ReadError(f"this is not a text file but {what}", file=name, hint=hint)
    start = head.lstrip()[:64].lower()
    if start.startswith((b"<?xml", b"<!doctype", b"<html")):
        raise ReadError(
            "this is not a table but a web page or XML", file=name, hint="Export the data as CSV instead."
        )


def _stated_form(stated: str, head: bytes, name: str) -> TextForm:
    try:
        encoding = codecs.lookup(stated).name
        "a".encode(encoding)
    except (LookupError, UnicodeError, TypeError, ValueError):
        raise ReadError(
            "the mapping states an encoding that does not exist",
            file=name,
            value=stated[:80],
            expected="a name such as 'utf-8', 'cp1252' or 'utf-16'",
        ) from None
    if encoding == "utf-8":
        encoding = "utf-8-sig" if head.startswith(codecs.BOM_UTF8) else "utf-8"
    return TextForm(encoding, stated=True, n_damaged=1, has_nul=True, plain=False)


def _wide_form(encoding: str) -> TextForm:
    return TextForm(encoding, n_damaged=1, has_nul=True, plain=False)


def _unmarked_utf16(head: bytes) -> str:
    half = max(len(head) // 2, 1)
    even, odd = head[0::2].count(0) / half, head[1::2].count(0) / half
    if max(even, odd) < _WIDE_CHARACTERS or min(even, odd) > _WIDE_CHARACTERS / 3:
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"


def _utf8_form(path: Path, name: str, encoding: str) -> TextForm:
    n_utf8 = n_other = n_nul = n_bytes = 0
    ends = {b"\r\n": 0, b"\n": 0, b"\r": 0}
    for block in _blocks(path):
        n_bytes += len(block)
        n_nul += block.count(b"\0")
        for end in ends:
            ends[end] += block.count(end)
        if not block.isascii():
            valid, invalid = _tally(block)
            n_utf8, n_other = n_utf8 + valid, n_other + invalid
    if n_nul > n_bytes // 10:
        raise ReadError(
            "this is not a text file", file=name, value=f"{n_nul} NUL bytes", expected="text with separators"
        )
    lone_n, lone_r = ends[b"\n"] - ends[b"\r\n"], ends[b"\r"] - ends[b"\r\n"]
    one_end = lone_r == 0 and (lone_n == 0 or ends[b"\r\n"] == 0)
    if n_other > n_utf8 and encoding == "utf-8":
        return TextForm("cp1252", n_damaged=1, mixed=n_utf8 > 0, has_nul=n_nul > 0, plain=False)
    plain = one_end and not n_nul and not n_other
    return TextForm(encoding, n_damaged=n_other, has_nul=n_nul > 0, plain=plain)


def _blocks(path: Path) -> Iterator[bytes]:
    """The file in blocks that end where a line does."""
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            yield block + file.readline(_BLOCK_BYTES)


def _tally(block: bytes) -> tuple[int, int]:
    """Lines beyond ASCII: how many are UTF-8, and how many are not."""
    lines = [line for line in block.splitlines() if not line.isascii()]
    if _reads_as_utf8(block):
        return len(lines), 0
    n_valid = sum(map(_reads_as_utf8, lines))
    return n_valid, len(lines) - n_valid


def _reads_as_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
