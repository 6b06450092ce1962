"""The server and the worker in one command."""

from __future__ import annotations

import contextlib
import gc
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from verbond.errors import OptionError
from verbond.web.installation import Installation
from verbond.web.pages import PAGES
from verbond.web.settings import configure

__all__ = ["migrate", "serve"]

KEPT_SECONDS = 60
"""One who reads a page keeps the line."""
SECONDS_ALONE = 1.0
"""For the first page, before anything else takes the processor."""


def serve(
    installation: Installation,
    *,
    host: str = "127.0.0.1",
    port: int = 8765,
    hosts: tuple[str, ...] = (),
    https: bool = False,
    demo: bool = False,
    said: Callable[[str], None] = print,
) -> None:
    """Serve an installation until interrupted.

    Parameters
    ----------
    installation : Installation
    host, port
        Where to listen; port 0 takes a free one.
    hosts : tuple of str
        Names under which it is reached from elsewhere.
    https : bool
        Whether a proxy in front speaks https.
    demo : bool
        Make the demo company where the installation is fresh, and sign in without a password.
    said : callable
        Told the address.

    Raises
    ------
    DataError
        If another server holds the folder, or a newer Verbond wrote its database.
    """
    import uvicorn

    with installation.lock():
        configure(installation, hosts=hosts, https=https)
        migrate(installation)
        from verbond.web.desk import open_desk
        from verbond.web.views.welcome import first_address
        from verbond.web.workshop.rooms import close_rooms

        class Server(uvicorn.Server):
            """Pages of a canvas hold a line open; they are told before it waits for them."""

            async def shutdown(self, sockets: Any = None) -> None:
                close_rooms()
                await super().shutdown(sockets)

        server = Server(
            uvicorn.Config(
                "verbond.web.asgi:application",
                host=host,
                port=port,
                lifespan="off",
                log_level="warning",
                access_log=False,
                server_header=False,
                proxy_headers=https,
                forwarded_allow_ips="127.0.0.1",
                timeout_keep_alive=KEPT_SECONDS,
                timeout_graceful_shutdown=5,
            )
        )
        try:
            sock = server.config.bind_socket()
        except SystemExit as refused:  # uvicorn has said why
            raise OptionError(
                "cannot listen here",
                got=f"{host}:{port}",
                hint="Is something else open there already? Choose another port; --port 0 takes a free one.",
            ) from refused
        sock.listen(512)  # whoever opens the address at once waits a moment instead of being refused
        address = f"http://{host if host not in ('0.0.0.0', '::') else 'localhost'}:{sock.getsockname()[1]}"
        said(address + first_address(demo=demo))
        threading.Thread(target=_warm_up, args=(server,), daemon=True).start()
        open_desk()
        with _worker(installation):
            server.run(sockets=[sock])


def migrate(installation: Installation) -> None:
    """Bring the database to this version's schema, after a backup where that changes anything.

    Raises
    ------
    DataError
        If a newer Verbond made the database.
    """
    from django.core.management import call_command

    from verbond.web.keeping.backups import is_behind, make_backup, too_new, unknown_migrations

    if unknown := unknown_migrations():
        raise too_new(str(installation.folder), f"with schema {unknown[-1]}")
    if is_behind():
        make_backup(installation, why="before-upgrade")
    call_command("migrate", verbosity=0, interactive=False)


def _warm_up(server: Any) -> None:
    """Import what pages of a diagnosis need, once the first page can be had."""
    while not server.started and not server.should_exit:
        time.sleep(0.05)
    time.sleep(SECONDS_ALONE)
    for module in (*(page.module for page in PAGES.values()), "verbond.values"):
        if not server.should_exit:
            import_module(module)
    gc.collect()
    gc.freeze()  # what stays for good is not looked through again and again: that stops every page


@contextlib.contextmanager
def _worker(installation: Installation) -> Iterator[None]:
    """A worker process, started anew whenever it dies; the first page goes before it."""
    command = [sys.executable, "-m", "verbond.web.worker", str(installation.folder), str(os.getpid())]
    running: list[subprocess.Popen[bytes]] = []
    over = threading.Event()

    def keep() -> None:
        while not over.wait(1):
            if not running or running[-1].poll() is not None:
                running[:] = [subprocess.Popen(command)]

    keeper = threading.Thread(target=keep, daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()
        for worker in running:
            worker.terminate()
            try:
                worker.wait(5)
            except subprocess.TimeoutExpired:
                worker.kill()
