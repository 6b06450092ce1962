"""Engines: what holds the tables and answers queries.

- `base`: the `Engine` protocol.
- `duck`: `DuckDBEngine`, in this process.
- `spark`, `java`: `SparkEngine`, on this machine or on a cluster (extra `spark`).
- `compile`: the one door through which SQL goes to an engine (parse, bind, check, write).
- `meaning`: what means the same on both engines, and what is refused.
- `arrays`: between numpy arrays and columns.
"""

from verbond.tables.engines.base import FORMS, Engine, Form
from verbond.tables.engines.compile import bind, compile_query, load, number_periods, parse, rename
from verbond.tables.engines.duck import DuckDBEngine
from verbond.tables.engines.spark import SparkEngine

__all__ = [
    "FORMS",
    "DuckDBEngine",
    "Engine",
    "Form",
    "SparkEngine",
    "bind",
    "compile_query",
    "load",
    "number_periods",
    "parse",
    "rename",
]
