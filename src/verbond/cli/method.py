"""`verbond method`: the method as data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import click

from verbond.cli.output import language_option, rows_output
from verbond.results import Language, Result, sentence

__all__ = ["method"]


@dataclass(frozen=True, slots=True)
class Listing(Result):
    """A part of the method in one language.

    Attributes
    ----------
    rows : tuple of dict
        Everything that is known, a row an entry.
    notes : tuple of str
        What to keep in mind.
    columns : tuple of str
        The columns of the main table; empty: all.
    """

    rows: tuple[dict[str, Any], ...]
    notes: tuple[str, ...] = ()
    columns: tuple[str, ...] = field(default=(), metadata={"json": False})

    def to_dicts(self) -> list[dict[str, Any]]:
        """The main table, lists as text."""
        return [{column: _in_a_cell(row[column]) for column in self.columns or row} for row in self.rows]


@click.group()
def method() -> None:
    """The method as data: rungs, relationship types, values, handles and questionnaires.

    \b
    Examples:
      verbond method rungs --language nl
      verbond method questionnaire --form short --company Zonnewende --csv > questions.csv
    """


@method.command()
@language_option
@rows_output
def rungs(language: Language) -> Result:
    """List the rungs of the ladder of engagement.

    \b
    Example:
      verbond method rungs --language nl
    """
    from verbond.method import RUNGS

    rows = tuple(_spoken(rung, language) for rung in RUNGS)
    return Listing(
        rows, _noted("method.order_is_a_hypothesis", language), ("number", "id", "name", "climbed_when")
    )


@method.command()
@language_option
@rows_output
def types(language: Language) -> Result:
    """List the relationship types.

    \b
    Example:
      verbond method types
    """
    from verbond.method import RELATIONSHIP_TYPES

    rows = tuple(_spoken(type, language) for type in RELATIONSHIP_TYPES)
    return Listing(rows, columns=("id", "name", "looks_for"))


@method.command()
@click.option(
    "--values",
    "n_values",
    type=click.Choice(["10", "19"]),
    default="10",
    show_default=True,
    help="How fine the circle is cut.",
)
@language_option
@rows_output
def circle(n_values: str, language: Language) -> Result:
    """List the values in the order of the value circle.

    \b
    Example:
      verbond method circle --values 19 --csv
    """
    from verbond.method import CIRCLE, CIRCLE_19

    rows = tuple(_spoken(value, language) for value in (CIRCLE if n_values == "10" else CIRCLE_19))
    return Listing(rows, _noted("method.circle_is_a_convention", language))


@method.command()
@click.option(
    "--rung", type=click.IntRange(0, 5), help="Only those that serve this rung, least effort first."
)
@language_option
@rows_output
def handles(rung: int | None, language: Language) -> Result:
    """List the handles: what a company can do for the relationship.

    The table shows the names; `--json` gives everything, and `verbond method handle ID` one of them in full.

    \b
    Example:
      verbond method handles --rung 2 --language nl
    """
    from verbond.method import HANDLES, handles_for

    chosen = HANDLES if rung is None else handles_for(rung)
    rows = tuple(_spoken(handle, language) for handle in chosen)
    return Listing(rows, columns=("id", "rungs", "effort", "name", "who"))


@method.command()
@click.argument("handle_id", metavar="ID")
@language_option
def handle(handle_id: str, language: Language) -> None:
    """Show one handle in full, with its first step and its evidence.

    \b
    Example:
      verbond method handle tell_why --language nl
    """
    from verbond.method import handle as find

    found = find(handle_id)
    click.echo(found.name.say(language))
    for part in ("why", "first_step", "who", "when_not", "evidence"):
        label = sentence(f"method.label_{part}", language)
        click.echo("\n" + click.wrap_text(f"{label}: {getattr(found, part).say(language)}", width=88))


@method.command()
@click.option(
    "--form",
    "length",
    type=click.Choice(["short", "full"]),
    default="full",
    show_default=True,
    help="One or two items a construct, or four and the values.",
)
@click.option(
    "--group",
    type=click.Choice(["customer", "employee"]),
    default="customer",
    show_default=True,
    help="Who is asked.",
)
@click.option(
    "--company", default="", help="The company's name as customers know it.  [default: this company]"
)
@language_option
@rows_output
def questionnaire(length: str, group: str, company: str, language: Language) -> Result:
    """Write a questionnaire, ready for any survey tool.

    Keep the column `item` with the answers: `verbond tables` knows these ids and needs no further mapping.

    \b
    Example:
      verbond method questionnaire --form short --language nl --company Zonnewende --csv > questions.csv
    """
    from verbond.method import questionnaire as compose

    return compose(length, group, language=language, company=company)  # type: ignore[arg-type]


def _spoken(entry: Any, language: Language) -> dict[str, Any]:
    """The fields of an entry, its texts in one language."""
    fields = asdict(entry)
    return {name: value[language] if isinstance(value, dict) else value for name, value in fields.items()}


def _in_a_cell(value: Any) -> Any:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else value


def _noted(code: str, language: Language) -> tuple[str, ...]:
    """A remark for the JSON; on stderr too, so that nobody misses it beside a table."""
    remark = sentence(code, language)
    click.echo(remark, err=True)
    return (remark,)
