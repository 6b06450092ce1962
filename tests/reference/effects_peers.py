"""What other packages say of one simulated experiment: python effects_peers.py

Writes effects_units.csv (known seed) and effects_peers.json beside this file. Made with tea-tasting 1.14.0,
statsmodels 0.15.0 and scipy 1.17.1.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.api as sm
import tea_tasting as tt
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

HERE = Path(__file__).parent


def simulated() -> pd.DataFrame:
    rng = np.random.default_rng(2026)
    n = 600
    shop = rng.integers(0, 24, n)
    arm = np.array(["price", "care", "quiet"])[shop % 3]
    base = rng.gamma(2.0, 20.0, n) + np.repeat(rng.normal(0, 4, 24), 1)[shop]
    lift = np.select([arm == "care", arm == "quiet"], [6.0, 1.0], 0.0)
    visits = 1 + rng.poisson(3, n)
    return pd.DataFrame(
        {
            "unit": [f"u{i}" for i in range(n)],
            "folder": arm,
            "shop": [f"s{s}" for s in shop],
            "region": np.array(["north", "south", "west"])[rng.integers(0, 3, n)],
            "before": base.round(2),
            "visits_before": 1 + rng.poisson(3, n),
            "revenue": (0.8 * base + lift + rng.normal(0, 10, n)).round(2),
            "visits": visits,
            "orders": rng.binomial(visits, np.where(arm == "care", 0.5, 0.4)),
            "satisfied": rng.binomial(1, np.where(arm == "care", 0.62, 0.5)),
            "trust": np.clip(np.rint(rng.normal(4.2 + 0.4 * (arm == "care"), 1.4, n)), 1, 7).astype(int),
        }
    )


def named(result, prefix=""):
    kept = (
        "effect_size", "effect_size_ci_lower", "effect_size_ci_upper", "rel_effect_size",
        "rel_effect_size_ci_lower", "rel_effect_size_ci_upper", "pvalue", "control", "treatment",
    )  # fmt: skip
    return {k: float(getattr(result, k)) for k in kept}


def tea_tasting(data):
    experiment = tt.Experiment(
        {
            "revenue": tt.Mean("revenue"),
            "revenue|before": tt.Mean("revenue", "before"),
            "orders/visits": tt.RatioOfMeans("orders", "visits"),
            "satisfied": tt.Mean("satisfied"),
            "trust": tt.Mean("trust"),
        },
        variant="folder",
    )
    found = {}
    for variant in ("care", "quiet"):
        pair = data[data.folder.isin(["price", variant])]
        result = experiment.analyze(pair, control="price")
        found[variant] = {name: named(result[name]) for name in experiment.metrics}
    ratio = tt.Experiment({"n": tt.SampleRatio()}, variant="folder")
    pair = data[data.folder.isin(["price", "care"])]
    found["sample_ratio_pvalue"] = float(ratio.analyze(pair, control="price")["n"].pvalue)
    return found


def statsmodels(data):
    pair = data[data.folder.isin(["price", "care"])]
    y, x = pair["revenue"], pair[["before", "visits_before"]]
    treated = (pair.folder == "care").astype(float)
    centred = x - x.mean()
    slopes = sm.OLS(y, sm.add_constant(x)).fit().params[["before", "visits_before"]]
    rest = y - centred @ slopes
    a, b = DescrStatsW(rest[treated == 1]), DescrStatsW(rest[treated == 0])
    two = CompareMeans(a, b)
    low, high = two.tconfint_diff(usevar="unequal")
    found = {
        "two_covariates": [
            float(a.mean - b.mean),
            float(low),
            float(high),
            float(two.ttest_ind(usevar="unequal")[1]),
        ]
    }
    poisson = sm.GLM(pair["orders"], sm.add_constant(treated), family=sm.families.Poisson()).fit(
        cov_type="HC0"
    )
    found["orders_log_ratio"] = [float(poisson.params.iloc[1]), float(poisson.bse.iloc[1])]
    counts = pair.groupby("folder")["satisfied"].agg(["sum", "count"])
    c1, n1, c0, n0 = *counts.loc["care"], *counts.loc["price"]
    bounds = confint_proportions_2indep(c1, n1, c0, n0, method="newcomb", compare="diff")
    pooled = sm.stats.proportions_ztest([c1, c0], [n1, n0])
    found["satisfied"] = [float(c1 / n1 - c0 / n0), float(bounds[0]), float(bounds[1]), float(pooled[1])]
    pvalues = [0.001, 0.21, 0.012, 0.03, 0.03, 0.8, 0.0499]
    found["pvalues"] = pvalues
    found["holm"] = multipletests(pvalues, method="holm")[1].tolist()
    found["bh"] = multipletests(pvalues, method="fdr_bh")[1].tolist()
    tost = CompareMeans(DescrStatsW(pair.trust[treated == 1]), DescrStatsW(pair.trust[treated == 0]))
    found["tost_trust_0.9"] = float(tost.ttost_ind(-0.9, 0.9, usevar="unequal")[0])
    strata = []
    for _, part in pair.groupby("region"):
        t, c = part.revenue[part.folder == "care"], part.revenue[part.folder == "price"]
        strata.append((len(part) / len(pair), t.mean() - c.mean(), t.var() / len(t) + c.var() / len(c)))
    found["post_stratified"] = [
        sum(w * d for w, d, _ in strata),
        float(np.sqrt(sum(w * w * v for w, _, v in strata))),
    ]
    return found


def scipy(data):
    care, price = data.trust[data.folder == "care"], data.trust[data.folder == "price"]
    mwu = stats.mannwhitneyu(care, price, use_continuity=False, method="asymptotic")
    bm = stats.brunnermunzel(price, care, distribution="t")
    counts = data.folder.value_counts()
    return {
        "superiority": float(mwu.statistic / (len(care) * len(price))),
        "mwu_pvalue": float(mwu.pvalue),
        "bm_statistic": float(bm.statistic),
        "bm_pvalue": float(bm.pvalue),
        "chisquare": float(stats.chisquare(counts.loc[["price", "care", "quiet"]]).pvalue),
        "chisquare_3_2_1": float(
            stats.chisquare(
                counts.loc[["price", "care", "quiet"]], np.array([3, 2, 1]) / 6 * len(data)
            ).pvalue
        ),
    }


if __name__ == "__main__":
    data = simulated()
    data.to_csv(HERE / "effects_units.csv", index=False)
    found = {"tea_tasting": tea_tasting(data), "statsmodels": statsmodels(data), "scipy": scipy(data)}
    (HERE / "effects_peers.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")
