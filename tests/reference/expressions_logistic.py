"""Where the numbers of tests/expressions/test_learning.py come from: scikit-learn's LogisticRegression.

Needs scikit-learn; prints what the test holds. Made with scikit-learn 1.9.1.
"""

import numpy as np
from sklearn.linear_model import LogisticRegression

rng = np.random.default_rng(11)
x = rng.normal(size=(120, 4))
y = (x @ rng.normal(size=(4, 3)) + rng.gumbel(size=(120, 3))).argmax(axis=1)
fit = LogisticRegression(C=0.7, tol=1e-10, max_iter=10_000).fit(x, y)
print(repr(fit.predict_proba(x[:3]).round(7)))
weighted = LogisticRegression(C=0.7, tol=1e-10, max_iter=10_000).fit(x, y, np.where(y == 0, 3.0, 1.0))
print(repr(weighted.predict_proba(x[:3]).round(7)))
