"""The door to the method's words: one TOML file a subject, both languages side by side."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["texts"]


@cache
def texts(subject: str) -> dict[str, Any]:
    """The content of `data/SUBJECT.toml`, read once."""
    return tomllib.loads((files("verbond.method") / "data" / f"{subject}.toml").read_text("utf-8"))
