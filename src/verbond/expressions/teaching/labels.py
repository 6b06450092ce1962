"""What people said of messages: one row a person, a message and a moment; the newest of a person counts."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from verbond.errors import NotFoundError, ReadError
from verbond.expressions.kinds import RELATIONSHIPS, VALUES, VERDICTS
from verbond.results import protect_cell

__all__ = ["COLUMNS", "Label", "Opinion", "labels_to_csv", "normal", "opinions_of", "read_labels"]

COLUMNS = ("text", "language", "relationship", "values", "verdict", "who", "when", "why", "asked_because")
"""Of a file with labels; values with a semicolon between, or "none" where none is expressed."""
NONE = "none"


@dataclass(frozen=True, slots=True)
class Label:
    """What somebody said of a message.

    Attributes
    ----------
    text : str
    language : str
    relationship : str
        One of `RELATIONSHIPS`, or "" where nothing was said of it.
    values : tuple of str or None
        Ids on the circle; None where nothing was said of them.
    verdict : str
        One of `VERDICTS`, or "".
    who, when, why : str
        A name or number; an ISO moment; in their own words.
    """

    text: str
    language: str = ""
    relationship: str = ""
    values: tuple[str, ...] | None = None
    verdict: str = ""
    who: str = ""
    when: str = ""
    why: str = ""

    @property
    def says_something(self) -> bool:
        """Whether there is an answer in it."""
        return bool(self.relationship or self.verdict) or self.values is not None


@dataclass(frozen=True, slots=True)
class Opinion:
    """What all who read a message said of it.

    Attributes
    ----------
    text, language : str
    relationships : tuple of str
        An answer a person.
    values : tuple of tuple of str
        An answer a person.
    verdicts : tuple of str
        An answer a person.
    """

    text: str
    language: str
    relationships: tuple[str, ...] = ()
    values: tuple[tuple[str, ...], ...] = ()
    verdicts: tuple[str, ...] = ()

    @property
    def relationship(self) -> str:
        """What all said; "" where nobody did, or colleagues differ."""
        return self.relationships[0] if len(set(self.relationships)) == 1 else ""

    @property
    def verdict(self) -> str:
        """What all said; "" where nobody did, or colleagues differ."""
        return self.verdicts[0] if len(set(self.verdicts)) == 1 else ""

    @property
    def differs(self) -> bool:
        """Whether colleagues name different relationships."""
        return len(set(self.relationships)) > 1

    @property
    def verdict_differs(self) -> bool:
        """Whether colleagues give different verdicts."""
        return len(set(self.verdicts)) > 1


def normal(text: str) -> str:
    """Hash of a text without its capitals and spaces: which messages are the same."""
    return hashlib.sha256(" ".join(text.casefold().split()).encode()).hexdigest()


def opinions_of(labels: Iterable[Label]) -> tuple[Opinion, ...]:
    """Labels by message; of each person the newest answer to each question counts.

    Labels of nobody in particular count each. The order is that in which messages first come.
    """
    by_text: dict[str, list[Label]] = {}
    for one in sorted(labels, key=lambda label: label.when):
        by_text.setdefault(normal(one.text), []).append(one)
    return tuple(_opinion(said) for said in by_text.values())


def _opinion(said: Sequence[Label]) -> Opinion:
    kinds: dict[str, str] = {}
    values: dict[str, tuple[str, ...]] = {}
    verdicts: dict[str, str] = {}
    for n, one in enumerate(said):
        who = one.who or f"\0{n}"
        if one.relationship:
            kinds[who] = one.relationship
        if one.values is not None:
            values[who] = one.values
        if one.verdict:
            verdicts[who] = one.verdict
    return Opinion(
        said[-1].text,
        said[-1].language,
        tuple(kinds.values()),
        tuple(values.values()),
        tuple(verdicts.values()),
    )


def read_labels(path: Path) -> tuple[Label, ...]:
    """Read a file with labels, as `verbond expressions queue` writes it and people fill it in.

    Rows without an answer are left.

    Raises
    ------
    NotFoundError
        If there is no such file.
    ReadError
        If it has no column "text", or a word in it is not known.
    """
    try:
        content = path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise NotFoundError(f"no file {path.name}", expected="a CSV file with labels") from None
    except UnicodeDecodeError as error:
        raise ReadError(f"no UTF-8: {error}", file=path.name) from None
    head = content.partition("\n")[0]
    rows = csv.DictReader(
        io.StringIO(content, newline=""), delimiter=";" if head.count(";") > head.count(",") else ","
    )
    if "text" not in (rows.fieldnames or ()):
        raise ReadError("there is no column with the messages", file=path.name, column="text")
    labels = (_label(row, path.name, n) for n, row in enumerate(rows, 2))
    return tuple(one for one in labels if one.text and one.says_something)


def _label(row: dict[str, str | None], file: str, line: int) -> Label:
    told = {name: (row.get(name) or "").strip() for name in COLUMNS}
    told["text"] = told["text"].removeprefix("'") if told["text"][1:2] in "=+-@" else told["text"]
    cell = told["values"]
    values = (
        None
        if not cell
        else ()
        if cell == NONE
        else tuple(one.strip() for one in cell.split(";") if one.strip())
    )
    for column, given, known in (
        ("relationship", [told["relationship"]], ("", *RELATIONSHIPS)),
        ("values", values or (), VALUES),
        ("verdict", [told["verdict"]], ("", *VERDICTS)),
    ):
        if wrong := [one for one in given if one not in known]:
            raise ReadError(
                f"unknown: {wrong[0]!r}", file=file, line=line, column=column, value=wrong[0],
                expected=", ".join(filter(None, known)),
            )  # fmt: skip
    return Label(
        told["text"], told["language"], told["relationship"], values, told["verdict"],
        told["who"], told["when"], told["why"],
    )  # fmt: skip


def labels_to_csv(rows: Iterable[dict[str, str]]) -> str:
    """Rows with some of `COLUMNS` as a CSV file whose cells are safe in a spreadsheet."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: protect_cell(value) for name, value in row.items()} for row in rows)
    return buffer.getvalue()
