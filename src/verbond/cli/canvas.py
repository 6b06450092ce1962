"""`verbond canvas`: what came out of a workshop, as files; and what changed since the one before."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from verbond.canvas import Comparison, Outcome, compare
from verbond.cli.output import language_option
from verbond.errors import NotFoundError, OptionError, ReadError
from verbond.results import Language

__all__ = ["canvas"]

_MOST_BYTES = 20_000_000


class _FileOrVerb(click.Group):
    """A group of which the first word may be a file: then its outcome is written."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in self.commands:
            args = ["write", *args]
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0].startswith("-") and args[0] not in ("-h", "--help"):
            args = ["write", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_FileOrVerb)
def canvas() -> None:
    """What came out of a relationship canvas: as a picture, on paper, as slides, in words or as data.

    \b
    Examples:
      verbond canvas workshop.json --to canvas.pdf --language nl
      verbond canvas workshop.json --to canvas.wall.pdf
      verbond canvas compare spring.json autumn.json
      verbond canvas kit --to kit.pdf
    """


@canvas.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path, allow_dash=True),
    required=True,
    help="What to write: a name that ends in .json, .md, .svg, .png, .pdf (in full, A4), .wall.pdf "
    "(one sheet, A1) or .pptx. A name that is nothing but such an end, such as .md, writes to stdout.",
)
@language_option
def write(file: Path, target: Path, language: Language) -> None:
    """Write FILE, the outcome of a canvas as JSON, in another form; `write` may be left out.

    FILE is what the application gives as JSON, or what somebody typed in from paper; - reads stdin.

    \b
    Examples:
      verbond canvas write workshop.json --to canvas.pptx --language nl
      verbond canvas workshop.json --to .md
    """
    from verbond.reports.canvas import canvas_file

    form, outcome = _form(target), _read(file)
    if target.name != f".{form}" and not target.parent.is_dir():
        raise OptionError("the folder is not there", got=str(target.parent), hint="Make it first.")
    made = canvas_file(outcome, form, language)
    if target.name == f".{form}":
        click.echo(made, nl=False)
        return
    target.write_bytes(made)
    click.echo(str(target), err=True)


@canvas.command(name="compare")
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@language_option
def compare_command(before: Path, after: Path, language: Language) -> None:
    """Show what changed from the outcome in BEFORE to that in AFTER, as Markdown.

    \b
    Example:
      verbond canvas compare spring.json autumn.json --language nl
    """
    found: Comparison = compare(_read(before), _read(after))
    click.echo(found.to_markdown(language), nl=False)


@canvas.command(name="kit")
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path, allow_dash=True, dir_okay=False),
    required=True,
    help="What to write, a PDF; - writes to stdout.",
)
@click.option(
    "--paper", type=click.Choice(["a4", "a3"]), default="a4", show_default=True, help="Size of the paper."
)
@click.option(
    "--company", default="", help="Stands on the sheets; without it there is a line to write it on."
)
@language_option
def kit_command(target: Path, paper: str, company: str, language: Language) -> None:
    """Write the paper kit for a workshop without screens: instructions, sheets, cards and dots to print.

    \b
    Examples:
      verbond canvas kit --to kit.pdf --language nl
      verbond canvas kit --to kit.pdf --paper a3 --company Zonnewende
    """
    from verbond.reports.canvas.kit import kit

    on_stdout = str(target) == "-"
    if not on_stdout and not target.parent.is_dir():
        raise OptionError("the folder is not there", got=str(target.parent), hint="Make it first.")
    made = kit(language, paper, company=company)  # type: ignore[arg-type]
    if on_stdout:
        click.echo(made, nl=False)
        return
    target.write_bytes(made)
    click.echo(str(target), err=True)


def _form(target: Path) -> Any:
    from verbond.reports.canvas import FORMS

    name = target.name.lower()
    fitting = [form for form in FORMS if name.endswith(f".{form}")]
    if not fitting:
        expected = "a name that ends in " + ", ".join(f".{form}" for form in FORMS)
        raise OptionError("this is no form for a canvas", got=target.name, expected=expected)
    return max(fitting, key=len)


def _read(file: Path) -> Outcome:
    if str(file) == "-":
        text, name = sys.stdin.read(_MOST_BYTES), "stdin"
    else:
        if not file.is_file():
            raise NotFoundError("no such file", got=str(file))
        if file.stat().st_size > _MOST_BYTES:
            raise ReadError("the file is too large", file=file.name, expected="at most 20 MB")
        text, name = _text(file), file.name
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        raise ReadError(
            "this is no JSON", file=name, line=line, expected="the outcome of a canvas"
        ) from error
    return Outcome.from_json(data)


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ReadError("this is no text in UTF-8", file=file.name) from error
