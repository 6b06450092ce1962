"""What has to happen again and again, beside the jobs: a thread of the worker that looks once a minute."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from importlib import import_module

from django.db import close_old_connections

__all__ = ["CHORES", "do_chores", "start"]

SECONDS = 60

CHORES = (
    "verbond.web.data.fetching:enqueue_due",
    "verbond.web.data.uploads:forget_old",
    "verbond.web.keeping.retention:enqueue_due",
    "verbond.web.keeping.privacy:resume_erasures",
    "verbond.web.listening.flowing:enqueue_due",
    "verbond.web.listening.forgetting:forget_unfinished",
    "verbond.web.listening.forgetting:forget_old",
    "verbond.web.listening.forgetting:truncate_log",
    "verbond.web.workshop.closing:scrub_closed",
    "verbond.web.workshop.forgetting:forget_old",
    "verbond.web.listening.sending:enqueue_due",
    "verbond.web.listening.bounces:enqueue_due",
    "verbond.web.community.flowing:enqueue_due",
    "verbond.web.community.sending:enqueue_due",
    "verbond.web.reporting.sending:enqueue_due",
    "verbond.web.steps.reminding:enqueue_due",
)
"""Functions without arguments, quick and safe to repeat: long work they put in the queue."""


def start() -> threading.Thread:
    """Begin to look; the thread goes with the process."""
    thread = threading.Thread(target=_look, name="clock", daemon=True)
    thread.start()
    return thread


def _look() -> None:
    over = threading.Event()
    while not over.wait(SECONDS):
        do_chores()


def do_chores() -> Mapping[str, object]:
    """Do each chore once; one that fails keeps no other from its turn."""
    done: dict[str, object] = {}
    for chore in CHORES:
        module, name = chore.split(":")
        try:
            close_old_connections()
            function: Callable[[], object] = getattr(import_module(module), name)
            done[chore] = function()
        except Exception:
            logging.getLogger("django").exception("chore %s", chore)
        finally:
            close_old_connections()
    return done
