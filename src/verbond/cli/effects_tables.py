"""`verbond effects experiment`: an experiment whose arms and outcomes stand in the tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from verbond.cli.effects_options import NAMES, joined, margins_of, named_number, say_experiment
from verbond.cli.output import engine_option, language_option, rows_output
from verbond.results import Language, Result

__all__ = ["experiment"]


@click.command()
@click.argument("source")
@click.option("--action", required=True, help="The action, as in assignments or exposures.")
@click.option("--control", required=True, help="The arm that the others are compared with.")
@click.option(
    "--outcome", "outcomes", type=NAMES, multiple=True, required=True,
    help="purchases, revenue, margin, complaints, referrals, contributions, contacts, stays, rung; a "
    "construct such as trust; or an item.",
)  # fmt: skip
@click.option(
    "--days", type=click.IntRange(1), default=90, show_default=True,
    help="Behaviour counts from the day of the lot on; as many days before it take noise away.",
)  # fmt: skip
@click.option("--by", type=NAMES, multiple=True, help="Break effects down by type, rung or attributes.")
@click.option("--stratum", "strata", type=NAMES, multiple=True, help="Compare within these.")
@click.option(
    "--covariate", "covariates", type=NAMES, multiple=True,
    help="Further outcomes whose value before the lot takes noise away.",
)  # fmt: skip
@click.option(
    "--margin", "margins", multiple=True, metavar="[OUTCOME=]NUMBER",
    help="The largest difference that makes no difference; may repeat.",
)  # fmt: skip
@click.option("--lower-is-better", type=NAMES, multiple=True, help="Outcomes of which less is better.")
@click.option(
    "--expected", multiple=True, metavar="ARM=SHARE", help="The share that the lot should give; may repeat."
)
@click.option("--any-look", is_flag=True, help="Intervals that hold whenever one looks.")
@click.option("--planned-n", type=int, help="Units in two arms at which those are narrowest.")
@click.option("--ci-level", type=float, default=0.95, show_default=True, help="Of the intervals.")
@engine_option
@language_option
@rows_output
def experiment(
    source: str, margins: Sequence[str], expected: Sequence[str], engine: str, language: Language,
    **options: Any,
) -> Result:  # fmt: skip
    """Read an experiment out of the tables: who got what by lot, and what came of it.

    SOURCE is a folder of tables with assignments (or exposures with a variant, of an action that is marked as
    randomised), or "demo". Answers are scored and the ladder is fitted where an outcome or group asks for it.

    \b
    Example:
      verbond effects experiment demo --action folder-2026 --control price --outcome folder_fits --json
    """
    from verbond.cli.sources import opened_for_groups
    from verbond.effects import ActionExperiment
    from verbond.tables import CONSTRUCTS

    several = ("outcomes", "by", "strata", "covariates", "lower_is_better")
    named = {name: joined(options.pop(name)) for name in several}
    design = ActionExperiment(
        **options, **named, margin=margins_of(margins), expected=dict(map(named_number, expected)) or None
    )
    asked = {*named["outcomes"], *named["covariates"], *named["by"], *named["strata"]}
    needed = [name for name in ("type", "rung") if name in asked]
    needed += ["type"] if asked & {*CONSTRUCTS} else []
    with opened_for_groups(source, engine, by=needed) as tables:
        result = design.analyze(tables)
    say_experiment(result, language)
    return result
