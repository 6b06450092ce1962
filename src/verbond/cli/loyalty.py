"""`verbond loyalty`: what customers intend, what they do, and whether they will be back."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import click

from verbond.cli.loyalty_asked import hidden, reactivity
from verbond.cli.loyalty_longer import conscious, longer
from verbond.cli.loyalty_referrals import referrals
from verbond.cli.output import engine_option, language_option, progress_on_terminal, rows_output, say_found
from verbond.cli.sources import opened_for_groups
from verbond.results import Language, Reason, Result

__all__ = ["loyalty"]

TIMED = ("bg-nbd", "mbg-nbd", "pareto-nbd", "bg-cnbd-k", "mbg-cnbd-k")
MODELS = (*TIMED, "bg-bb", "gamma-gamma", "sbg", "bdw")


@click.group()
def loyalty() -> None:
    """Loyalty is behaviour: what customers intend, what they do, and whether they will be back.

    \b
    Example:
      verbond loyalty intentions demo
    """


loyalty.add_command(conscious)
loyalty.add_command(longer)
loyalty.add_command(referrals)
loyalty.add_command(hidden)
loyalty.add_command(reactivity)


@loyalty.command()
@click.argument("source")
@click.option(
    "--horizon-days", type=click.IntRange(min=1), default=180, show_default=True,
    help="How long after an answer behaviour counts.",
)  # fmt: skip
@click.option("--by", multiple=True, help="Groups: an attribute of customers, rung or type; may repeat.")
@engine_option
@language_option
@rows_output
def intentions(
    source: str, horizon_days: int, by: tuple[str, ...], engine: str, language: Language
) -> Result:
    """Set what people said they would do beside what they did.

    With --json also answer by answer, how well answers sort people, and what they add to people's own past.

    SOURCE is a folder of tables, or "demo".

    \b
    Example:
      verbond loyalty intentions demo --by region --json
    """
    from verbond.loyalty import IntentionGap

    with progress_on_terminal(language) as progress, opened_for_groups(source, engine, by=by) as tables:
        result = IntentionGap(horizon_days=horizon_days, by=by).fit(tables, progress)
    say_found(result, language)
    return result


@loyalty.command()
@click.argument("source")
@click.option(
    "--new-days", type=click.IntRange(min=1), default=90, show_default=True,
    help="How long after their first purchase customers are new.",
)  # fmt: skip
@click.option(
    "--horizon-days", type=click.IntRange(min=1), default=90, show_default=True,
    help="How long purchases count after one purchase.",
)  # fmt: skip
@click.option("--by", multiple=True, help="Groups: an attribute of customers, rung or type; may repeat.")
@engine_option
@language_option
@rows_output
def promotion(
    source: str, new_days: int, horizon_days: int, by: tuple[str, ...], engine: str, language: Language
) -> Result:
    """Count what is bought on discount, by whom, and what follows it.

    SOURCE is a folder of tables, "demo" or "complete-journey". Where purchases name their product, --json
    also says how quantity goes with discount and price (elasticity).

    \b
    Example:
      verbond loyalty promotion demo --by region --json
    """
    from verbond.loyalty import Promotion

    with progress_on_terminal(language) as progress, opened_for_groups(source, engine, by=by) as tables:
        result = Promotion(new_days, horizon_days, by=by).fit(tables, progress)
    say_found(result, language)
    if result.elasticity is not None:
        _say(result.elasticity.reasons, language)
    return result


_DAY = click.DateTime(["%Y-%m-%d"])


@loyalty.command()
@click.argument("source")
@click.option("--from", "start", type=_DAY, help="First day of the later period.")
@click.option("--to", "last", type=_DAY, help="Last day of the later period.")
@click.option("--against", type=_DAY, help="First day of the earlier period, of as many days.")
@click.option("--by", multiple=True, help="Groups: an attribute of customers, rung or type; may repeat.")
@click.option(
    "--method", type=click.Choice(["lmdi", "shapley"]), default="lmdi", show_default=True,
    help="How a change is shared out.",
)  # fmt: skip
@engine_option
@language_option
@rows_output
def growth(
    source: str, start: Any, last: Any, against: Any, by: tuple[str, ...], method: str, engine: str,
    language: Language,
) -> Result:  # fmt: skip
    """Split a change of revenue into customers, orders, items, prices and discount.

    SOURCE is a folder of tables, "demo" or "complete-journey". Without dates: the last twelve complete months
    against the twelve before, or the later half of the months against the earlier.

    \b
    Example:
      verbond loyalty growth demo --by region --json
    """
    from verbond.loyalty import Growth

    with progress_on_terminal(language) as progress, opened_for_groups(source, engine, by=by) as tables:
        first, second = _periods(tables, start, last, against)
        result = Growth(first, second, by=by, method=method).fit(tables, progress)
    say_found(result, language)
    return result


def _periods(tables: Any, start: Any, last: Any, against: Any) -> tuple[Any, Any]:
    from verbond.errors import OptionError
    from verbond.loyalty.growth import earlier_period

    if start is None and last is None and against is None:
        return None, None
    if start is None or last is None:
        raise OptionError("a period needs both ends", expected="--from and --to")
    second = start.date(), last.date() + dt.timedelta(days=1)
    if second[0] >= second[1]:
        raise OptionError("--to is before --from", got=f"{start.date()} {last.date()}")
    if against is None:
        return earlier_period(tables, second), second
    return (against.date(), against.date() + (second[1] - second[0])), second


@loyalty.command()
@click.argument("source")
@click.option(
    "--horizon-days", type=click.IntRange(min=1), default=91, show_default=True, help="How far to look ahead."
)
@engine_option
@language_option
@rows_output
def outlook(source: str, horizon_days: int, engine: str, language: Language) -> Result:
    """Say how many customers will buy again, and how often.

    The model is chosen on the first two thirds of the data and checked on the last. SOURCE is a file or
    folder with events, "demo" or "complete-journey".

    \b
    Example:
      verbond loyalty outlook demo --horizon-days 91 --json
    """
    from verbond.loyalty import Outlook
    from verbond.tables import open_tables

    with open_tables(source, engine=engine) as tables:
        result = Outlook(horizon_days=horizon_days).fit(tables)
    say_found(result, language)
    return result


@loyalty.command()
@click.argument("data")
@click.option("--model", type=click.Choice(MODELS), default="bg-nbd", show_default=True, help="Which model.")
@click.option(
    "--unit", type=click.Choice(["day", "week"]), default="week", show_default=True,
    help="Unit of time, where DATA holds events.",
)  # fmt: skip
@click.option(
    "--covariate", "covariates", multiple=True,
    help="What may move the rates: a column of DATA or an attribute of customers; may repeat.",
)  # fmt: skip
@click.option("--by", help="A model for each of these groups: an attribute of customers, rung or type.")
@language_option
@rows_output
def fit(
    data: str, model: str, unit: str, covariates: tuple[str, ...], by: str | None, language: Language
) -> Result:
    """Fit a model of buying and leaving.

    DATA is a file with a row a customer (frequency, recency, T, and if there are any monetary_value and
    weight), for sbg and bdw a file with a column survivors (at the start, after one renewal, ...), or a file
    or folder with events.

    \b
    Example:
      verbond loyalty fit customers.csv --model bg-nbd --json
    """
    from verbond.cli.loyalty_data import read_buying
    from verbond.loyalty import BuyTillYouDie

    BuyTillYouDie(model, covariates)  # refuses before anything is read
    if by is not None:
        return _by_segment(data, model, 1 if unit == "day" else 7, by, language)
    found, reasons = read_buying(data, model, 1 if unit == "day" else 7, covariates)
    result = BuyTillYouDie(model, tuple(found.covariates) if covariates else ()).fit(found)
    result = dataclasses.replace(
        result, reasons=reasons + result.reasons,
        provenance=dataclasses.replace(result.provenance, source=data),
    )  # fmt: skip
    _say(result.reasons, language)
    return result


def _by_segment(data: str, model: str, unit_days: int, by: str, language: Language) -> Result:
    from verbond.loyalty.buying import Segments
    from verbond.tables import open_tables

    with open_tables(data) as tables:
        result = Segments(by, model, unit_days).fit(tables)
    _say(result.reasons, language)
    return result


@loyalty.command()
@click.argument("source")
@click.option("--until", type=_DAY, required=True, help="Last day that the model sees; the rest is held out.")
@click.option(
    "--model", type=click.Choice(TIMED), default="bg-nbd", show_default=True, help="Which model.",
)  # fmt: skip
@click.option(
    "--unit", type=click.Choice(["day", "week"]), default="week", show_default=True, help="Unit of time.",
)  # fmt: skip
@engine_option
@language_option
@rows_output
def holdout(source: str, until: Any, model: str, unit: str, engine: str, language: Language) -> Result:
    """Fit a model to purchases until a day and hold it against those after it.

    SOURCE is a file or folder with events, or "demo".

    \b
    Example:
      verbond loyalty holdout demo --until 2025-06-30 --json
    """
    from verbond.loyalty.buying.reading import held_out
    from verbond.tables import open_tables

    with open_tables(source, engine=engine) as tables:
        result = held_out(tables, model, until.date(), 1 if unit == "day" else 7)
    _say(result.reasons, language)
    return result


@loyalty.command()
@click.argument("source")
@click.option(
    "--by", multiple=True,
    help="Groups: an attribute of customers, rung, type, complaints or discount; may repeat.",
)  # fmt: skip
@click.option(
    "--horizon-days", type=click.IntRange(min=1), default=365, show_default=True,
    help="How far ahead to tell who is still there.",
)  # fmt: skip
@engine_option
@language_option
@rows_output
def staying(source: str, by: tuple[str, ...], horizon_days: int, engine: str, language: Language) -> Result:
    """Count how long customers stay, and which groups leave sooner.

    SOURCE is a folder of tables, or "demo". Leaving is a recorded cancellation; silence is none.

    \b
    Example:
      verbond loyalty staying demo --by region --by complaints --json
    """
    from verbond.loyalty import Staying

    with progress_on_terminal(language) as progress, opened_for_groups(source, engine, by=by) as tables:
        result = Staying(by, horizon_days).fit(tables, progress)
    say_found(result, language)
    return result


def _say(reasons: tuple[Reason, ...], language: Language) -> None:
    for reason in reasons:
        click.echo(reason.sentence(language), err=True)
