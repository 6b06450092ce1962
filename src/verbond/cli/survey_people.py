"""The commands of `verbond survey` that say something of people: levels, rungs, drivers, whom to ask."""

from __future__ import annotations

import click

from verbond.cli.answers import columns_of, say, scale_of, scale_option, texts_of
from verbond.cli.output import engine_option, language_option, progress_on_terminal, rows_output
from verbond.results import Language, Result

__all__ = ["PEOPLE"]

seed_option = click.option(
    "--seed", type=int, default=0, show_default=True, help="Of everything drawn by lot."
)


@click.command()
@click.argument("data")
@scale_option
@click.option("--group", "group_column", help="Column with the wave or form of each person.")
@click.option("--equal-slopes", is_flag=True, help="One slope for all items.")
@click.option(
    "--points", "n_points", type=click.IntRange(min=11), default=61, show_default=True,
    help="Grid points over the level.",
)  # fmt: skip
@click.option("--scores", "scores_file", type=click.Path(dir_okay=False), help="Write levels here, as CSV.")
@language_option
@rows_output
def graded(
    data: str, scales: tuple[str, ...], group_column: str | None, equal_slopes: bool, n_points: int,
    scores_file: str | None, language: Language,
) -> Result:  # fmt: skip
    """The graded response model of one scale: forms and waves on one scale.

    DATA is a file with a column an item and a row a respondent, where an empty cell is no answer; or a folder
    of tables, or "demo": there --scale is the name of a construct alone, and waves are the groups. Signs
    before items are not needed: the slope of an item that is worded the other way round is below zero.

    \b
    Example:
      verbond survey graded answers.csv --scale trust=q1,q2,q3,q4 --group wave --json
    """
    from pathlib import Path

    from verbond.survey.graded import GradedModel

    if len(scales) != 1:
        raise click.UsageError("Give one --scale: which items belong together?")
    if Path(data).is_file():
        items = [item.removeprefix("-") for item in scale_of(scales[0])[1]]
        groups = texts_of(data, group_column) if group_column is not None else None
        columns, who = columns_of(data, items), {}
    elif group_column is not None:
        raise click.UsageError("In tables waves are the groups; --group is for files.")
    else:
        columns, groups, who = _construct_of(data, scales[0])
    result = GradedModel(equal_slopes=equal_slopes, n_points=n_points).fit(
        columns, groups=groups, source=data
    )
    if scores_file is not None:
        _write_levels(result, columns, groups, who, scores_file)
    say(result.reasons, language)
    return result


def _construct_of(source: str, construct: str):
    """Columns of a construct's items in tables, each row's wave (None with one wave), and whose row it is."""
    from verbond.errors import OptionError
    from verbond.survey.scoring import scales_of
    from verbond.tables import open_tables
    from verbond.tables.reads.answers import answers

    with open_tables(source) as tables:
        asked = answers(tables)
        scales = {scale.name: scale for scale in scales_of(asked.items, tables.items)}
    if construct not in scales:
        raise OptionError("no such construct was asked", got=repr(construct), expected=", ".join(scales))
    scale = scales[construct]
    columns = {item: asked.values[:, c] for item, c in zip(scale.items, scale.columns, strict=True)}
    waves = {w for w in asked.waves if w is not None}
    who = {"respondent_id": asked.respondent_ids, "wave": asked.waves}
    return columns, asked.waves if len(waves) > 1 else None, who


def _write_levels(result, columns, groups, who, file: str) -> None:
    levels = result.scores(columns, groups=groups)
    who = who or {"row": range(1, len(levels.theta) + 1)}
    _write_columns(
        {**who, "theta": levels.theta, "standard_error": levels.standard_error, "n_items": levels.n_items},
        file,
    )


@click.command()
@click.argument("source")
@click.option(
    "--threshold", type=click.FloatRange(10, 90), help="Score from which a rung counts as attained.",
    show_default="58.3, where answers begin to agree",
)  # fmt: skip
@click.option(
    "--people", "people_file", type=click.Path(dir_okay=False), help="Write each person here, as CSV."
)
@seed_option
@engine_option
@language_option
@rows_output
def asked(
    source: str, threshold: float | None, people_file: str | None, seed: int, engine: str, language: Language
) -> Result:
    """Which rungs people say they have attained, how many skip which, and whether the order holds.

    SOURCE is a folder of tables, or "demo". It rests on answers alone; `verbond ladder fit` uses what
    customers do as well.

    \b
    Example:
      verbond survey asked demo --json
    """
    from verbond.survey import AskedRungs, Survey
    from verbond.tables import open_tables

    options = {} if threshold is None else {"threshold": threshold}
    with open_tables(source, engine=engine) as tables, progress_on_terminal(language) as progress:
        scores = Survey().fit(tables, progress).scores
    result = AskedRungs(seed=seed, **options).fit(scores, source=source)
    if people_file is not None:
        _write_columns(result.people, people_file)
    say((result.reason, *result.reasons), language)
    return result


def _write_columns(columns, file: str) -> None:
    import csv
    from pathlib import Path

    from verbond.results import plain, protect_cell

    with Path(file).open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(columns)
        for row in zip(*(plain(values) for values in columns.values()), strict=True):
            writer.writerow(["" if v is None else protect_cell(v) for v in row])


@click.command()
@click.argument("source")
@click.option(
    "--outcome", "outcomes", multiple=True, help="By default trust, commitment and engagement.",
)  # fmt: skip
@click.option(
    "--predictor", "predictors", multiple=True, metavar="COLUMN",
    help="SOURCE is then a file with a column each of these and each --outcome.",
)  # fmt: skip
@click.option(
    "--bootstrap", "n_bootstrap", type=click.IntRange(min=50), default=400, show_default=True,
    help="Samples of respondents for intervals.",
)  # fmt: skip
@seed_option
@engine_option
@language_option
@rows_output
def drivers(
    source: str, outcomes: tuple[str, ...], predictors: tuple[str, ...], n_bootstrap: int, seed: int,
    engine: str, language: Language,
) -> Result:  # fmt: skip
    """What trust, commitment and engagement go with, and how sure that is.

    SOURCE is a folder of tables, or "demo"; with --predictor a file of columns. Associations, not effects.

    \b
    Example:
      verbond survey drivers demo --outcome trust --json
    """
    from verbond.survey import Drivers, Survey
    from verbond.tables import open_tables

    options = {"outcomes": outcomes} if outcomes else {}
    model = Drivers(**options, predictors=predictors or None, n_bootstrap=n_bootstrap, seed=seed)
    if predictors:
        result = model.fit_columns(columns_of(source, [*predictors, *model.outcomes]), source=source)
    else:
        with open_tables(source, engine=engine) as tables, progress_on_terminal(language) as progress:
            result = model.fit(Survey().fit(tables, progress).scores, source=source)
    say([reason for outcome in result.outcomes for reason in outcome.reasons], language)
    say(result.reasons, language)
    return result


@click.command()
@click.argument("data")
@click.option(
    "--margin", "margins", multiple=True, metavar="COLUMN=CATEGORY:SHARE,CATEGORY:SHARE",
    help="Known shares of a column's categories in the population.",
)  # fmt: skip
@click.option("--by", "attributes", multiple=True, metavar="ATTRIBUTE", help="In tables: as all customers.")
@click.option("--mean", "means", multiple=True, metavar="COLUMN", help="A column to average with weights.")
@scale_option
@click.option("--base", "base_column", help="Column with design weights to start from.")
@click.option("--most", type=click.FloatRange(min=1), help="Cut weights at so many times their mean.")
@click.option("--out", "out_file", type=click.Path(dir_okay=False), help="Write the weights here, as CSV.")
@language_option
@rows_output
def weights(
    data: str, margins: tuple[str, ...], attributes: tuple[str, ...], means: tuple[str, ...],
    scales: tuple[str, ...], base_column: str | None, most: float | None, out_file: str | None,
    language: Language,
) -> Result:  # fmt: skip
    """Weigh respondents to known margins (raking), and say what the weights cost.

    DATA is a file with a row a respondent; or a folder of tables, or "demo", with --by: then construct means
    are given as if respondents were like all customers.

    \b
    Example:
      verbond survey weights answers.csv --margin age=young:0.4,old:0.6 --mean trust --out weights.csv
      verbond survey weights demo --by region
    """
    if bool(margins) == bool(attributes):
        raise click.UsageError("Give --margin for a file, or --by for tables.")
    if attributes:
        result = _weights_of_tables(data, attributes)
    else:
        result = _weights_of_file(data, margins, means, scales, base_column, most)
    if out_file is not None:
        _write_columns({"weight": result.weights}, out_file)
    say(result.reasons, language)
    return result


def _weights_of_tables(source: str, attributes: tuple[str, ...]):
    from verbond.survey import Survey, weigh_to_customers
    from verbond.tables import open_tables

    with open_tables(source) as tables:
        return weigh_to_customers(tables, Survey().fit(tables).scores, attributes)


def _weights_of_file(data, margins, means, scales, base_column, most):
    from verbond.survey.weights import rake, weighted_figures

    wanted = dict(_margin(text) for text in margins)
    groups = {name: texts_of(data, name) for name in wanted}
    by_scale = dict(scale_of(text) for text in scales)
    items = [item.removeprefix("-") for names in by_scale.values() for item in names]
    columns = columns_of(data, list(dict.fromkeys([*means, *items])))
    base = columns_of(data, [base_column])[base_column] if base_column is not None else None
    return weighted_figures(rake(groups, wanted, base=base, most=most), columns, by_scale, source=data)


def _margin(text: str) -> tuple[str, dict[str, float]]:
    name, _, parts = text.partition("=")
    try:
        pairs = [part.rpartition(":") for part in parts.split(",")]
        shares = {label.strip(): float(share) for label, _, share in pairs}
    except ValueError:
        shares = {}
    if not name.strip() or not shares or "" in shares:
        raise click.UsageError(f"--margin {text!r} is not COLUMN=CATEGORY:SHARE,CATEGORY:SHARE.")
    return name.strip(), shares


@click.command()
@click.argument("source")
@click.option("--n", "n_asked", type=click.IntRange(min=1), required=True, help="Customers to ask.")
@click.option(
    "--control", "n_control", type=click.IntRange(min=0), help="To leave alone; as many by default."
)
@click.option("--by", "strata", multiple=True, metavar="ATTRIBUTE", help="Draw within its categories.")
@click.option(
    "--base-rate", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=0.5, show_default=True,
    help="Share expected to do what the groups are compared on.",
)  # fmt: skip
@click.option(
    "--power", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=0.8, show_default=True
)
@click.option(
    "--out", "out_file", type=click.Path(dir_okay=False), required=True, help="CSV with both groups."
)
@seed_option
@engine_option
@language_option
@rows_output
def plan(
    source: str, n_asked: int, n_control: int | None, strata: tuple[str, ...], base_rate: float, power: float,
    out_file: str, seed: int, engine: str, language: Language,
) -> Result:  # fmt: skip
    """Draw whom to ask and whom to leave alone, by lot, before a wave goes out.

    SOURCE is a folder of tables with customers, or "demo". Keep the file: later it tells what asking did.

    \b
    Example:
      verbond survey plan demo --n 500 --by region --out wave.csv
    """
    from verbond.survey import SurveyPlanner
    from verbond.tables import open_tables

    planner = SurveyPlanner(
        n_asked, n_control=n_control, strata=strata, base_rate=base_rate, power=power, seed=seed
    )
    with open_tables(source, engine=engine) as tables:
        result = planner.plan(tables)
    _write_columns(result.assignment, out_file)
    say(result.reasons, language)
    return result


@click.command()
@click.argument("source")
@engine_option
@language_option
@rows_output
def employees(source: str, engine: str, language: Language) -> Result:
    """Whether all departments choose for the customer, as their employees answer it.

    SOURCE is a folder of tables, or "demo". Departments with fewer than five people are in no figure.

    \b
    Example:
      verbond survey employees demo --json
    """
    from verbond.survey import customer_orientation
    from verbond.tables import open_tables

    with open_tables(source, engine=engine) as tables:
        result = customer_orientation(tables)
    say(result.reasons, language)
    return result


@click.command()
@click.argument("source")
@click.option(
    "--by", "attributes", multiple=True, metavar="ATTRIBUTE", help="Break out a customer attribute."
)
@click.option(
    "--sure", type=click.FloatRange(0.5, 1, max_open=True), default=0.8, show_default=True,
    help="Probability from which a type is called somebody's.",
)  # fmt: skip
@click.option("--people", "people_file", type=click.Path(dir_okay=False), help="Write people here, as CSV.")
@engine_option
@language_option
@rows_output
def types(
    source: str, attributes: tuple[str, ...], sure: float, people_file: str | None, engine: str,
    language: Language,
) -> Result:  # fmt: skip
    """Which relationship each respondent has with the company, how high they answer throughout apart.

    SOURCE is a folder of tables, or "demo".

    \b
    Example:
      verbond survey types demo --by region --json
    """
    from verbond.survey import RelationshipTypes, Survey, customer_segments
    from verbond.tables import open_tables

    model = RelationshipTypes(sure=sure)
    with open_tables(source, engine=engine) as tables, progress_on_terminal(language) as progress:
        scores = Survey().fit(tables, progress).scores
        result = model.fit(scores, segments=customer_segments(tables, attributes), source=source)
    if people_file is not None:
        _write_columns(result.people, people_file)
    say(result.reasons, language)
    return result


@click.command()
@click.argument("source")
@click.option(
    "--group", type=click.Choice(["customer", "employee"]), default="customer", show_default=True,
    help="Whose answers.",
)  # fmt: skip
@click.option("--out", "out_file", type=click.Path(dir_okay=False), help="Write flagged rows here, as CSV.")
@engine_option
@language_option
@rows_output
def flags(source: str, group: str, out_file: str | None, engine: str, language: Language) -> Result:
    """Answers to look at: too fast, too straight, given twice, turned round. Nothing is dropped here.

    SOURCE is a folder of tables, or "demo".

    \b
    Example:
      verbond survey flags demo --out look.csv
    """
    from verbond.survey import flag_answers
    from verbond.tables import open_tables

    with open_tables(source, engine=engine) as tables:
        result = flag_answers(tables, group)
    if out_file is not None:
        _write_columns(result.rows, out_file)
    say(result.reasons, language)
    return result


PEOPLE = (graded, asked, drivers, weights, plan, employees, types, flags)
"""Commands that `verbond survey` takes in."""
