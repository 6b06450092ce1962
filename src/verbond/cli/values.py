"""`verbond values`: what customers hold dear, what they see, and which values bite each other."""

from __future__ import annotations

import click

from verbond.cli.output import language_option, progress_on_terminal, rows_output
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


@values.command()
@click.argument("data", required=False)
@click.option(
    "--cor", "cor_file", type=click.Path(dir_okay=False),
    help="A correlation matrix instead of DATA: JSON with names and cor, or a CSV.",
)  # fmt: skip
@click.option("--side", type=click.Choice(["own", "seen"]), default="own", show_default=True,
    help="What people hold dear, or what they see in the company.",
)  # fmt: skip
@key_option
@reversed_option
@click.option(
    "--kind", type=click.Choice(["ordinal", "interval", "ratio"]), default="ordinal", show_default=True,
    help="What of the dissimilarities counts: order, differences or ratios.",
)  # fmt: skip
@click.option(
    "--bootstrap", "n_bootstrap", type=click.IntRange(min=0), default=500, show_default=True,
    help="Samples of respondents for the regions.",
)  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True, help="Of everything random.")
@language_option
@rows_output
def circle(
    data: str | None, cor_file: str | None, side: str, key: str | None, reverse: bool, kind: str,
    n_bootstrap: int, seed: int, language: Language,
) -> Result:  # fmt: skip
    """Where each value lies by these people's own answers, and how well the theory's order is found.

    DATA is a file with a column a value (own_power, own_security, ...) or an item (--key), a folder of
    tables, or "demo".

    \b
    Example:
      verbond values circle demo --json
    """
    from verbond.values import ValueCircle
    from verbond.values.circle import read_correlations
    from verbond.values.needs import profiles_of_source

    if (data is None) == (cor_file is None):
        raise click.UsageError("Give either DATA or --cor.")
    model = ValueCircle(kind, n_bootstrap=n_bootstrap, seed=seed)
    if cor_file is not None:
        result = model.fit_correlations(*read_correlations(cor_file))
    else:
        found = profiles_of_source(str(data), side, key=key, reverse=reverse, any_names=True)
        result = model.fit(found)
    _say(result.reasons, language)
    return result


@values.command()
@click.argument("data")
@click.option("--own", required=True, metavar="COLUMN", help="What people hold dear.")
@click.option("--seen", required=True, metavar="COLUMN", help="What they see, on the same scale.")
@click.option("--outcome", required=True, metavar="COLUMN", help="What may go with the match: trust, say.")
@click.option("--person", metavar="COLUMN", help="Who answered, a number: looks within people over time.")
@click.option("--centre", type=float, default=0.0, show_default=True,
    help="Taken off own and seen: the middle of their scale.",
)  # fmt: skip
@click.option("--bootstrap", "n_bootstrap", type=click.IntRange(min=0), default=500, show_default=True,
    help="Samples of people for the stationary point and the axes.",
)  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True, help="Of the bootstrap.")
@language_option
@rows_output
def surface(
    data: str, own: str, seen: str, outcome: str, person: str | None, centre: float, n_bootstrap: int,
    seed: int, language: Language,
) -> Result:  # fmt: skip
    """What a match of values goes with: polynomial regression and its response surface.

    DATA is a file with a row an answer and columns of numbers. Association, not effect.

    \b
    Example:
      verbond values surface answers.csv --own own_care --seen seen_care --outcome trust --json
    """
    from verbond.results import Provenance
    from verbond.tables.column_file import ColumnFile
    from verbond.values import ResponseSurface

    wanted = dict.fromkeys([own, seen, outcome, *([person] if person is not None else [])])
    with ColumnFile(data) as file:
        columns = file.numbers(list(wanted))
    result = ResponseSurface(centre, n_bootstrap=n_bootstrap, seed=seed).fit(
        columns[own], columns[seen], columns[outcome],
        people=columns[person] if person is not None else None,
        names=(own, seen, outcome), provenance=Provenance(source=data, seed=seed),
    )  # fmt: skip
    _say(result.reasons, language)
    return result


@values.command()
@click.argument("source")
@click.option("--side", type=click.Choice(["own", "seen"]), default="own", show_default=True,
    help="What people hold dear, or what they see in the company.",
)  # fmt: skip
@click.option("--group", type=click.Choice(["customer", "employee"]), default="customer", show_default=True,
    help="Whose answers, where SOURCE is a folder of tables.",
)  # fmt: skip
@key_option
@reversed_option
@language_option
@rows_output
def profile(
    source: str, side: str, group: str, key: str | None, reverse: bool, language: Language
) -> Result:  # fmt: skip
    """The value profile of a group: means, centred on each person's mean over all items, with intervals.

    SOURCE is a file with a column a value (own_power, ...) or an item (--key), a folder of tables, or "demo".

    \b
    Example:
      verbond values profile answers.csv --key pvq21 --json
    """
    from verbond.values import profile_result
    from verbond.values.needs import profiles_of_source

    found = profiles_of_source(source, side, key=key, reverse=reverse, group=group)
    result = profile_result(found, own=side == "own")
    _say(result.questions, language)
    return result


@values.command()
@click.argument("source")
@language_option
@rows_output
def departments(source: str, language: Language) -> Result:
    """Identity against image: which departments see the company as its customers do.

    SOURCE is a folder of tables, or "demo". Departments with fewer than five answers are in no figure.

    \b
    Example:
      verbond values departments demo
    """
    from verbond.errors import NotFoundError
    from verbond.tables import open_tables
    from verbond.values import compare_identity
    from verbond.values.needs import identity_of_tables, profiles_of_tables

    with open_tables(source) as tables:
        identity, image = identity_of_tables(tables), profiles_of_tables(tables, "seen")
    if identity is None or image is None:
        who = "employees" if identity is None else "customers"
        raise NotFoundError(
            f"no {who} in {source} were asked which values they see in the company",
            hint="The questionnaires ask: verbond method questionnaire.",
        )
    result = compare_identity(identity, image)
    _say(result.reasons, language)
    return result


@values.command()
@click.argument("source")
@click.option("--seed", type=int, default=0, show_default=True, help="Of everything random.")
@language_option
@rows_output
def fit(source: str, seed: int, language: Language) -> Result:
    """All that tables tell of values: profiles, circle, congruence, surfaces, identity, contradictions.

    SOURCE is a folder of tables, or "demo".

    \b
    Example:
      verbond values fit demo --json
    """
    from verbond.survey import Survey
    from verbond.tables import open_tables
    from verbond.values import Values

    with open_tables(source) as tables, progress_on_terminal(language) as progress:
        if "responses" in tables and "scores" not in tables:
            tables = tables.add("scores", Survey().fit(tables, progress).scores)
        result = Values(seed=seed).fit(tables, progress)
    _say(result.reasons, language)
    return result


@values.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False))
@language_option
@rows_output
def picks(file: str | None, language: Language) -> Result:
    """The short way: what a group picked from a list of words; without FILE, the list itself.

    FILE is a CSV with the columns person, side (own, seen or wished) and word, a row a word.

    \b
    Example:
      verbond values picks --language nl --csv
    """
    from verbond.values.picks import PickList, compare_picks, read_picks

    if file is None:
        return PickList.of(language)
    result = compare_picks(read_picks(file), language=language)
    _say(result.warnings, language)
    return result


def _confirmed(text: str) -> tuple[str, list[str]]:
    word, equals, names = text.rpartition("=")
    if not (word.strip() and equals and names.strip()):
        raise click.UsageError(f"--as {text!r} is not WORD=VALUE.")
    return word.strip(), [name.strip() for name in names.split(",") if name.strip()]


def _say(reasons: tuple[Reason, ...], language: Language) -> None:
    for reason in reasons:
        click.echo(reason.sentence(language), err=True)
