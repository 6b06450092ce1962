"""What a column of a file can be, in the words of who brings it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from verbond.method import CIRCLE, ITEMS, named
from verbond.results import Language, sentence
from verbond.tables import CONSTRUCTS, TABLES

__all__ = ["GIVEN", "Choice", "Group", "choice_of", "groups_for", "stated_for", "told"]

GIVEN = tuple(name for name, table in TABLES.items() if table.given)
"""Tables that people bring."""
_VALUES = ("values_own", "values_seen")
_BY_EMAIL = ("customer_id",)


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that a column can be: what the form sends, and what people read."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Group:
    """Choices that belong together."""

    label: str
    choices: tuple[Choice, ...]


def told(code: str, language: Language, /, **values: Any) -> str:
    """A sentence of these pages."""
    return sentence(f"web_data.{code}", language, **values)


@lru_cache(maxsize=256)
def groups_for(table: str, language: Language, company: str) -> tuple[Group, ...]:
    """All that a column of a file can be.

    Parameters
    ----------
    table : str
        Canonical table that the file is read as.
    language : {"en", "nl"}
    company : str
        For the texts of questions.
    """
    choices = []
    for column in TABLES[table].columns:
        choices.append(Choice(f"column:{column}", told(f"to_{table}_{column}", language)))
        if column in _BY_EMAIL:
            choices.append(Choice(f"email:{column}", told("to_email", language)))
    if TABLES[table].free_columns:
        choices.append(Choice("attribute", told("to_attribute", language)))
    groups = [Group(told(f"table_{table}", language), tuple(choices))]
    if table == "responses":
        groups += _questions(language, company)
    return tuple(groups)


def _questions(language: Language, company: str) -> list[Group]:
    plain = tuple(
        Choice(f"construct:{c}", named(c).say(language))
        for c in CONSTRUCTS
        if c not in _VALUES  # type: ignore[union-attr]
    )
    values = tuple(
        Choice(f"construct:{c}.{v.id}", named(f"{c}.{v.id}").say(language))  # type: ignore[union-attr]
        for c in _VALUES
        for v in CIRCLE
    )
    own = tuple(
        Choice(f"item:{item.id}", item.text.say(language).replace("{company}", company))
        for item in ITEMS.values()
    )
    return [
        Group(told("asks_about", language), plain),
        Group(told("asks_about_values", language), values),
        Group(told("asks_our_own", language), own),
    ]


def choice_of(stated: Any, table: str, meanings: Mapping[str, Any] | None = None) -> str:
    """What the form sends for what a mapping states; "" leaves a column out.

    Examples
    --------
    >>> choice_of({"column": "customer_id", "as": "email"}, "events"), choice_of("amount", "events")
    ('email:customer_id', 'column:amount')
    >>> choice_of({"item": "V1", "construct": "trust"}, "responses"), choice_of("item:trust_1", "responses")
    ('construct:trust', 'item:trust_1')
    >>> choice_of("region", "customers"), choice_of(False, "customers")
    ('attribute', '')
    """
    if not stated:
        return ""
    if isinstance(stated, Mapping):
        if "construct" in stated:
            value = stated.get("value")
            return f"construct:{stated['construct']}" + (f".{value}" if value else "")
        if "item" in stated:
            return f"item:{stated['item']}"
        name = str(stated.get("column", ""))
        return f"email:{name}" if stated.get("as") == "email" else _of_name(name, table)
    return _of_name(str(stated), table)


def _of_name(name: str, table: str) -> str:
    if name.startswith("item:"):
        return name
    return f"column:{name}" if name in TABLES[table].columns else "attribute"


def stated_for(choice: str, column: str) -> Any:
    """What a mapping states for a choice that needs nothing else.

    Examples
    --------
    >>> stated_for("email:customer_id", "Mail"), stated_for("attribute", "Region"), stated_for("", "x")
    ({'column': 'customer_id', 'as': 'email'}, 'Region', False)
    """
    kind, _, name = choice.partition(":")
    if kind == "column":
        return name
    if kind == "email":
        return {"column": name, "as": "email"}
    if kind == "item":
        return choice
    return column if kind == "attribute" else False
