"""One small Spark session for all tests that need it."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator

import pytest

from verbond.tables.engines import DuckDBEngine, SparkEngine


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkEngine]:
    if importlib.util.find_spec("pyspark") is None:
        pytest.skip("pyspark is not installed")
    with SparkEngine() as engine:
        yield engine


@pytest.fixture(scope="session")
def plain() -> Iterator[DuckDBEngine]:
    with DuckDBEngine() as engine:
        yield engine
