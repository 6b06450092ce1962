"""`verbond`: every command, imported only when it is called."""

from __future__ import annotations

import importlib
import os
import sys

import click

from verbond.errors import VerbondError
from verbond.version import __version__

__all__ = ["COMMANDS", "cli", "main"]

COMMANDS = {
    "backup": ("verbond.web.commands", "A whole installation as one file."),
    "canvas": ("verbond.cli.canvas", "What came out of a canvas, as files; and what changed."),
    "diagnose": ("verbond.cli.diagnose", "See what relationship a company has with its customers."),
    "doctor": ("verbond.web.commands", "What is well with an installation, and what is not."),
    "effects": ("verbond.cli.effects", "What our own actions do to the relationship: experiments."),
    "expressions": ("verbond.cli.expressions", "What we say and write: the relationship that it offers."),
    "ladder": ("verbond.cli.ladder", "Who stands on which rung, and what moves them."),
    "listen": ("verbond.cli.listen", "Questionnaires, before anybody is asked."),
    "look": ("verbond.cli.look", "Look again at a step that was taken: what came of it."),
    "loyalty": ("verbond.cli.loyalty", "What customers intend, what they do, and whether they will be back."),
    "method": ("verbond.cli.method", "The method as data: rungs, values, questionnaires, handles."),
    "plan": ("verbond.cli.plan", "At most seven small steps for tomorrow."),
    "report": ("verbond.cli.report", "What was found, as a page, PDF, slides, workbook or Markdown."),
    "password": ("verbond.web.commands", "A new password for who forgot it."),
    "restore": ("verbond.web.commands", "Put a backup in place."),
    "scan": ("verbond.cli.scan", "Ten questions for a team, no files needed."),
    "serve": ("verbond.web.commands", "The web application, for a team."),
    "simulate": ("verbond.cli.simulate", "Make a company of which the truth is known."),
    "survey": ("verbond.cli.survey", "Scores of what was asked, and how far they can be trusted."),
    "tables": ("verbond.cli.tables", "Look at the data before anything is computed."),
    "values": ("verbond.cli.values", "What people hold dear, what they see, and which values bite."),
}
"""Name of a command: the module that holds it (under the same name) and its line in `verbond --help`."""


class LazyGroup(click.Group):
    """A group that knows its commands' names and first lines without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, _ = COMMANDS[name]
        return getattr(importlib.import_module(module), name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in sorted(COMMANDS.items())])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="verbond")
def cli() -> None:
    """The relationship under the experience.

    Who your customers are to you, what holds them there, and what to do tomorrow.

    \b
    Example:
      verbond diagnose demo
    """


def main() -> None:
    """Run the command line; an error made on purpose is one line on stderr and exit status 1."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # kernels run in threads of their own
    try:
        cli.main(standalone_mode=False)
    except VerbondError as error:
        _say_and_exit(f"Error: {error}", 1)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        _say_and_exit("Stopped.", 130)
    except BrokenPipeError:
        sys.stderr.close()


def _say_and_exit(text: str, status: int) -> None:
    click.echo(text, err=True)
    sys.exit(status)
