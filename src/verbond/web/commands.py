"""`verbond serve`, and what else keeps an installation; Django is imported when a command runs."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import click

from verbond.errors import MissingExtraError

__all__ = ["serve"]


@click.command()
@click.argument("workspace", type=click.Path(file_okay=False, path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8765, show_default=True, help="Port to listen on; 0 takes a free one.")
@click.option(
    "--hostname", "hosts", multiple=True, help="Name under which others reach it (may be repeated)."
)
@click.option("--https", is_flag=True, help="A proxy in front of it speaks https.")
@click.option("--database", help="postgres:// address; remembered.  [default: SQLite in the folder]")
@click.option("--demo", is_flag=True, help="Begin with the demo company, and sign in by the printed address.")
@click.option("--browser/--no-browser", default=False, help="Open the address in a browser.")
def serve(
    workspace: Path,
    host: str,
    port: int,
    hosts: tuple[str, ...],
    https: bool,
    database: str | None,
    demo: bool,
    browser: bool,
) -> None:
    """Serve the application to a team.

    WORKSPACE is a folder that holds everything: database, secrets, data, backups. It is made where it is not
    there. Stop it with Ctrl+C.

    \b
    Examples:
      verbond serve my-workspace
      verbond serve my-workspace --demo
      verbond serve my-workspace --host 0.0.0.0 --hostname verbond.example.org --https
    """
    _needs_django("verbond serve")
    from verbond.web.installation import Installation
    from verbond.web.serve import serve as run

    def said(address: str) -> None:
        click.echo(f"Verbond is open at {address}")
        if browser:
            click.launch(address)

    installation = Installation.open(workspace, database=database)
    run(installation, host=host, port=port, hosts=hosts, https=https, demo=demo, said=said)


def _needs_django(what: str) -> None:
    if any(find_spec(name) is None for name in ("django", "uvicorn", "django_tasks_db")):
        raise MissingExtraError(what, extra="app")
