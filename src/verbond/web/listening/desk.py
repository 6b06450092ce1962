"""Where what respondents write is committed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import transaction

__all__ = ["committed"]

T = TypeVar("T")


def committed(act: Callable[[], T]) -> T:
    """Do something in a transaction; when this returns, it is on disk.

    Parameters
    ----------
    act : callable
        Reads and writes rows; it may be done in a thread of its own, beside others.
    """
    with transaction.atomic():
        return act()
