"""`verbond look`: what came of a step that was taken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from verbond.cli.output import engine_option, language_option, progress_on_terminal, rows_output
from verbond.results import Language

__all__ = ["look"]

_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("source")
@click.option("--step", "play_id", required=True, help="The step, as `verbond plan --csv` calls it.")
@click.option("--action", required=True, help="The action_id that it has in your data.")
@click.option(
    "--diagnosis", "saved", type=_file,
    help="What `verbond diagnose --save` wrote of the same data, so that nothing is computed twice.",
)  # fmt: skip
@click.option(
    "--learned", type=click.Path(dir_okay=False, path_type=Path),
    help="History of what was seen: read, then written with this one; `verbond plan --learned` rests on it.",
)  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of everything random.")
@language_option
@engine_option
@rows_output
def look(
    source: str, play_id: str, action: str, saved: Path | None, learned: Path | None, seed: int,
    language: Language, engine: str,
) -> Any:  # fmt: skip
    """Look again at a step that was taken: what came of it.

    SOURCE is what `verbond diagnose` takes, with the action in its tables: whom it reached (exposures), or
    what a lot gave whom (assignments). What came of it goes to stderr in words, its figures to stdout.

    \b
    Examples:
      verbond look demo --step ten_calls_a_week --action belrondje
      verbond look my-data --step reason_behind_a_no --action letter-3 --learned steps.jsonl
    """
    from verbond.diagnosis import diagnose, load_diagnosis
    from verbond.diagnosis.plan.learning import add_lesson, look_again, read_lessons
    from verbond.tables import open_tables

    history = read_lessons(learned) if learned is not None else []
    before = [seen for name, seen in history if name == play_id and seen.action != action]
    with progress_on_terminal(language) as progress:
        tables = open_tables(source, engine=engine)
        found = load_diagnosis(saved) if saved is not None else diagnose(tables, seed=seed, progress=progress)
    lesson = look_again(found, tables, play_id, action, before=before)
    for line in lesson.sentences(language):
        click.echo(line, err=True)
    if learned is not None:
        from verbond.results import sentence

        code = "written" if add_lesson(learned, lesson) else "not_written"
        click.echo(sentence(f"plan_learned.{code}", language, file=learned.name), err=True)
    return lesson
