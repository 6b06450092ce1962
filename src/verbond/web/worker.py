"""`python -m verbond.web.worker FOLDER SERVER` does the jobs; `verbond serve` keeps it alive."""

from __future__ import annotations

import os
import sys
import threading
import time

from verbond.web.installation import Installation
from verbond.web.settings import configure

__all__ = ["main"]


def main(folder: str, server: int) -> None:
    """Work until told to stop, or until the server, a process, is gone."""
    threading.Thread(target=_leave_with, args=(server,), daemon=True).start()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    configure(Installation.open(folder))

    from django.core.management import call_command

    from verbond.web import clock
    from verbond.web.jobs import resume

    resume()
    clock.start()
    call_command("db_worker", interval=0.3, startup_delay=False, reload=False, verbosity=0)


def _leave_with(server: int) -> None:
    while os.getppid() == server:  # it may have gone before this began
        time.sleep(1)
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
