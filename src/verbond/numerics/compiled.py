"""Numba compilation with a cache where the machine allows one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit

__all__ = ["compiled"]


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a kernel without the interpreter lock; keep it on disk unless no folder can be written.

    Multiplications and additions may be contracted; sums are never reordered, so that equal inputs give
    equal bits.
    """
    options = {"nogil": True, "fastmath": {"contract", "nsz", "arcp"}, "error_model": "numpy"}
    try:
        return njit(cache=True, **options)(function)
    except RuntimeError:  # numba found no folder for its cache
        return njit(**options)(function)
