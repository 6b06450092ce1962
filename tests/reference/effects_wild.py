"""Make effects_wild.json: wildboottest 0.3.2, all signs enumerated, on two regressions.

Each regresses a change on being reached, with errors by cluster: 9 clusters of unequal size that were
assigned as a whole, and 11 in which some of each were reached.
Run: python effects_wild.py (needs wildboottest).
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

RNG = np.random.default_rng(14)
HERE = Path(__file__).parent


def regression(n_clusters: int, whole: bool) -> dict[str, list[float]]:
    """Changes of units in clusters of 4 to 20; 2.0 decimals, so that the stored data are the data."""
    cluster = np.repeat(np.arange(n_clusters), RNG.integers(4, 21, n_clusters))
    reached = (cluster % 2 == 0) if whole else RNG.random(len(cluster)) < 0.2 + 0.6 * (cluster % 3 == 0)
    change = 0.6 * reached + RNG.normal(0, 0.7, n_clusters)[cluster] + RNG.normal(0, 1.5, len(cluster))
    return {
        "cluster": cluster.tolist(),
        "reached": reached.astype(int).tolist(),
        "change": change.round(2).tolist(),
    }


def main() -> None:
    """Ask wildboottest and write its answers beside the data."""
    import pandas as pd
    import statsmodels.formula.api as smf
    from wildboottest.wildboottest import wildboottest

    answers = {}
    for name, n_clusters, whole in (("whole", 9, True), ("mixed", 11, False)):
        data = regression(n_clusters, whole)
        frame = pd.DataFrame(data)
        model = smf.ols("change ~ reached", data=frame)
        told = wildboottest(
            model, param="reached", cluster=frame["cluster"], B=99_999, weights_type="rademacher",
            impose_null=True, bootstrap_type="11", seed=1, show=False,
        )  # fmt: skip
        fitted = model.fit(cov_type="cluster", cov_kwds={"groups": frame["cluster"], "use_correction": False})
        answers[name] = {
            **data,
            "coefficient": float(fitted.params["reached"]),
            "error_uncorrected": float(fitted.bse["reached"]),
            "pvalue": float(told["p-value"].iloc[0]),
            "statistic": float(np.ravel(told["statistic"].iloc[0])[0]),
        }
    (HERE / "effects_wild.json").write_text(json.dumps(answers) + "\n", "utf-8")


if __name__ == "__main__":
    main()
