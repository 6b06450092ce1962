"""The form in which a person says what the columns of a file are; it makes the file's entry of a mapping."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from verbond.method import named
from verbond.results import Language
from verbond.tables import ACTION_KINDS, EVENT_KINDS, TABLES
from verbond.web.data.targets import Choice, Group, choice_of, groups_for, stated_for, told

if TYPE_CHECKING:
    from verbond.tables import Recognition

__all__ = ["MOST_COLUMNS", "ColumnField", "ColumnsForm", "DateField"]

MOST_COLUMNS = 300
"""So many columns are shown; a file with more is read as it was recognised, and that is said."""
_MOST_WORDS = 12
_LONG_NAME = 40
_NUMBER = re.compile(r"\s*[-+]?\d+(?:[.,]\d+)?(?:\s*[-.:=(].*)?\s*")
_DAY = re.compile(r"(\d{1,4})[-/. ](\d{1,2})[-/. ](\d{1,4})")
_NOBODY = "nobody"
_PLAIN = "vendors.named_column"
"""A reason that the choice itself says in words of people."""
_CUSTOMER = ("column:customer_id", "email:customer_id")


@dataclass(slots=True)
class ColumnField:
    """One column of the file, as the form shows it.

    Attributes
    ----------
    number : int
    name, title : str
    samples : tuple of str
        Of the file: text, never trusted.
    choice : str
        What it is now; "" leaves it out.
    why : str
    asked : tuple of str
        What a person is asked about it.
    is_question : bool
        Whether it can be an answer on a scale.
    low, high : str
    is_reversed : bool
    words : list of (str, str)
        Answers in words and their numbers.
    wrong : str
    """

    number: int
    name: str
    title: str
    samples: tuple[str, ...]
    choice: str
    why: str
    asked: tuple[str, ...] = ()
    is_question: bool = False
    low: str = ""
    high: str = ""
    is_reversed: bool = False
    words: list[tuple[str, str]] = field(default_factory=list)
    wrong: str = ""

    @property
    def key(self) -> str:
        """Its name in the form."""
        return f"c{self.number}"

    @property
    def is_used(self) -> bool:
        """Whether anything is read from it, or is still to be decided."""
        return bool(self.choice or self.asked or self.wrong)


@dataclass(slots=True)
class DateField:
    """A column of dates of which nothing tells day and month apart.

    Attributes
    ----------
    key, name, title : str
    examples : tuple of str
        As the file writes them.
    ways : tuple of (str, tuple)
        Way, and the days that the examples would then be.
    chosen : str
    wrong : str
    """

    key: str
    name: str
    title: str
    examples: tuple[str, ...]
    ways: tuple[tuple[str, tuple[Any, ...]], ...]
    chosen: str = ""
    wrong: str = ""


class ColumnsForm:
    """Everything that is asked about one file.

    Parameters
    ----------
    found : Recognition
        With a table.
    language : {"en", "nl"}
    company : str
    data : mapping, optional
        What was sent.
    """

    def __init__(
        self,
        found: Recognition,
        language: Language,
        company: str,
        data: Mapping[str, str] | None = None,
    ) -> None:
        assert found.table is not None
        self.found, self.table, self.language, self.data = found, found.table, language, data
        self.entry: dict[str, Any] = found.mapping()["files"][found.file]
        self.groups: tuple[Group, ...] = groups_for(self.table, language, company)
        self._known = {choice.value for group in self.groups for choice in group.choices}
        self.columns = [self._field(j) for j in range(min(len(found.columns), MOST_COLUMNS))]
        self.n_more = len(found.columns) - len(self.columns)
        self.dates = self._dates()
        self.constants = dict(self.entry.get("constants", {}))
        self.kind = self._sent("kind", str(self.constants.get("kind", "")))
        self.group = self._sent("group", str(self.constants.get("group", "customer")))
        self.wave = self._sent("wave", str(self.constants.get("wave", self._usual_wave())))[:80].strip()
        self.customer = self._sent("customer", "")
        self.wrong: dict[str, str] = {}

    # what is shown

    @property
    def used(self) -> list[ColumnField]:
        """Columns that are read, or about which something is asked."""
        return [column for column in self.columns if column.is_used]

    @property
    def unused(self) -> list[ColumnField]:
        """Columns that are left out."""
        return [column for column in self.columns if not column.is_used]

    @property
    def asks_customer(self) -> bool:
        """Whether it has to be said which column is the customer."""
        return any(question.code == "customer" for question in self.found.questions)

    @property
    def customer_choices(self) -> list[Choice]:
        """Columns that may say who the customer is."""
        asked = next(q for q in self.found.questions if q.code == "customer")
        offered = [
            Choice(c.key, c.title) for c in self.columns if c.name in asked.options or not asked.options
        ]
        none = [Choice(_NOBODY, told("customer_nobody", self.language))] if self.table == "responses" else []
        return [*offered[:MOST_COLUMNS], *none]

    @property
    def asks_kind(self) -> bool:
        """Whether no column says what happened."""
        if self.table not in ("events", "actions") or "column:kind" in self._chosen():
            return False
        return self.found.product == "generic" or "kind" not in self.constants

    @property
    def kind_choices(self) -> list[Choice]:
        """What can have happened."""
        kinds = EVENT_KINDS if self.table == "events" else ACTION_KINDS
        return [Choice(kind, named(kind).say(self.language)) for kind in kinds]  # type: ignore[union-attr]

    @property
    def asks_round(self) -> bool:
        """Whether it has to be said who was asked, and when."""
        return self.table == "responses"

    @property
    def asks_group(self) -> bool:
        """Whether no column tells customers from employees."""
        return self.asks_round and "column:group" not in self._chosen()

    @property
    def asks_wave(self) -> bool:
        """Whether no column says which round of asking an answer belongs to."""
        return self.asks_round and "column:wave" not in self._chosen()

    @property
    def n_undecided(self) -> int:
        """Columns that nobody has said anything about, and that are left out meanwhile."""
        return sum(bool(column.asked) and not column.choice for column in self.columns)

    @property
    def n_open(self) -> int:
        """Questions without which the file cannot be read."""
        n = sum(not date.chosen for date in self.dates)
        n += self.asks_customer and not self.customer
        return n + (self.asks_kind and not self.kind)

    def _chosen(self) -> set[str]:
        return {column.choice for column in self.columns}

    def _sent(self, key: str, otherwise: str) -> str:
        return otherwise if self.data is None else str(self.data.get(key, ""))

    def _field(self, j: int) -> ColumnField:
        column, key = self.found.columns[j], f"c{j}"
        proposed = choice_of(column.stated, self.table)
        questions = [q for q in self.found.questions if q.column == column.name]
        asked = tuple(q.reason.sentence(self.language) for q in questions if q.code in ("construct", "scale"))
        stated = column.stated if isinstance(column.stated, Mapping) else {}
        choice = self._sent(key, proposed)
        made = ColumnField(
            number=j,
            name=column.name,
            title=column.title,
            samples=column.samples,
            choice=choice if choice in self._known or choice == proposed else "",
            why="" if column.why.code == _PLAIN else column.why.sentence(self.language),
            asked=asked,
            is_question=self._may_be_answer(column.samples, proposed),
            low=self._sent(f"{key}-low", _written(stated.get("min"))),
            high=self._sent(f"{key}-high", _written(stated.get("max"))),
            is_reversed=bool(self._sent(f"{key}-reversed", "yes" if stated.get("reversed") else "")),
        )
        if made.is_question:
            labels = stated.get("labels", {})
            words = list(labels) or ([] if _are_numbers(column.samples) else list(column.samples))
            for k, word in enumerate(words[:_MOST_WORDS]):
                number = labels.get(word)
                made.words.append(
                    (word, self._sent(f"{key}-w{k}", "" if number is False else _written(number)))
                )
        return made

    def _may_be_answer(self, samples: Sequence[str], proposed: str) -> bool:
        if self.table != "responses" or not samples or proposed.startswith(("column:", "email:")):
            return False
        return proposed != "" or _are_numbers(samples) or len(samples) <= _MOST_WORDS

    def _usual_wave(self) -> str:
        """The name of the file, where respondents are only numbered: other exports have the same numbers."""
        if self.table != "responses":
            return ""
        ids = next((c for c in self.found.columns if c.target == "respondent_id"), None)
        if ids is not None and not all(re.fullmatch(r"\d{1,6}", sample) for sample in ids.samples):
            return ""
        return re.sub(r"\s*\(\d+(?:-\d+)?\)\s*$", "", PurePath(self.found.file).stem)[:80]

    def _dates(self) -> list[DateField]:
        found = []
        for question in self.found.questions:
            if question.code != "date_order" or question.column is None:
                continue
            j = next(j for j, c in enumerate(self.found.columns) if c.name == question.column)
            examples = _unclear(self.found.columns[j].samples)
            key = f"order-{j}"
            found.append(
                DateField(
                    key,
                    question.column,
                    self.found.columns[j].title,
                    examples,
                    tuple((way, tuple(_read(e, way) for e in examples)) for way in question.options),
                    self._sent(key, question.proposed or ""),
                )
            )
        return found

    # what was sent

    def is_valid(self) -> bool:
        """Check what was sent and make the entry of it; what is wrong stands at its field."""
        entry = dict(self.entry)
        entry.pop("skip", None)
        columns = dict(entry.get("columns", {}))
        self._take_customer()
        for column in self.columns:
            columns[column.name] = self._stated(column)
        for date in self.dates:
            self._take_order(date, columns)
        entry["columns"] = columns
        self._take_constants(entry)
        self._check_needed(entry)
        self._check_twice()
        self.entry = entry
        return not self.wrong

    def _take_customer(self) -> None:
        if not self.asks_customer or self.customer == _NOBODY:
            return
        found = next((c for c in self.columns if c.key == self.customer), None)
        if found is not None:
            found.choice = (
                "email:customer_id" if any("@" in s for s in found.samples) else "column:customer_id"
            )
        elif not self._chosen() & set(_CUSTOMER):
            self.wrong["customer"] = told("wrong_customer", self.language)

    def _stated(self, column: ColumnField) -> Any:
        """What the mapping says of one column."""
        before = self.found.columns[column.number].stated
        kind, _, name = column.choice.partition(":")
        if kind != "construct":
            same = column.choice == choice_of(before, self.table)
            if kind == "item" and (labels := self._labels(column)):
                return {"item": name, "labels": labels}
            return before if same else stated_for(column.choice, column.name)
        construct, _, value = name.partition(".")
        labels = self._labels(column)
        numbers = [n for n in labels.values() if n is not False]
        low, high = (min(numbers), max(numbers)) if numbers else (_number(column.low), _number(column.high))
        item = before["item"] if isinstance(before, Mapping) and "item" in before else self._item_name(column)
        made: dict[str, Any] = {"item": item, "construct": construct}
        if value:
            made["value"] = value
        if low is None or high is None or low >= high:
            self._at(column, "wrong_words" if column.words else "wrong_scale")
        else:
            made |= {"min": low, "max": high}
        if column.is_reversed:
            made["reversed"] = True
        return made | ({"labels": labels} if labels else {})

    def _labels(self, column: ColumnField) -> dict[str, Any]:
        """The numbers of answers in words; False where a word is no answer."""
        found = {word: _number(number) for word, number in column.words}
        return (
            {w: False if n is None else n for w, n in found.items()}
            if any(n is not None for n in found.values())
            else {}
        )

    def _item_name(self, column: ColumnField) -> str:
        """The same question gets the same name in every file."""
        from verbond.tables.readers.names import plain_name

        short = len(column.name) <= _LONG_NAME and " " not in column.name
        stem = column.name if short else plain_name(column.title)[:_LONG_NAME].strip("_")
        taken = {c.target for c in self.found.columns}
        name, n = stem or "question", 2
        while f"item:{name}" in taken or name in TABLES["responses"].columns:
            name, n = f"{stem}_{n}", n + 1
        return name

    def _take_order(self, date: DateField, columns: dict[str, Any]) -> None:
        stated = columns.get(date.name)
        if not stated:
            return
        if date.chosen not in {way for way, _ in date.ways}:
            date.wrong = self.wrong[date.key] = told("wrong_order", self.language)
            return
        before = dict(stated) if isinstance(stated, Mapping) else {"column": stated}
        columns[date.name] = before | {"date_order": date.chosen}

    def _take_constants(self, entry: dict[str, Any]) -> None:
        constants = dict(self.constants)
        for key, asks, chosen in (
            ("kind", self.asks_kind, self.kind),
            ("group", self.asks_group, self.group),
            ("wave", self.asks_wave, self.wave),
        ):
            if asks or f"column:{key}" in self._chosen():
                constants.pop(key, None)
            if asks and chosen:
                constants[key] = chosen
        entry["constants"] = constants

    def _check_needed(self, entry: Mapping[str, Any]) -> None:
        present = {choice.partition(":")[2] for choice in self._chosen()} | set(entry["constants"])
        present |= {entry.get("numbered")}
        if self.table == "responses" and any(c.startswith(("item:", "construct:")) for c in self._chosen()):
            present |= {"item", "value"}
        for column in TABLES[self.table].columns.values():
            if column.required and column.name not in present:
                key = "kind" if column.name == "kind" and self.asks_kind else "columns"
                self.wrong.setdefault(key, told(f"need_{self.table}_{column.name}", self.language))
        if self.asks_kind and self.kind and self.kind not in {c.value for c in self.kind_choices}:
            self.wrong["kind"] = told(f"need_{self.table}_kind", self.language)
        if self.asks_group and self.group not in ("customer", "employee"):
            self.wrong["group"] = told("wrong_group", self.language)

    def _check_twice(self) -> None:
        seen: dict[str, ColumnField] = {}
        for column in self.columns:
            kind, _, name = column.choice.partition(":")
            if kind not in ("column", "email", "item"):
                continue
            if name in seen:
                self._at(column, "wrong_twice", column=seen[name].title)
            seen.setdefault(name, column)

    def _at(self, column: ColumnField, code: str, /, **values: Any) -> None:
        column.wrong = self.wrong[column.key] = told(code, self.language, **values)


def _written(number: Any) -> str:
    if number is None or number is False:
        return ""
    return str(int(number)) if float(number).is_integer() else str(number)


def _number(text: str) -> float | int | None:
    try:
        number = float(text.replace(",", ".")) if len(text) < _LONG_NAME else None
    except ValueError:
        return None
    if number is None or not abs(number) <= 1e6:
        return None
    return int(number) if number.is_integer() else number


def _are_numbers(samples: Sequence[str]) -> bool:
    return all(_NUMBER.fullmatch(sample) for sample in samples)


def _unclear(samples: Sequence[str], most: int = 2) -> tuple[str, ...]:
    """Dates that can be read in two ways and are not the same in both."""
    found = []
    for sample in samples:
        parts = _DAY.match(sample)
        if parts is None:
            continue
        numbers = [int(p) for p in parts.groups()]
        two = numbers[:2] if len(parts[1]) <= 2 else numbers[1:]
        if len(set(two)) == 2 and all(1 <= n <= 12 for n in two):
            found.append(sample)
    return tuple(found[:most]) or tuple(samples[:1])


def _read(text: str, way: str) -> Any:
    """The day that a text means in one order; the text itself where it means none."""
    import datetime as dt

    parts = _DAY.match(text)
    if parts is None:
        return text
    order = dict(zip(way, (int(p) for p in parts.groups()), strict=True))
    year = order["y"] + (2000 if order["y"] < 70 else 1900 if order["y"] < 100 else 0)
    try:
        return dt.date(year, order["m"], order["d"])
    except ValueError:
        return text
