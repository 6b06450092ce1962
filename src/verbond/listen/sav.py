"""Write an SPSS system file: names, labels, labels of values, numbers, words and days.

Little-endian, uncompressed, UTF-8, with the records that SPSS 14 and later write. Written here because every
writer that could be had asks for a data frame.

References
----------
Pfaff, B., and others. GNU PSPP Developers Guide, chapter "System File Format".
"""

from __future__ import annotations

import datetime as dt
import re
import struct
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["Variable", "variable_names", "write_sav"]

_SYSMIS = -sys.float_info.max
_LOWEST = -1.7976931348623155e308
_EPOCH = dt.date(1582, 10, 14)
_LONGEST, _SEGMENT, _COUNTED = 32_000, 255, 252
"""Bytes of a string at most; of one segment of a long one; and what a segment counts for in its width."""
_FORMATS = {"text": 1, "number": 5, "day": 20}
_MEASURES = {"nominal": 1, "ordinal": 2, "scale": 3}
_RESERVED = frozenset(["all", "and", "by", "eq", "ge", "gt", "le", "lt", "ne", "not", "or", "to", "with"])


@dataclass(frozen=True, slots=True)
class Variable:
    """One column of the file.

    Attributes
    ----------
    name : str
        As `variable_names` gives it.
    kind : {"number", "text", "day"}
        Values are numbers, str, or `datetime.date`; None where there is none.
    label : str
    values : mapping of int to str
        What a number means.
    measure : {"nominal", "ordinal", "scale"}
    """

    name: str
    kind: Literal["number", "text", "day"]
    label: str = ""
    values: Mapping[int, str] | None = None
    measure: Literal["nominal", "ordinal", "scale"] = "scale"


def variable_names(names: Iterable[str]) -> list[str]:
    """Names that SPSS takes, all different: at most 64 bytes, a letter first, no word of its language.

    Examples
    --------
    >>> variable_names(["trust_1", "by", "1st", "trust-1"])
    ['trust_1', 'by_', 'v_1st', 'trust_1_2']
    """
    made: list[str] = []
    for name in names:
        plain = re.sub(r"[^a-z0-9_]", "_", name.lower())[:60]
        plain = plain if plain[:1].isalpha() else f"v_{plain}"[:60]
        plain = f"{plain}_" if plain in _RESERVED else plain
        other, n = plain, 1
        while other in made:
            n += 1
            other = f"{plain[:58]}_{n}"
        made.append(other)
    return made


def write_sav(variables: Sequence[Variable], rows: Sequence[Sequence[Any]]) -> bytes:
    """The whole file.

    Parameters
    ----------
    variables : sequence of Variable
    rows : sequence of sequence
        One value a variable.
    """
    widths = [_width(variable, [row[j] for row in rows]) for j, variable in enumerate(variables)]
    parts = [_Part(*one) for one in _parts(variables, widths)]
    cells = sum(part.cells for part in parts)
    out = [_header(cells, len(rows))]
    out += [part.record() for part in parts]
    out += _value_labels(variables, parts)
    out += _extensions(variables, widths, parts)
    out.append(struct.pack("<ii", 999, 0))
    out += [_row(row, variables, widths) for row in rows]
    return b"".join(out)


@dataclass(frozen=True, slots=True)
class _Part:
    """A variable, or a segment of one that is longer than 255 bytes."""

    variable: Variable
    short: str
    width: int
    first: bool

    @property
    def cells(self) -> int:
        return max(1, -(-self.width // 8))

    def record(self) -> bytes:
        kind = _FORMATS[self.variable.kind]
        shown = {"text": self.width, "number": 8, "day": 11}[self.variable.kind]
        look = kind << 16 | shown << 8
        label = _cut(self.variable.label, 252) if self.first else b""
        head = struct.pack(
            "<iiiiii8s", 2, self.width, bool(label), 0, look, look, self.short.ljust(8).encode()
        )
        if label:
            head += struct.pack("<i", len(label)) + label.ljust(-(-len(label) // 4) * 4)
        rest = struct.pack("<iiiiii8s", 2, -1, 0, 0, 0, 0, b" " * 8)
        return head + rest * (self.cells - 1)


def _cut(text: str, most: int) -> bytes:
    """At most so many bytes of UTF-8, no character cut in two."""
    return text.encode("utf-8", "replace")[:most].decode("utf-8", "ignore").encode()


def _width(variable: Variable, values: Iterable[Any]) -> int:
    if variable.kind != "text":
        return 0
    return max(1, *(len(_cut(value or "", _LONGEST)) for value in (*values, "")))


def _widths_of_parts(width: int) -> list[int]:
    if width <= _SEGMENT:
        return [width]
    n = -(-width // _COUNTED)
    return [_SEGMENT] * (n - 1) + [width - (n - 1) * _COUNTED]


def _parts(variables: Sequence[Variable], widths: Sequence[int]) -> Iterator[tuple[Variable, str, int, bool]]:
    n = 0
    for variable, width in zip(variables, widths, strict=True):
        for k, part in enumerate(_widths_of_parts(width)):
            n += 1
            yield variable, f"V{n:X}", part, k == 0


def _header(cells: int, n_rows: int) -> bytes:
    name = b"@(#) SPSS DATA FILE Verbond".ljust(60)
    start = struct.pack("<4s60siiiiid", b"$FL2", name, 2, cells, 0, 0, n_rows, 100.0)
    return start + b"01 Jan 0000:00:00" + b" " * 64 + b"\0" * 3


def _value_labels(variables: Sequence[Variable], parts: Sequence[_Part]) -> Iterator[bytes]:
    places, place = {}, 1
    for part in parts:
        places.setdefault(part.variable.name, place)
        place += part.cells
    for variable in variables:
        if not variable.values:
            continue
        out = struct.pack("<ii", 3, len(variable.values))
        for number, said in variable.values.items():
            label = _cut(said, 120)
            out += struct.pack("<dB", number, len(label)) + label.ljust(-(-(len(label) + 1) // 8) * 8 - 1)
        yield out + struct.pack("<iii", 4, 1, places[variable.name])


def _extension(kind: int, size: int, data: bytes) -> bytes:
    return struct.pack("<iiii", 7, kind, size, len(data) // size) + data


def _extensions(
    variables: Sequence[Variable], widths: Sequence[int], parts: Sequence[_Part]
) -> Iterator[bytes]:
    yield _extension(3, 4, struct.pack("<8i", 20, 0, 0, -1, 1, 1, 2, 65001))
    yield _extension(4, 8, struct.pack("<3d", _SYSMIS, sys.float_info.max, _LOWEST))
    looks = [
        (_MEASURES[part.variable.measure], min(40, max(8, part.width)), int(not part.width)) for part in parts
    ]
    yield _extension(11, 4, b"".join(struct.pack("<3i", *look) for look in looks))
    firsts = [part for part in parts if part.first]
    yield _extension(13, 1, "\t".join(f"{part.short}={part.variable.name}" for part in firsts).encode())
    long = [
        f"{part.short}={width:05d}\0\t"
        for part, width in zip(firsts, widths, strict=True)
        if width > _SEGMENT
    ]
    if long:
        yield _extension(14, 1, "".join(long).encode())
    yield _extension(20, 1, b"UTF-8")


def _row(row: Sequence[Any], variables: Sequence[Variable], widths: Sequence[int]) -> bytes:
    out = []
    for value, variable, width in zip(row, variables, widths, strict=True):
        if variable.kind == "text":
            said = _cut(value or "", _LONGEST)
            for k, part in enumerate(_widths_of_parts(width)):
                held = said[k * _SEGMENT : (k + 1) * _SEGMENT] if width > _SEGMENT else said
                out.append(held.ljust(max(1, -(-part // 8)) * 8))
        elif value is None:
            out.append(struct.pack("<d", _SYSMIS))
        elif variable.kind == "day":
            out.append(struct.pack("<d", (value - _EPOCH).days * 86400.0))
        else:
            out.append(struct.pack("<d", float(value)))
    return b"".join(out)
