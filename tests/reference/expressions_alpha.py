"""Where tests/reference/expressions_alpha.json comes from: the PyPI package krippendorff, on made-up answers.

Needs krippendorff and numpy: python expressions_alpha.py > expressions_alpha.json
"""

import json
from importlib.metadata import version

import krippendorff
import numpy as np

rng = np.random.default_rng(7)
cases = []
for n_raters, n_messages, n_kinds, missing, agree in (
    (2, 30, 3, 0.0, 0.8), (3, 40, 5, 0.3, 0.6), (5, 25, 4, 0.6, 0.5), (4, 60, 5, 0.5, 0.0),
):  # fmt: skip
    truth = rng.integers(n_kinds, size=n_messages)
    said = np.where(
        rng.random((n_raters, n_messages)) < agree, truth, rng.integers(n_kinds, size=(n_raters, n_messages))
    ).astype(float)
    said[rng.random(said.shape) < missing] = np.nan
    alpha = krippendorff.alpha(reliability_data=said, level_of_measurement="nominal")
    rows = [[None if np.isnan(one) else int(one) for one in row] for row in said.T]
    cases.append({"answers": rows, "alpha": float(alpha)})
print(json.dumps({"krippendorff": version("krippendorff"), "cases": cases}))
