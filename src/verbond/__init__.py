"""Verbond: the relationship under the experience.

Two calls do the main job:

>>> import verbond
>>> tables = verbond.open_tables("demo")                       # doctest: +SKIP
>>> diagnosis = verbond.diagnose(tables)                       # doctest: +SKIP

- `open_tables(source)`: a folder of files, frames you hold, "demo" or "complete-journey".
- `diagnose(tables)`: every method that the data allow, and three first steps for tomorrow.
- `verbond.tables`, `survey`, `ladder`, `loyalty`, `method`: the rooms behind it, each usable alone.

Names are imported when they are first used, so that `import verbond` costs nothing.
"""

import importlib as _importlib

from verbond.version import __version__

__all__ = ["Ladder", "__version__", "diagnose", "open_tables"]

_HOME = {
    "Ladder": "verbond.ladder",
    "diagnose": "verbond.diagnosis",
    "open_tables": "verbond.tables",
}


def __getattr__(name: str) -> object:
    if name in _HOME:
        return getattr(_importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module 'verbond' has no attribute {name!r}")
