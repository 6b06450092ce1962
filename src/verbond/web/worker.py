"""`python -m verbond.web.worker FOLDER`: does the jobs; `verbond serve` starts it and keeps it alive."""

from __future__ import annotations

import os
import sys
import threading
import time

from verbond.web.installation import Installation
from verbond.web.settings import configure

__all__ = ["main"]


def main(folder: str) -> None:
    """Work until told to stop, or until the server is gone."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    configure(Installation.open(folder))
    threading.Thread(target=_leave_with_server, args=(os.getppid(),), daemon=True).start()

    from django.core.management import call_command

    from verbond.web import clock
    from verbond.web.jobs import resume

    resume()
    clock.start()
    call_command("db_worker", interval=0.3, startup_delay=False, reload=False, verbosity=0)


def _leave_with_server(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
