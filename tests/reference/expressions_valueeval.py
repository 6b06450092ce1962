"""Where the TF-IDF baseline of tests/expressions/test_valueeval.py comes from: scikit-learn.

Needs scikit-learn and the data set ValueEval'23 (see benchmarks/_expressions_valueeval.py):

    python tests/reference/expressions_valueeval.py FOLDER

Made with scikit-learn 1.9.1. Macro-F1 as the task computes it, from scikit-learn's precision and recall.
"""

import csv
import sys
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import precision_recall_fscore_support

folder = Path(sys.argv[1])


def part(name):
    def rows(kind):
        with (folder / f"{kind}-{name}.tsv").open(encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))

    told = {row["Argument ID"]: row for row in rows("arguments")}
    labels = rows("labels")
    texts = [
        " ".join(told[row["Argument ID"]][key] for key in ("Premise", "Stance", "Conclusion"))
        for row in labels
    ]
    return texts, np.array(
        [[int(cell) for key, cell in row.items() if key != "Argument ID"] for row in labels]
    )


def official(truth, said):
    precision, recall, _, _ = precision_recall_fscore_support(truth, said, average="macro", zero_division=0)
    return 2 * precision * recall / (precision + recall)


(x, y), (x_validation, y_validation), (x_test, y_test) = map(part, ("training", "validation", "test"))
print("always yes", round(official(y_test, np.ones_like(y_test)), 4))
tfidf = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True).fit(x)
fits = [LogisticRegression(C=4, max_iter=1000).fit(tfidf.transform(x), one) for one in y.T]
p, p_test = (
    np.column_stack([fit.predict_proba(tfidf.transform(t))[:, 1] for fit in fits])
    for t in (x_validation, x_test)
)
best = max(np.linspace(0.05, 0.5, 46), key=lambda bound: official(y_validation, p > bound))
print("TF-IDF", round(official(y_test, p_test > best), 4))
