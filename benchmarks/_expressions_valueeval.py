"""ValueEval'23: twenty values in English arguments, by heads such as ours on vectors of an encoder.

The data set Touché23-ValueEval (Mirzakhmedova et al. 2023, CC BY 4.0) is not part of the project: a folder
`valueeval23` with `arguments-PART.tsv` and `labels-PART.tsv`, PART training, validation and test.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks._expressions_measures import official_f1
from verbond.expressions.heads import STRENGTH
from verbond.expressions.learning import fit_binary
from verbond.language import Encoder

__all__ = ["ALWAYS_YES", "BERT", "BEST", "TFIDF", "Arguments", "arguments", "heads_score"]

ALWAYS_YES, BERT, BEST = 0.26, 0.42, 0.56
"""As published: the two baselines of the task and the best team (Kiesel et al. 2023)."""
TFIDF = 0.394
"""Logistic regressions on TF-IDF: `tests/reference/expressions_valueeval.py`."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """One part.

    Attributes
    ----------
    premises, conclusions : tuple of str
    labels : (n, 20) int64
        0 or 1.
    """

    premises: tuple[str, ...]
    conclusions: tuple[str, ...]
    labels: np.ndarray


def arguments(folder: Path, part: str) -> Arguments:
    """Read one part, in the order of its labels."""
    told = {row["Argument ID"]: row for row in _rows(folder / f"arguments-{part}.tsv")}
    rows = _rows(folder / f"labels-{part}.tsv")
    labels = np.array([[int(cell) for name, cell in row.items() if name != "Argument ID"] for row in rows])
    here = [told[row["Argument ID"]] for row in rows]
    return Arguments(
        tuple(row["Premise"] for row in here),
        tuple(f"{row['Conclusion']} {row['Stance']}" for row in here),
        labels,
    )


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def heads_score(encoder: Encoder, folder: Path) -> float:
    """Official F1 on `test` of a head a value, learned from `training`; the bound is from `validation`."""
    parts = {part: arguments(folder, part) for part in ("training", "validation", "test")}
    vectors = {part: _vectors(encoder, one) for part, one in parts.items()}
    center = vectors["training"].mean(axis=0)
    scale = 1 / np.linalg.norm(vectors["training"] - center, axis=1).mean()
    x = {part: (one - center) * scale for part, one in vectors.items()}
    found = np.array(
        [fit_binary(x["training"], told.astype(float), STRENGTH) for told in parts["training"].labels.T]
    )
    logits = {part: x[part] @ found[:, :-1].T + found[:, -1] for part in ("validation", "test")}
    truth = {part: one.labels.astype(bool) for part, one in parts.items()}
    bounds = np.linspace(-4, 1, 51)
    best = max(bounds, key=lambda bound: official_f1(truth["validation"], logits["validation"] > bound))
    return official_f1(truth["test"], logits["test"] > best)


def _vectors(encoder: Encoder, part: Arguments) -> np.ndarray:
    return np.hstack([encoder.encode(part.premises), encoder.encode(part.conclusions)])
