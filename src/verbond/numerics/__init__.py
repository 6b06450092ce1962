"""Numerics that more than one room needs.

- `compiled`: numba compilation with a cache where one can be kept.
- `over_chunks`, `chunk_bounds`, `available_threads`: own threads over fixed chunks, the same bits for any
  number of threads.
- `isotonic`: weighted means in order.
- `disclosure`: which groups would give away a smaller one.
- `correction`: many comparisons at once.
- `logit_interval`, `wilson_interval`, `normal_quantile`: intervals for shares.
"""

from verbond.numerics.compiled import compiled
from verbond.numerics.intervals import logit_interval, normal_quantile, wilson_interval
from verbond.numerics.isotonic import isotonic
from verbond.numerics.threads import available_threads, chunk_bounds, over_chunks

__all__ = [
    "available_threads",
    "chunk_bounds",
    "compiled",
    "isotonic",
    "logit_interval",
    "normal_quantile",
    "over_chunks",
    "wilson_interval",
]
