"""Where tests/reference/expressions_metrics.json comes from: scikit-learn on drawn labels and scores.

Needs scikit-learn; made with scikit-learn 1.9.1. The calibration error is put together from its
`calibration_curve` and the counts of numpy's `histogram`.
"""

import json
from pathlib import Path

import numpy as np
from sklearn.calibration import calibration_curve
from sklearn.metrics import accuracy_score, f1_score, precision_recall_fscore_support, roc_auc_score

rng = np.random.default_rng(5)
truth, said = rng.integers(0, 5, 80), rng.integers(0, 5, 80)
said = np.where(rng.random(80) < 0.6, truth, said)
p = rng.beta(0.7, 0.9, 80).round(3)  # rounded: some scores are the same
happened = rng.random(80) < 0.5 * p + 0.25
labels, named = rng.random((60, 6)) < 0.2, rng.random((60, 6)) < 0.35
precision, recall, _, _ = precision_recall_fscore_support(labels, named, average="macro", zero_division=0)
observed, predicted = calibration_curve(happened, p, n_bins=10, strategy="uniform")
counts = np.histogram(p, np.linspace(0, 1, 11))[0]
error = np.average(np.abs(observed - predicted), weights=counts[counts > 0])
found = {
    "truth": truth.tolist(),
    "said": said.tolist(),
    "p": p.tolist(),
    "happened": happened.astype(int).tolist(),
    "labels": labels.astype(int).tolist(),
    "named": named.astype(int).tolist(),
    "accuracy": accuracy_score(truth, said),
    "macro_f1": f1_score(truth, said, average="macro"),
    "macro_f1_of_few": f1_score(truth[:4], said[:4], average="macro"),
    "auc": roc_auc_score(happened, p),
    "official_f1": 2 * precision * recall / (precision + recall),
    "calibration_error": float(error),
}
Path(__file__).with_suffix(".json").write_text(json.dumps(found) + "\n", "utf-8")
