"""Write `docs/reference/` from the commands and the public docstrings: `python -m docs.build`.

`tests/house/test_docs.py` fails when what stands there is not what this writes.
"""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path

import click

from verbond.cli.main import COMMANDS, cli

FOLDER = Path(__file__).parent / "reference"
ROOMS = (
    "verbond",
    "verbond.tables",
    "verbond.tables.simulate",
    "verbond.method",
    "verbond.language",
    "verbond.survey",
    "verbond.values",
    "verbond.ladder",
    "verbond.loyalty",
    "verbond.effects",
    "verbond.listen",
    "verbond.listen.exchange",
    "verbond.listen.export",
    "verbond.canvas",
    "verbond.diagnosis",
    "verbond.plots",
    "verbond.reports",
    "verbond.reports.canvas",
    "verbond.results",
)


def commands() -> str:
    """Every command with every option, in Markdown."""
    parts = [
        "# Commands\n\nWritten by `make docs` from the commands themselves.\n",
        _usage(cli, "verbond", None),
    ]
    for name in sorted(COMMANDS):
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        parts += _walk(command, f"verbond {name}", click.Context(cli, info_name="verbond"))
    return "\n".join(parts)


def _walk(command: click.Command, path: str, parent: click.Context) -> list[str]:
    parts = [_usage(command, path, parent)]
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=path.split()[-1], parent=parent)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            parts += _walk(child, f"{path} {name}", context)
    return parts


def _usage(command: click.Command, path: str, parent: click.Context | None) -> str:
    context = click.Context(
        command, info_name=path.split()[-1], parent=parent, terminal_width=88, max_content_width=88
    )
    return f"## {path}\n\n```text\n{command.get_help(context)}\n```\n"


def python() -> str:
    """Every public name with its first line, in Markdown."""
    parts = ["# Python\n\nWritten by `make docs` from the docstrings. `help(name)` says the rest.\n"]
    for room in ROOMS:
        module = importlib.import_module(room)
        parts.append(f"## {room}\n\n{_first_line(module)}\n")
        rows = [f"| `{name}` | {_describe(getattr(module, name))} |" for name in module.__all__]
        parts.append("| name | what it is |\n|---|---|\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def _describe(value: object) -> str:
    if inspect.isclass(value) or inspect.isroutine(value):
        return _first_line(value).replace("|", "\\|")
    return f"{type(value).__name__}"


def _first_line(value: object) -> str:
    return (inspect.getdoc(value) or "").partition("\n")[0]


PAGES = {"commands.md": commands, "python.md": python}


def main() -> None:
    """Write the pages."""
    FOLDER.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
