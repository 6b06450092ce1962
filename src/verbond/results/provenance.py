"""How a result came to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from verbond.version import __version__

__all__ = ["Provenance"]


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a reader needs to make the same result again.

    Attributes
    ----------
    source : str
        Where the data came from, as the user named it.
    fingerprint : str
        Hash of the canonical tables' content; equal data give equal fingerprints.
    simulated : bool
        True where the data come from our simulator; every page says so.
    engine : str
        "duckdb" or "spark".
    options : mapping
        The options that differ from nothing: all of them.
    seed : int or None
    version : str
        Of Verbond.
    """

    source: str = ""
    fingerprint: str = ""
    simulated: bool = False
    engine: str = "duckdb"
    options: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    version: str = __version__
