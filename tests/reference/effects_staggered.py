"""Staggered difference-in-differences of one simulated panel, by other packages: python effects_staggered.py

Writes effects_staggered_units.csv (known seed, a row a unit) and effects_staggered.json beside this file.
Made with csdid 0.4.3, the Python edition of the R package did, and diff-diff 3.13.0.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from csdid.att_gt import ATTgt
from diff_diff import CallawaySantAnna

HERE = Path(__file__).parent
PERIODS = 6


def simulated() -> pd.DataFrame:
    rng = np.random.default_rng(2021)
    n = 300
    starts = rng.choice([2, 3, 5, PERIODS], n, p=[0.25, 0.2, 0.15, 0.4])
    level = rng.normal(10, 3, n) + 0.3 * (starts < PERIODS)
    since = np.arange(PERIODS) - starts[:, None]
    effect = np.where(since >= 0, 1.0 + 0.4 * since, 0.0) * (starts < PERIODS)[:, None]
    noise = rng.normal(0, 1, (n, PERIODS)) * (1 + 0.3 * (starts == 3))[:, None]
    outcome = level[:, None] + 0.5 * np.arange(PERIODS) + effect + noise
    rows = {"start": starts} | {f"y{t}": outcome[:, t].round(3) for t in range(PERIODS)}
    return pd.DataFrame(rows)


def long(units: pd.DataFrame) -> pd.DataFrame:
    rows = units.assign(unit=np.arange(len(units))).melt(["unit", "start"], var_name="t", value_name="y")
    rows["t"] = rows["t"].str[1:].astype(int) + 1
    rows["g"] = np.where(rows["start"] < PERIODS, rows["start"] + 1, 0)
    return rows.sort_values(["unit", "t"]).reset_index(drop=True)


def by_csdid(rows: pd.DataFrame, group: str) -> dict:
    fit = ATTgt("y", "t", "unit", "g", rows, control_group=[group])
    fit = fit.fit(est_method="reg", base_period="universal", bstrap=False)
    found = fit.results
    cells = {
        f"{int(g) - 1},{int(t) - 1}": [float(a), None if np.isnan(s) else float(s)]
        for g, t, a, s in zip(found["group"], found["year"], found["att"], found["se"], strict=True)
    }
    agg = fit.aggte(typec="dynamic", bstrap=False, cband=False).atte
    errors = np.ravel(agg["se_egt"]).tolist()
    events = {
        str(int(e)): [float(a), None if np.isnan(s) else float(s)]
        for e, a, s in zip(agg["egt"], agg["att_egt"], errors, strict=True)
    }
    overall = [float(np.ravel(agg["overall_att"])[0]), float(np.ravel(agg["overall_se"])[0])]
    return {"cells": cells, "events": events, "overall": overall}


def by_diff_diff(rows: pd.DataFrame, group: str) -> dict:
    fit = CallawaySantAnna(control_group=group, estimation_method="reg", base_period="universal", cband=False)
    found = fit.fit(rows, "y", "unit", "t", "g", aggregate="event_study")
    cells = {
        f"{int(g) - 1},{int(t) - 1}": [float(v["effect"]), float(v["se"])]
        for (g, t), v in found.group_time_effects.items()
    }
    events = {str(int(e)): [float(v["effect"]), float(v["se"])] for e, v in found.event_study_effects.items()}
    return {"cells": cells, "events": events}


if __name__ == "__main__":
    units = simulated()
    units.to_csv(HERE / "effects_staggered_units.csv", index=False, lineterminator="\n")
    rows = long(units)
    answers = {
        "csdid": {"never": by_csdid(rows, "nevertreated"), "not_yet": by_csdid(rows, "notyettreated")},
        "diff_diff": {
            "never": by_diff_diff(rows, "never_treated"), "not_yet": by_diff_diff(rows, "not_yet_treated"),
        },
    }  # fmt: skip
    text = json.dumps(answers, indent=1).replace("NaN", "null") + "\n"
    (HERE / "effects_staggered.json").write_text(text, "utf-8")
