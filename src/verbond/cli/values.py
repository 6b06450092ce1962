"""`verbond values`: what customers hold dear, what they see, and which values bite each other."""

from __future__ import annotations

import click

from verbond.cli.output import language_option, rows_output
from verbond.results import Language, Reason, Result

__all__ = ["values"]

key_option = click.option(
    "--key", type=click.Choice(["pvq21", "pvq40"]),
    help="Items are numbered as in this instrument; else columns carry the names of values (own_power).",
)  # fmt: skip
reversed_option = click.option(
    "--reversed-key", "reverse", is_flag=True, help="The lowest answer means 'very much like me'."
)


@click.group()
def values() -> None:
    """What customers hold dear, what they see in the company, and which values bite each other.

    \b
    Example:
      verbond values check "laagste prijs" "zorg voor de aarde"
    """


@values.command()
@click.argument("words", nargs=-1, required=True, metavar="WORD...")
@click.option(
    "--as", "confirmed", multiple=True, metavar="WORD=VALUE,VALUE",
    help="Which value of the circle a word stands for.",
)  # fmt: skip
@click.option(
    "--data", "source", help="Tables or a file with customers' own values, for what they say of it."
)
@key_option
@reversed_option
@language_option
@rows_output
def check(
    words: tuple[str, ...], confirmed: tuple[str, ...], source: str | None, key: str | None, reverse: bool,
    language: Language,
) -> Result:  # fmt: skip
    """Judge every pair of chosen values: opposing, tense, neutral or supporting, and why.

    WORD is the name of a value of the circle or any words of yours, in Dutch or English. What each word was
    taken for is said on stderr: confirm it, or correct it with --as.

    \b
    Example:
      verbond values check "laagste prijs" "bijdragen aan een duurzame wereld"
    """
    from verbond.values import check_values
    from verbond.values.needs import profiles_of_source

    customers = profiles_of_source(source, key=key, reverse=reverse) if source is not None else None
    result = check_values(
        words, confirmed=dict(_confirmed(text) for text in confirmed), customers=customers, language=language
    )
    _say(tuple(word.taken_for for word in result.words) + result.warnings, language)
    return result


def _confirmed(text: str) -> tuple[str, list[str]]:
    word, equals, names = text.rpartition("=")
    if not (word.strip() and equals and names.strip()):
        raise click.UsageError(f"--as {text!r} is not WORD=VALUE.")
    return word.strip(), [name.strip() for name in names.split(",") if name.strip()]


def _say(reasons: tuple[Reason, ...], language: Language) -> None:
    for reason in reasons:
        click.echo(reason.sentence(language), err=True)
