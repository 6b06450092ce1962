"""`verbond effects`: what our own actions do to the relationship."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from verbond.cli.effects_cards import card
from verbond.cli.effects_options import NAMES, joined, margins_of, named_number, say, say_experiment
from verbond.cli.effects_past import past
from verbond.cli.effects_tables import experiment
from verbond.cli.effects_targeted import targeted
from verbond.cli.effects_winning import channel, winning
from verbond.cli.output import language_option, rows_output
from verbond.results import Language, Result

__all__ = ["effects"]


@click.group()
def effects() -> None:
    """What our own actions do to the relationship.

    \b
    Example:
      verbond effects plan --effect 2 --sd 10
    """


effects.add_command(past)
effects.add_command(experiment)
effects.add_command(card)
effects.add_command(winning)
effects.add_command(channel)
effects.add_command(targeted)


@effects.command()
@click.option("--effect", type=float, required=True, help="The smallest effect worth knowing.")
@click.option("--sd", type=float, help="Standard deviation of the outcome among people.")
@click.option(
    "--baseline", type=float,
    help="Outcome without the action. Between 0 and 1 it is a share, to be compared with baseline + effect.",
)  # fmt: skip
@click.option(
    "--alpha", type=float, default=0.05, show_default=True, help="Chance of finding what is not there."
)
@click.option("--power", type=float, default=0.8, show_default=True, help="Chance of finding the effect.")
@click.option(
    "--ratio",
    type=float,
    default=1.0,
    show_default=True,
    help="People in each other arm for each in control.",
)
@click.option("--variants", type=int, default=1, show_default=True, help="Arms beside the control arm.")
@click.option("--outcomes", type=int, default=1, show_default=True, help="Outcomes that get a verdict.")
@click.option("--cluster-size", type=float, help="People a shop or adviser, where those are assigned whole.")
@click.option(
    "--icc", type=float, default=0.0, show_default=True, help="Share of the variance between clusters."
)
@click.option(
    "--cluster-cv",
    type=float,
    default=0.0,
    show_default=True,
    help="How much clusters differ in size: sd / mean.",
)
@click.option(
    "--covariate-correlation", type=float, default=0.0, show_default=True,
    help="Of the outcome with what is known beforehand.",
)  # fmt: skip
@click.option("--any-look", is_flag=True, help="Plan for looking and stopping at any moment.")
@click.option(
    "--response-rate", type=float, default=1.0, show_default=True, help="Share whose outcome becomes known."
)
@click.option("--traffic-per-day", type=float, help="People who can enter a day, all arms together.")
@language_option
@rows_output
def plan(language: Language, **options: Any) -> Result:
    """Work out how many people an experiment needs.

    The formula is a two-sided t-test of two means (exact), or with --baseline between 0 and 1 a two-sided
    comparison of two shares (normal approximation).

    \b
    Examples:
      verbond effects plan --effect 2 --sd 10 --power 0.9 --json
      verbond effects plan --effect 0.02 --baseline 0.10 --traffic-per-day 400
    """
    from verbond.effects import ExperimentPlanner

    result = ExperimentPlanner(**options).plan()
    say([result.headline, *result.reasons], language)
    return result


@effects.command()
@click.argument("data")
@click.option("--variant", required=True, help="Column that names the arm.")
@click.option("--control", required=True, help="The arm that the others are compared with.")
@click.option("--outcome", "outcomes", type=NAMES, multiple=True, help="Outcomes: columns of numbers.")
@click.option(
    "--covariate", "covariates", type=NAMES, multiple=True,
    help="Columns known before the assignment; all of them take noise away from every outcome (CUPED).",
)  # fmt: skip
@click.option("--ratio", "ratios", multiple=True, metavar="COL/COL", help="A ratio of totals as an outcome.")
@click.option(
    "--survival", "survivals", multiple=True, metavar="TIME:EVENT",
    help="How long followed, and whether that ended because it happened (1 or 0); longer is better.",
)  # fmt: skip
@click.option("--horizon", type=float, help="Times of --survival count up to this one.")
@click.option(
    "--error", "errors", multiple=True, metavar="COL=COL",
    help="An outcome that is a score, and the column of its standard error.",
)  # fmt: skip
@click.option(
    "--share", "shares", type=NAMES, multiple=True, help="Outcomes of 0 and 1 to compare as shares."
)
@click.option(
    "--ordinal", "ordinals", type=NAMES, multiple=True, help="Outcomes to compare by their order alone."
)
@click.option("--stratum", "strata", type=NAMES, multiple=True, help="Compare within these columns' values.")
@click.option("--cluster", help="Column that names the shop or adviser that was assigned as a whole.")
@click.option("--unit", help="Column that names the unit; those in two arms are left out.")
@click.option("--day", help="Column with the day of assignment.")
@click.option("--exposed", help="Column with the day on which the action reached the unit, or a mark.")
@click.option("--by", "groups", type=NAMES, multiple=True, help="Columns to break the effect down by.")
@click.option(
    "--margin", "margins", multiple=True, metavar="[COL=]NUMBER",
    help="The largest difference that makes no difference; may repeat.",
)  # fmt: skip
@click.option("--lower-is-better", type=NAMES, multiple=True, help="Outcomes of which less is better.")
@click.option(
    "--expected", multiple=True, metavar="ARM=SHARE", help="The share that the lot should give; may repeat."
)
@click.option("--any-look", is_flag=True, help="Intervals that hold whenever one looks.")
@click.option("--planned-n", type=int, help="Units in two arms at which those are narrowest.")
@click.option("--ci-level", type=float, default=0.95, show_default=True, help="Of the intervals.")
@language_option
@rows_output
def analyze(
    data: str, language: Language, ratios: Sequence[str], survivals: Sequence[str], errors: Sequence[str],
    shares: Sequence[Sequence[str]], ordinals: Sequence[Sequence[str]], margins: Sequence[str],
    expected: Sequence[str], **options: Any,
) -> Result:  # fmt: skip
    """Read an experiment: every variant beside control, on every outcome.

    DATA is a CSV, TSV, Parquet, XLSX or SAV file of one row a unit.

    \b
    Example:
      verbond effects analyze folder.csv --variant folder --control price --outcome trust,satisfaction --json
    """
    from verbond.effects import Experiment

    several = ("outcomes", "covariates", "strata", "groups", "lower_is_better")
    named = {name: joined(options.pop(name)) for name in several}
    as_shares, as_ordinals = joined(shares), joined(ordinals)
    named["outcomes"] = tuple(dict.fromkeys([*named["outcomes"], *as_shares, *as_ordinals]))
    result = Experiment(
        **options, **named,
        ratios=tuple(_pair(ratio) for ratio in ratios),
        survivals=tuple(_pair(one, ":", "a time and an event") for one in survivals),
        errors=dict(_pair(one, "=", "a score and its error") for one in errors),
        measures={**dict.fromkeys(as_shares, "share"), **dict.fromkeys(as_ordinals, "ordinal")},
        margin=margins_of(margins),
        expected=dict(map(named_number, expected)) or None,
    ).analyze(data)  # fmt: skip
    say_experiment(result, language)
    return result


@effects.command()
@click.argument("data")
@click.option("--outcome", "outcomes", type=NAMES, multiple=True, help="Outcomes: columns of numbers.")
@click.option(
    "--covariate", "covariates", type=NAMES, multiple=True, help="Columns known beforehand (CUPED)."
)
@click.option("--cluster", help="Column of rows that belong together; dealt out whole, analysed as if not.")
@click.option("--runs", type=int, default=1000, show_default=True, help="How many experiments.")
@click.option("--alpha", type=float, default=0.05, show_default=True, help="What a test promises.")
@click.option(
    "--share", type=float, default=0.5, show_default=True, help="Of the units that go to the variant."
)
@click.option("--effect", type=float, default=0.0, show_default=True, help="Added to the variant's outcomes.")
@click.option("--any-look", is_flag=True, help="Look twenty times and stop at the first find.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same.")
@language_option
@rows_output
def simulate(
    data: str, outcomes: Sequence[Sequence[str]], covariates: Sequence[Sequence[str]], language: Language,
    **options: Any,
) -> Result:  # fmt: skip
    """Run experiments in which nothing is done, on your own data, and count what they find.

    DATA is a file of one row a unit, as for analyze; which arm they were in plays no part.

    \b
    Example:
      verbond effects simulate folder.csv --outcome revenue --runs 2000 --json
    """
    from verbond.effects import Trial

    result = Trial(joined(outcomes), joined(covariates), **options).run(data)
    say([result.headline, *result.reasons], language)
    return result


@effects.command()
@click.option("--done", is_flag=True, help="The action has been done already.")
@click.option(
    "--lot", type=click.Choice(["people", "clusters", "no"]), default="people", show_default=True,
    help="Whether a lot may decide who gets it.",
)  # fmt: skip
@click.option("--in-steps", is_flag=True, help="Not everybody can or need get it at once.")
@click.option("--spills", is_flag=True, help="Who gets it affects who does not.")
@click.option("--others", is_flag=True, help="There are comparable customers whom it does not reach.")
@click.option(
    "--periods-before", type=int, default=0, show_default=True, help="Periods measured before the action."
)
@language_option
@rows_output
def design(language: Language, **options: Any) -> Result:
    """Choose the design that the situation allows, with reasons.

    \b
    Example:
      verbond effects design --lot no --others --periods-before 6
    """
    from verbond.effects import Situation, choose_design

    result = choose_design(Situation(**options))
    say([result.headline, *result.reasons], language)
    return result


@effects.command()
@click.argument("data")
@click.option("--unit", required=True, help="Column with a name for each unit.")
@click.option("--arm", "arms", multiple=True, required=True, metavar="NAME[=SHARE]", help="May repeat.")
@click.option("--stratum", "strata", type=NAMES, multiple=True, help="Columns to deal out within.")
@click.option("--unasked", type=float, default=0.0, show_default=True, help="Share of each arm not surveyed.")
@click.option("--one-by-one", is_flag=True, help="Each unit's arm depends on its own name alone.")
@click.option("--seed", type=int, required=True, help="Another one for each experiment.")
@click.option("--to", "target", type=click.Path(dir_okay=False), required=True, help="CSV or Parquet file.")
@language_option
@rows_output
def assign(
    data: str, unit: str, arms: Sequence[str], strata: Sequence[Sequence[str]], target: str,
    language: Language, **options: Any,
) -> Result:  # fmt: skip
    """Deal customers out to the arms of an experiment, by lot.

    DATA is a file of one row a unit.

    \b
    Example:
      verbond effects assign customers.csv --unit customer_id --arm price --arm care --seed 7 --to arms.csv
    """
    from pathlib import Path

    from verbond.effects import Assigner
    from verbond.errors import OptionError
    from verbond.tables import check_writable, write_columns

    check_writable(target)
    if Path(target).exists():
        raise OptionError(
            "the list is there already", got=target,
            hint="Who has got what stays known; choose another name to draw again.",
        )  # fmt: skip
    shares = dict(named_number(arm if "=" in arm else f"{arm}=1") for arm in arms)
    result = Assigner(shares, joined(strata), **options).assign(data, unit)
    write_columns(target, result.rows)
    say([result.headline, *result.reasons], language)
    return result


@effects.command()
@click.argument("page", type=click.Path(dir_okay=False))
@click.option("--check", is_flag=True, help="Only see whether PAGE is still what was agreed.")
@click.option("--hypothesis", default="", help="What you expect, in one sentence.")
@click.option("--action", default="", help="What is done, and to whom.")
@click.option("--control", default="", help="What the others get.")
@click.option("--outcome", "outcomes", type=NAMES, multiple=True, help="The most important one first.")
@click.option("--effect", "smallest_effect", type=float, help="The smallest effect worth knowing.")
@click.option("--n-per-arm", type=int, help="As plan gave it.")
@click.option("--variants", type=int, default=1, show_default=True, help="Arms beside the control arm.")
@click.option("--covariate", "covariates", type=NAMES, multiple=True, help="Known beforehand, and used.")
@click.option("--stratum", "strata", type=NAMES, multiple=True, help="Compared within these.")
@click.option("--cluster", help="What is assigned as a whole.")
@click.option("--margin", type=float, help="The largest difference that makes no difference.")
@click.option("--any-look", is_flag=True, help="You may look and stop at any moment.")
@click.option("--ends-on", type=click.DateTime(["%Y-%m-%d"]), help="Last day.")
@click.option("--exclusions", default="", help="Who is left out, and by which rule.")
@language_option
@rows_output
def register(page: str, check: bool, language: Language, **options: Any) -> Result:
    """Write down what is agreed beforehand, on a page that cannot be changed unseen.

    PAGE is a Markdown file; its last line is a hash of the rest. Send that line to a colleague.

    \b
    Example:
      verbond effects register folder.md --hypothesis "Care builds more trust." --action "the care folder"
        --control "the price folder" --outcome trust --effect 3 --n-per-arm 699
    """
    from pathlib import Path

    from verbond.effects import check_registration
    from verbond.errors import NotFoundError

    path = Path(page)
    if not check:
        _write_page(path, _registration(options).page(language))
    if not path.is_file():
        raise NotFoundError(f"no file {path}")
    result = check_registration(path.read_text("utf-8"))
    say([result.headline], language)
    return result


def _registration(options: dict[str, Any]) -> Any:
    import datetime as dt

    from verbond.effects import Registration
    from verbond.errors import OptionError

    for name, option in (("smallest_effect", "--effect"), ("n_per_arm", "--n-per-arm")):
        if options[name] is None:
            raise OptionError(f"{option} is needed", hint="verbond effects plan works it out.")
    for name in ("outcomes", "covariates", "strata"):
        options[name] = joined(options[name])
    ends_on = options.pop("ends_on")
    return Registration(
        **options, ends_on=None if ends_on is None else ends_on.date(), registered_on=dt.date.today()
    )


def _write_page(path: Any, text: str) -> None:
    """A page that is there already is not overwritten: it was agreed on."""
    from verbond.errors import OptionError

    if not path.parent.is_dir():
        raise OptionError("the folder is not there", got=str(path.parent), hint="Make it first.")
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise OptionError(
            "the page is there already", got=str(path), hint="What was agreed stays; choose another name."
        ) from None


def _pair(text: str, between: str = "/", what: str = "a ratio of two columns") -> tuple[str, str]:
    from verbond.errors import OptionError

    above, sign, below = text.partition(between)
    if not (sign and above and below):
        raise OptionError(f"not {what}", got=repr(text), expected=f"COLUMN{between}COLUMN")
    return above.strip(), below.strip()
