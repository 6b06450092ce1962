"""What commands that compare arms share: names with commas, numbers with a name, sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from verbond.errors import OptionError
from verbond.results import Language, Reason

if TYPE_CHECKING:
    from verbond.effects import ExperimentResult

__all__ = ["NAMES", "joined", "margins_of", "named_number", "say", "say_experiment"]


class _Names(click.ParamType):
    """Names with commas between them; the option may repeat."""

    name = "COL[,COL]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, tuple):
            return value
        return tuple(name.strip() for name in value.split(",") if name.strip())


NAMES = _Names()


def joined(given: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The names of an option that may repeat, as one tuple."""
    return tuple(name for names in given for name in names)


def named_number(text: str) -> tuple[str, float]:
    """NAME=NUMBER as a pair; the name is empty where there is none."""
    name, sign, number = text.rpartition("=")
    try:
        return name.strip(), float(number)
    except ValueError:
        raise OptionError(
            "not a number", got=repr(text), expected="NAME=NUMBER" if sign else "a number"
        ) from None


def margins_of(given: Sequence[str]) -> float | dict[str, float] | None:
    """One margin for all outcomes, or a margin for each that is named."""
    found = dict(map(named_number, given))
    if "" in found and len(given) > 1:
        raise OptionError(
            "a margin for all and another for one", got=", ".join(given), expected="one or the other"
        )
    return found.get("", found or None)


def say(reasons: Sequence[Reason | None], language: Language) -> None:
    """Write sentences to stderr."""
    for reason in reasons:
        if reason is not None:
            click.echo(reason.sentence(language), err=True)


def say_experiment(result: ExperimentResult, language: Language) -> None:
    """Write the headline, why there is no estimate where there is none, and the reasons; each once."""
    whole = result.headline.sentence(language)
    why = {
        row.headline.sentence(language): row.reason.sentence(language)
        for row in result.effects
        if row.reason is not None
    }
    said = [whole, *why, *(reason.sentence(language) for reason in result.reasons)]
    for line in dict.fromkeys(said):
        click.echo(" ".join(filter(None, (line, why.get(line)))), err=True)
