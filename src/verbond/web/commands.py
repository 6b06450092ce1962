"""`verbond serve`, and what else keeps an installation; Django is imported when a command runs."""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from verbond.errors import DataError, MissingExtraError

if TYPE_CHECKING:
    from verbond.web.installation import Installation

__all__ = ["backup", "doctor", "password", "restore", "serve"]


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

    try:
        installation = Installation.open(workspace, database=database)
    except OSError as error:
        raise DataError(
            "the workspace cannot be made here",
            got=f"{workspace} ({error.strerror})",
            expected="a folder that may be written",
        ) from None
    run(installation, host=host, port=port, hosts=hosts, https=https, demo=demo, said=said)


@click.command()
@click.argument("workspace", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="File to write.")
def backup(workspace: Path, out: Path | None) -> None:
    """Write a whole installation to one file; the server may go on working.

    The file holds everything, secrets and customers' data included: keep it as carefully as the installation.

    \b
    Examples:
      verbond backup my-workspace
      verbond backup my-workspace --out /mnt/safe/monday.verbond
    """
    installation = _opened(workspace, "verbond backup")
    from verbond.web.keeping.backups import make_backup

    made = make_backup(installation, out)
    click.echo(f"{made.n_rows:,} rows and {made.n_files:,} files", err=True)
    click.echo(str(made.path))


@click.command()
@click.argument("workspace", type=click.Path(file_okay=False, path_type=Path))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Replace what the workspace holds without asking.")
def restore(workspace: Path, file: Path, yes: bool) -> None:
    """Put a backup in the place of everything that an installation holds.

    WORKSPACE may be new. What it held is backed up first. A backup of an older Verbond is brought to this
    version; one of a newer Verbond is refused.

    \b
    Example:
      verbond restore my-workspace monday.verbond
    """
    installation = _opened(workspace, "verbond restore", migrated=True)
    from verbond.web.keeping.backups import restore as put_back

    with installation.lock():
        if not yes and any((installation.folder / "organisations").glob("*")):
            click.confirm(f"Replace everything in {installation.folder}?", abort=True, err=True)
        found = put_back(installation, file)
    click.echo(
        f"restored {found.n_rows:,} rows and {found.n_files:,} files of {found.made_at:%Y-%m-%d %H:%M}"
    )


@click.command()
@click.argument("workspace", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(workspace: Path, as_json: bool) -> None:
    """Say what is well with an installation and what is not; exit status 1 where something is not.

    \b
    Example:
      verbond doctor my-workspace
    """
    installation = _opened(workspace, "verbond doctor")
    from verbond.web.keeping.doctor import examine

    checks = list(examine(installation))
    if as_json:
        click.echo(json.dumps([{"name": c.name, "well": c.well, "found": c.found} for c in checks], indent=2))
    else:
        for check in checks:
            click.echo(f"{'ok  ' if check.well else 'LOOK'}  {check.name:12} {check.found}")
    sys.exit(0 if all(check.well for check in checks) else 1)


@click.command()
@click.argument("workspace", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("email")
@click.option("--without-second-step", is_flag=True, help="Also turn off the second step, for a lost phone.")
@click.password_option(help="The new one; asked for where it is not given.")
def password(workspace: Path, email: str, without_second_step: bool, password: str) -> None:
    """Set the password of EMAIL anew: for who forgot it, by who has the machine.

    The server may go on working; whoever is signed in as EMAIL is signed out.

    \b
    Example:
      verbond password my-workspace els@example.org
    """
    _opened(workspace, "verbond password")
    from verbond.web.store.accounts import set_password

    set_password(email, password, without_second_step=without_second_step)
    click.echo(f"{email} signs in with the new password.")


def _opened(workspace: Path, what: str, *, migrated: bool = False) -> Installation:
    """An installation, with Django set up on it."""
    _needs_django(what)
    from verbond.web.installation import Installation
    from verbond.web.serve import migrate
    from verbond.web.settings import configure

    installation = Installation.open(workspace)
    configure(installation)
    if migrated:
        migrate(installation)
    return installation


def _needs_django(what: str) -> None:
    if any(find_spec(name) is None for name in ("django", "uvicorn", "django_tasks_db")):
        raise MissingExtraError(what, extra="app")
