"""`verbond ladder`: fit the ladder, score customers, look ahead, and ask why."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from verbond.cli.output import engine_option, language_option, progress_on_terminal, rows_output
from verbond.results import plain

__all__ = ["ladder"]

F = TypeVar("F", bound=Callable[..., Any])


@click.group()
def ladder() -> None:
    """Who stands on which rung, and what moves them.

    \b
    Example:
      verbond ladder fit demo --json
    """


_source = click.argument("source")
_STATED = {"yes": True, "no": False, "data": None}


def _share_or_data(ctx: click.Context, parameter: click.Parameter, value: str) -> float | None:
    if value == "data":
        return None
    try:
        return float(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is neither a number nor 'data'") from None


def _part(name: str, what: str, default: str = "data") -> Callable[[F], F]:
    """An option that switches a part of the model on or off, or leaves it to the data."""
    return click.option(
        name, type=click.Choice(list(_STATED)), default=default, show_default=True, help=what,
        callback=lambda ctx, parameter, value: _STATED[value],
    )  # fmt: skip


_MODEL_OPTIONS = (
    click.option(
        "--states", "n_states", default=6, show_default=True,
        help="Number of states; six are the rungs 0 to 5.",
    ),
    click.option(
        "--period", type=click.Choice(["month", "week", "quarter"]), default="month", show_default=True,
        help="Length of a step in time.",
    ),
    click.option(
        "--starts", "n_starts", default=10, show_default=True, help="Starts of the fit, each a little off."
    ),
    click.option(
        "--classes", "n_classes", type=click.IntRange(1, 4), default=None,
        help="Baseline classes for lasting differences between people; chosen by the data when not given.",
    ),
    click.option(
        "--movement", type=click.Choice(["ladder", "neighbours", "ordered", "free", "data"]),
        default="ladder", show_default=True,
        callback=lambda ctx, parameter, value: None if value == "data" else value,
        help="Which moves there are: steps and drops; steps; an ordered logit; all; or as the data say.",
    ),
    click.option(
        "--carry-over", default="0", show_default=True, metavar="SHARE|data", callback=_share_or_data,
        help="Share of an exposure that still acts a period later.",
    ),
    _part("--gone", "A state for customers who left without a word."),
    _part("--feedback", "Set every count against that of the period before."),
    _part("--class-movement", "Let baseline classes move differently."),
    _part("--actions-by-rung", "Let an action do other things on other rungs.", "no"),
    click.option("--seed", default=0, show_default=True, help="Of everything random."),
)  # fmt: skip


def _model_options(command: F) -> F:
    """What can be chosen of the model, on every command that fits one."""
    for option in reversed(_MODEL_OPTIONS):
        command = option(command)
    return command


_model = click.option(
    "--model", type=click.Path(dir_okay=False),
    help="A ladder that was fitted before and kept with fit --save: nothing is fitted again.",
)  # fmt: skip


@ladder.command()
@_source
@_model_options
@click.option(
    "--segment", "segments", multiple=True, help="Customer attribute to break out; may be given again."
)
@click.option(
    "--save", type=click.Path(dir_okay=False), help="File to keep the fitted ladder in, for --model."
)
@click.option(
    "--resume", type=click.Path(dir_okay=False),
    help="File that keeps how far the fit is: stop it, repeat the command, and it goes on from there.",
)  # fmt: skip
@engine_option
@language_option
@rows_output
def fit(source: str, save: str | None, engine: str, language: str, **options: Any) -> Any:
    """Fit the ladder to SOURCE: a folder of tables, demo or complete-journey.

    The survey is scored first where there are answers. The table is the share of customers on each rung per
    period, with intervals; --json gives everything.

    \b
    Examples:
      verbond ladder fit demo --json
      verbond ladder fit demo --save demo.ladder
      verbond ladder fit demo --resume demo.part --save demo.ladder
    """
    with progress_on_terminal(language) as progress:
        _, result = _fitted(source, engine, progress, **options)
    _say(result.reasons, language)
    if save is not None:
        from verbond.ladder import save_ladder

        save_ladder(result, save)
    return result


@ladder.command()
@_source
@click.option(
    "--out", required=True, type=click.Path(dir_okay=False),
    help="File to write: .csv or .parquet; without either of these, a new folder of Parquet files.",
)  # fmt: skip
@click.option(
    "--kind", type=click.Choice(["smoothed", "filtered"]), default="smoothed", show_default=True,
    help="Given everything known of a customer, or only what was known by then.",
)  # fmt: skip
@click.option(
    "--crm", is_flag=True,
    help="One row a customer, of the last period: also the likeliest rung, movement, and why.",
)  # fmt: skip
@_model
@_model_options
@engine_option
@language_option
def score(source: str, out: str, kind: str, crm: bool, engine: str, language: str, **options: Any) -> None:
    """Write the probability of each rung per customer and period of SOURCE.

    Fits the ladder first, unless --model gives one that was fitted before.

    \b
    Examples:
      verbond ladder score demo --out rungs.csv
      verbond ladder score demo --model demo.ladder --crm --out customers.csv
    """
    from verbond.tables import check_writable

    in_parts = not crm and not Path(out).suffix
    if not in_parts:
        check_writable(out)
    with progress_on_terminal(language) as progress:
        tables, result = _fitted(source, engine, progress, judging=False, **options)
    _say(result.reasons, language)
    if in_parts:
        result.write_scores(tables, out, kind)  # type: ignore[arg-type]
        return
    written = result.customer_file(tables) if crm else result.score(tables, kind)  # type: ignore[arg-type]
    written.write(out)


@ladder.command()
@_source
@click.option(
    "--plan", multiple=True, required=True, metavar="LINE",
    help="KIND:EXPOSURES a period, then :rungs=1-2 or :ATTRIBUTE=VALUE, :periods=1-3; may be given again.",
)  # fmt: skip
@click.option(
    "--base", multiple=True, metavar="LINE", help="The plan to compare with; without it nobody is reached."
)
@click.option("--periods", "n_periods", default=12, show_default=True, help="How far ahead.")
@click.option(
    "--discount", default=0.99, show_default=True, help="Worth of the next period against this one."
)
@click.option("--value", "valued", help="Kind of event in which rungs are valued; purchases if not given.")
@_model
@_model_options
@engine_option
@language_option
@rows_output
def simulate(
    source: str, plan: tuple[str, ...], base: tuple[str, ...], n_periods: int, discount: float,
    valued: str | None, engine: str, language: str, seed: int, **options: Any,
) -> Any:  # fmt: skip
    """Carry a plan of actions forward from where the customers of SOURCE stand now.

    The table has each period's shares, moves and events under the base and under the plan, and their
    difference with its interval. Messages say whether a difference is an effect or an association.

    \b
    Examples:
      verbond ladder simulate demo --plan invitation:1:rungs=3-4:periods=1-3
      verbond ladder simulate demo --model demo.ladder --plan campaign:1 --base discount:1 --json
    """
    from verbond.ladder import parse_plan

    steps, basis = parse_plan(plan), parse_plan(base)
    with progress_on_terminal(language) as progress:
        tables, result = _fitted(source, engine, progress, seed=seed, **options)
    found = result.what_if(
        tables, steps, base=basis, n_periods=n_periods, discount=discount, valued=valued, seed=seed
    )
    _say(found.reasons, language)
    return found


@ladder.command()
@_source
@_model
@_model_options
@engine_option
@language_option
@rows_output
def check(source: str, engine: str, language: str, seed: int, **options: Any) -> Any:
    """Put the last periods of SOURCE aside: are the chances right, and are simpler ways beaten?

    The table sets the ladder beside its rivals in predicting the next period; --json adds calibration.

    \b
    Examples:
      verbond ladder check demo
      verbond ladder check demo --model demo.ladder --json
    """
    with progress_on_terminal(language) as progress:
        tables, result = _fitted(source, engine, progress, uncertainty=False, seed=seed, **options)
    found = result.check(tables, seed=seed)
    _say(found.reasons, language)
    return found


@ladder.command()
@_source
@click.option("--customer", metavar="ID", help="Why this customer is thought to stand where they stand.")
@click.option("--json", "as_json", is_flag=True, help="Write everything as JSON.")
@_model
@_model_options
@engine_option
@language_option
def explain(
    source: str, customer: str | None, as_json: bool, engine: str, language: str, seed: int, **options: Any
) -> None:
    """Say what the ladder of SOURCE shows, a sentence a finding; or why, for one customer.

    \b
    Examples:
      verbond ladder explain demo --language nl
      verbond ladder explain demo --model demo.ladder --customer c000042
    """
    from verbond.ladder import explain_customer, findings

    with progress_on_terminal(language) as progress:
        needed = customer is None
        tables, result = _fitted(source, engine, progress, seed=seed, uncertainty=needed, **options)
    if customer is not None:
        one = explain_customer(result, tables, customer)
        reasons, whole = one.reasons, one.to_dict()
    else:
        trial = result.check(tables, seed=seed)
        reasons = findings(result, trial)
        whole = {"findings": [reason.to_dict() for reason in reasons], "trial": trial.to_dict()}
    if as_json:
        click.echo(json.dumps(plain(whole), ensure_ascii=False, indent=2, allow_nan=False))
        return
    for reason in reasons:
        click.echo(reason.sentence(language))


def _say(reasons: Any, language: str) -> None:
    """Messages go to stderr."""
    for reason in reasons:
        click.echo(reason.sentence(language), err=True)


def _fitted(
    source: str, engine: str, progress: Any, *, model: str | None = None, uncertainty: bool = True,
    judging: bool = True, resume: str | None = None, **options: Any,
) -> Any:  # fmt: skip
    """Tables with scores, and the ladder fitted to them or read from a file."""
    from verbond.ladder import Ladder, load_ladder
    from verbond.survey import Survey
    from verbond.tables import open_tables

    known = None if model is None else load_ladder(model)
    tables = open_tables(source, engine=engine)
    if "responses" in tables and "scores" not in tables:
        scores = Survey().fit(tables, progress=progress).scores
        if len(scores["respondent_id"]):
            tables = tables.add("scores", scores)
    if known is not None:
        return tables, known
    options["by_rung"] = options.pop("actions_by_rung")
    ladder = Ladder(**options)
    return tables, ladder.fit(
        tables, progress=progress, uncertainty=uncertainty, judging=judging, checkpoint=resume
    )
