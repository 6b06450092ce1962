"""Groups under five are never shown, and cannot be computed from what is shown."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from verbond.numerics.disclosure import rounded_people
from verbond.results.groups import MIN_GROUP

__all__ = ["hidden_groups", "rounded_people"]


def hidden_groups(sizes: Sequence[int], min_group: int = MIN_GROUP) -> np.ndarray:
    """Which groups of one division to leave out.

    Every group under `min_group`; and where those together are still fewer than that, the smallest of the
    others too, for else the total minus what is shown would give them away.

    Parameters
    ----------
    sizes : sequence of int
        People in each group of a division of which the total may be known.
    min_group : int

    Returns
    -------
    ndarray of bool

    Examples
    --------
    >>> hidden_groups([40, 3, 12]).tolist(), hidden_groups([40, 3, 2]).tolist()
    ([False, True, True], [False, True, True])
    """
    counts = np.asarray(sizes, dtype=int)
    hidden = counts < min_group
    for i in np.argsort(counts, kind="stable"):
        if not hidden.any() or counts[hidden].sum() >= min_group:
            break
        hidden[i] = True
    return hidden
