"""Records of a text file, each with the line where it starts; what is broken never costs what follows.

A record that does not come out (a quote that is not closed, too few or too many cells) costs its first
physical line only: reading goes on at the next line. So one stray quote cannot swallow the rows after it.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import TextIOWrapper
from pathlib import Path
from typing import NamedTuple, TextIO

from verbond.tables.readers.encoding import DAMAGED, TextForm, damage

__all__ = ["Dialect", "Record", "Structure", "read_records", "structure", "write_clean"]

MAX_LINE = 1 << 20
"""Characters in a physical line, and in a record, beyond which it is refused."""
_BLOCK_BYTES = 4 << 20
_SHOWN = 200
_TOO_LONG = "\ufdd0"  # a noncharacter, which no text may hold


class Record(NamedTuple):
    """One record: its first line, its cells or the code of what is wrong with it and the text of its first
    line, and its last line.

    Blank records have no cells and no problem.
    """

    line: int
    cells: list[str]
    problem: str = ""
    text: str = ""
    last: int = 0


@dataclass(frozen=True, slots=True)
class Dialect:
    """How cells stand in a text file.

    Attributes
    ----------
    separator, quote : str
    header : tuple of str
        Names of the columns, as they stand in the file.
    n_header_lines : int
        Physical lines up to and with the header.
    preamble : tuple of Record
        What stands before the header, or between it and the first row, and is not blank.
    """

    separator: str
    quote: str = '"'
    header: tuple[str, ...] = ()
    n_header_lines: int = 0
    preamble: tuple[Record, ...] = ()

    @property
    def width(self) -> int:
        """How many cells a record has."""
        return len(self.header)


@dataclass(slots=True)
class Structure:
    """What a pass over the whole file found.

    Attributes
    ----------
    n_records, n_blank : int
        Good records, and blank ones.
    broken : list of Record
        Those with a problem.
    one_line_each : bool
        Each good record stands on one line and no blank line stands between.
    as_is : bool
        DuckDB may read the file itself.
    """

    n_records: int = 0
    n_blank: int = 0
    broken: list[Record] = field(default_factory=list)
    one_line_each: bool = True
    as_is: bool = True


class _Lines:
    """Physical lines for csv.reader; those that the record under way took can be put back."""

    def __init__(self, file: TextIO, next_line: int = 1) -> None:
        self.file, self.next_line = file, next_line
        self.waiting: deque[str] = deque()
        self.taken: list[str] = []
        self.size = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self.waiting.popleft() if self.waiting else self._read()
        if not line:
            raise StopIteration
        self.taken.append(line)
        self.next_line += 1
        self.size += len(line)
        if line is _TOO_LONG or self.size > MAX_LINE:
            raise csv.Error("too long")
        return line

    def _read(self) -> str:
        line = self.file.readline(MAX_LINE)
        if len(line) < MAX_LINE or line.endswith(("\n", "\r")):
            return line
        while (rest := self.file.readline(MAX_LINE)) and not rest.endswith(("\n", "\r")):
            pass
        return _TOO_LONG

    def skip(self, n_lines: int) -> None:
        """Pass over physical lines."""
        for _ in range(n_lines):
            self._read()
        self.next_line += n_lines

    def begin(self) -> int:
        """Start a record; return the line it stands on."""
        self.taken, self.size = [], 0
        return self.next_line

    def give_back(self) -> str:
        """Keep the first line that the record took and put the others back."""
        first, *rest = self.taken
        self.waiting.extendleft(reversed(rest))
        self.next_line -= len(rest)
        return first


def read_records(
    path: Path, form: TextForm, dialect: Dialect, *, offset: int = 0, line: int = 0
) -> Iterator[Record]:
    """Yield the records after the header, good, blank and broken ones.

    Parameters
    ----------
    path : Path
    form : TextForm
    dialect : Dialect
        Without a header, cells are not counted.
    offset, line : int
        Start at this byte, where this line begins (UTF-8 only).
    """
    with path.open("rb") as raw:
        raw.seek(offset)
        with TextIOWrapper(raw, form.encoding, DAMAGED, newline="") as file:
            lines = _Lines(file, line or 1)
            lines.skip(0 if offset else dialect.n_header_lines)
            yield from _records(lines, form, dialect)


def _records(lines: _Lines, form: TextForm, dialect: Dialect) -> Iterator[Record]:
    width, suspect = dialect.width, form.has_nul or form.n_damaged > 0
    reader = csv.reader(
        lines, delimiter=dialect.separator, quotechar=dialect.quote, skipinitialspace=True, strict=True
    )
    while True:
        line = lines.begin()
        try:
            cells = next(reader)
            problem = ""
        except StopIteration:
            return
        except csv.Error as error:
            cells, problem = [], _problem_of(error, len(lines.taken))
        if not problem and suspect:
            problem = next(filter(None, (damage(text, form) for text in lines.taken)), "")
            if problem:
                yield Record(line, [], problem, lines.taken[0][:_SHOWN].rstrip("\r\n"))
                continue
        if not problem:
            if not any(cells):
                yield Record(line, [])
                continue
            if not width or len(cells) == width:
                yield Record(line, cells, "", "", lines.next_line - 1)
                continue
            if len(cells) > width and not any(cells[width:]):
                yield Record(line, cells[:width], text="longer")
                continue
            problem = "too_few_cells" if len(cells) < width else "too_many_cells"
        first = lines.give_back()
        yield Record(line, [], problem, "" if first is _TOO_LONG else first[:_SHOWN].rstrip("\r\n"))


def _problem_of(error: csv.Error, n_lines: int) -> str:
    text = str(error)
    if "field limit" in text or ("too long" in text and n_lines == 1):
        return "cell_too_long"
    return "unclosed_quote" if "end of data" in text or "too long" in text else "stray_quote"


def structure(path: Path, form: TextForm, dialect: Dialect) -> Structure:
    """Pass over the whole file: how many records there are, and which do not come out."""
    found = Structure(as_is=form.plain and dialect.quote == '"' and dialect.n_header_lines == 1)
    offset, line = 0, 0
    if found.as_is:
        offset, found.n_records = _regular_start(path, dialect)
        line = dialect.n_header_lines + found.n_records + 1 if offset else 0
    n_lines = line - 1 if offset else dialect.n_header_lines
    last = n_lines
    for record in read_records(path, form, dialect, offset=offset, line=line):
        if record.problem:
            found.broken.append(record)
        elif record.cells:
            found.n_records += 1
        else:
            found.n_blank += 1
        if record.problem or record.text or (not record.cells and dialect.width == 1):
            found.as_is = False
        found.one_line_each &= bool(record.cells) and record.line == last + 1
        last = record.line
    return found


def _regular_start(path: Path, dialect: Dialect) -> tuple[int, int]:
    """How far a plain file has no quotes and one record a line: the byte where that ends, and the records."""
    quote, separator = dialect.quote.encode(), dialect.separator.encode()
    n_separators, n_records = dialect.width - 1, 0
    with path.open("rb") as file:
        for _ in range(dialect.n_header_lines):
            file.readline()
        offset = file.tell()
        while block := file.read(_BLOCK_BYTES):
            block += file.readline(MAX_LINE)
            if quote in block or (n_separators and separator * n_separators in block):
                break
            lines = block.removesuffix(b"\n").split(b"\n")
            if {line.count(separator) for line in lines} != {n_separators}:
                break
            if max(map(len, lines)) >= csv.field_size_limit() or not all(map(bytes.strip, lines)):
                break
            offset, n_records = file.tell(), n_records + len(lines)
    return offset, n_records


def write_clean(path: Path, form: TextForm, dialect: Dialect, target: Path) -> Structure:
    """Write the good records to `target` as plain CSV in UTF-8, the line that each stands on in front."""
    found = Structure(as_is=False)
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
        for record in read_records(path, form, dialect):
            if record.problem:
                found.broken.append(record)
            elif record.cells:
                found.n_records += 1
                writer.writerow([record.line, *record.cells])
            else:
                found.n_blank += 1
    return found
