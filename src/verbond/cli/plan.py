"""`verbond plan`: small steps for tomorrow."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import click

from verbond.cli.output import engine_option, language_option, progress_on_terminal, rows_output
from verbond.results import Language, sentence

__all__ = ["plan"]

WIDEST = 100
"""Columns above which lines are hard to read."""
_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("source")
@click.option("--budget", type=float, help="Euro to divide over the steps that cost something a customer.")
@click.option("--sector", default="", help="Sector, for steps that suit one sector only.")
@click.option(
    "--periods", "n_periods", default=12, show_default=True, help="Periods that are carried forward."
)
@click.option("--most", default=7, show_default=True, help="Steps at most, 1 to 7.")
@click.option(
    "--promise", type=_file, help="TOML file with the promise.  [default: promise.toml in the folder]"
)
@click.option(
    "--diagnosis", "saved", type=_file,
    help="What `verbond diagnose --save` wrote of the same data, so that nothing is computed twice.",
)  # fmt: skip
@click.option(
    "--invite", type=click.Path(dir_okay=False, path_type=Path),
    help="Write a CSV of the customers to ask first: who showed interest and may be approached.",
)  # fmt: skip
@click.option(
    "--learned", type=_file, help="History that `verbond look --learned` wrote: what steps did here before."
)
@click.option("--n-invite", default=50, show_default=True, help="How many of them.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of everything random.")
@language_option
@engine_option
@rows_output
def plan(
    source: str,
    budget: float | None,
    sector: str,
    n_periods: int,
    most: int,
    promise: Path | None,
    saved: Path | None,
    invite: Path | None,
    n_invite: int,
    learned: Path | None,
    seed: int,
    language: Language,
    engine: str,
) -> Any:
    """At most seven small steps for tomorrow, with what each rests on.

    SOURCE is what `verbond diagnose` takes. The steps in words go to stderr, their figures to stdout: rungs
    gained a hundred customers reached, money a customer in three months, and what the step costs.

    \b
    Examples:
      verbond plan demo
      verbond plan my-data --budget 5000 --language nl
      verbond plan my-data --diagnosis march.verbond --invite people.csv
    """
    from verbond.diagnosis import diagnose, invite_list, load_diagnosis, make_plan, promise_beside, promise_of
    from verbond.diagnosis.plan.learning import learned_from, read_lessons
    from verbond.expressions import read_promise
    from verbond.tables import open_tables

    held = promise_beside(source) if promise is None else read_promise(promise)
    with progress_on_terminal(language) as progress:
        tables = open_tables(source, engine=engine)
        found = (
            load_diagnosis(saved)
            if saved is not None
            else diagnose(tables, promise=held, seed=seed, progress=progress)
        )
    made = make_plan(
        found, tables, promise=held or promise_of(tables), budget=budget, sector=sector, n_periods=n_periods,
        most=most, learned=learned_from(read_lessons(learned)) if learned is not None else None, seed=seed,
    )  # fmt: skip
    _say(made, language, found.name)
    if invite is not None:
        asked = invite_list(tables, found.ladder, n=n_invite)
        asked.write_csv(invite, language)
        click.echo(asked.headline.sentence(language), err=True)
    return made


def _say(made: Any, language: Language, company: str) -> None:
    """The plan in words, as wide as the terminal."""
    from verbond.reports.plan import budget_told, steps_told

    def say(text: str, indent: str = "") -> None:
        lines = click.wrap_text(text, min(shutil.get_terminal_size().columns, WIDEST), indent, indent)
        click.echo(lines, err=True)

    say(made.headline.sentence(language))
    for step in steps_told(made, language, company):
        click.echo("", err=True)
        say(f"{step.number}. {step.name} ({step.serves} · {step.effort})")
        for label, texts in (
            ("because", (step.because,)), ("first_hour", (step.first_hour,)), ("expects", step.expects),
            ("mind", (step.mind,)), ("stop", (step.stop,)),
        ):  # fmt: skip
            say(f"{sentence(f'plan_told.label_{label}', language)}: {' '.join(texts)}", "   ")
    for part in (budget_told(made, language), *((reason.sentence(language),) for reason in made.reasons)):
        for n, line in enumerate(part):
            click.echo("" if n else "\n", nl=False, err=True)
            say(line)
