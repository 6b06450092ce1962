"""What other packages say of a targeted treatment: python effects_targeted.py

Birth weights and smoking mothers (Cattaneo 2010, Journal of Econometrics 155, 138-154), as statsmodels ships
them (BSD, see statsmodels_LICENSE.txt) with Stata's published answers. Writes effects_cattaneo.csv.gz and
effects_targeted.json. Made with statsmodels 0.15.0, DoubleML 0.11.4 and scikit-learn.
"""

import json
from pathlib import Path

import doubleml
import numpy as np
import pandas as pd
import statsmodels
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from statsmodels.discrete.discrete_model import Probit
from statsmodels.regression.linear_model import OLS
from statsmodels.treatment.tests.results import results_teffects as stata
from statsmodels.treatment.treatment_effects import TreatmentEffect

HERE = Path(__file__).parent
DATA = Path(statsmodels.__file__).parent / "treatment" / "tests" / "results" / "cataneo2.csv"
COLUMNS = ["bweight", "mbsmoke_", "mmarried_", "mage", "fbaby_", "medu", "prenatal1_", "fedu", "alcohol"]


def of_statsmodels(data):
    full = data.assign(mage2=data.mage**2)
    probit = Probit.from_formula("mbsmoke_ ~ mmarried_ + mage + mage2 + fbaby_ + medu", full).fit(disp=0)
    model = OLS.from_formula("bweight ~ prenatal1_ + mmarried_ + mage + fbaby_", full)
    found = TreatmentEffect(model, full["mbsmoke_"].to_numpy(), results_select=probit).aipw()
    return {
        "probit": probit.params.tolist(),
        "aipw": found.summary_frame().iloc[0][["coef", "std err"]].tolist(),
        "stata_aipw": stata.results_aipw.table[0, :2].tolist(),
    }


def of_doubleml(data):
    x = [name for name in COLUMNS if name not in ("bweight", "mbsmoke_")]
    held = [np.arange(len(data)) % 5 == k for k in range(5)]
    folds = [(np.flatnonzero(~one), np.flatnonzero(one)) for one in held]
    found = {}
    for score in ("ATE", "ATTE"):
        model = doubleml.DoubleMLIRM(
            doubleml.DoubleMLData(data.astype(float), "bweight", "mbsmoke_", x),
            make_pipeline(StandardScaler(), Ridge(alpha=1.0)),
            make_pipeline(StandardScaler(), LogisticRegression(C=1.0, tol=1e-12, max_iter=10_000)),
            n_folds=5, score=score, draw_sample_splitting=False,
        )  # fmt: skip
        model.set_sample_splitting([folds])
        model.fit()
        found[score] = [float(model.coef[0]), float(model.se[0])]
    return found


if __name__ == "__main__":
    data = pd.read_csv(DATA)[COLUMNS]
    data.to_csv(HERE / "effects_cattaneo.csv.gz", index=False, compression={"method": "gzip", "mtime": 0})
    found = {"statsmodels": of_statsmodels(data), "doubleml": of_doubleml(data)}
    (HERE / "effects_targeted.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")
