"""What goes wrong inside Spark, as our own errors: short, and without a page of stack."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

from verbond.errors import EngineError

__all__ = ["first_line", "spark_errors"]


@contextmanager
def spark_errors() -> Iterator[None]:
    """Turn what Spark raises into `EngineError`."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    logger = logging.getLogger("SQLQueryContextLogger")  # writes a page of stack for each error
    silent, logger.disabled = logger.disabled, True
    try:
        yield
    except (PySparkException, Py4JError) as error:
        raise EngineError("Spark cannot run a query", hint=first_line(error)) from error
    finally:
        logger.disabled = silent


def first_line(error: Exception) -> str:
    """What to tell of an error: what Python said in a worker, else the first line.

    Examples
    --------
    >>> first_line(ValueError("a page\\nTraceback (most recent call last):\\nKeyError: 'x'\\n\\nJVM: at z"))
    "KeyError: 'x'"
    """
    lines = str(error).strip().splitlines() or [type(error).__name__]
    raised = [line for line in lines if re.match(r"[\w.]+(Error|Exception): ", line)]
    return raised[-1] if raised and any("Traceback" in line for line in lines) else lines[0]
