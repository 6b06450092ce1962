"""The same simulated rows as in survival.json by lifelines 0.30.3 (MIT).

python survival_lifelines.py > survival_lifelines.json
"""

import json
from pathlib import Path

import pandas as pd


def main() -> None:
    """Print curves, coefficients and tests."""
    from lifelines import CoxPHFitter, CoxTimeVaryingFitter, KaplanMeierFitter
    from lifelines.statistics import multivariate_logrank_test
    from lifelines.utils import restricted_mean_survival_time

    stored = json.loads((Path(__file__).parent / "survival.json").read_text("utf-8"))
    rows, long = pd.DataFrame(stored["rows"]), pd.DataFrame(stored["long"])
    late = KaplanMeierFitter().fit(rows.stop, rows.event, entry=rows.start, weights=rows.w)
    length = rows.stop - rows.start
    plain = KaplanMeierFitter().fit(length, rows.event)
    mean, variance = restricted_mean_survival_time(plain, t=30, return_variance=True)
    bounds = late.confidence_interval_
    test = multivariate_logrank_test(length, rows.g, rows.event)
    moving = CoxTimeVaryingFitter().fit(
        long[["id", "start", "stop", "event", "x", "z", "y"]],
        id_col="id", event_col="event", start_col="start", stop_col="stop",
    )  # fmt: skip
    entering = CoxPHFitter().fit(
        rows[["start", "stop", "event", "x", "z", "s"]], "stop", "event", entry_col="start", strata=["s"]
    )
    found = {
        "times": late.survival_function_.index.tolist(),
        "survival": late.survival_function_.iloc[:, 0].tolist(),
        "lower": bounds.iloc[:, 0].tolist(),
        "upper": bounds.iloc[:, 1].tolist(),
        "restricted_mean": [mean, variance],
        "log_rank": [test.test_statistic, test.p_value],
        "moving": {"coef": moving.params_.tolist(), "se": moving.standard_errors_.tolist()},
        "entering": {"coef": entering.params_.tolist(), "se": entering.standard_errors_.tolist()},
    }
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
