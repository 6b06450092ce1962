"""Answers in waves after statsmodels: a mean a wave and group, a contrast of them, errors by customer.

python effects_channel.py > effects_channel.json

Made with statsmodels 0.15.0 and numpy 2.
"""

import json

import numpy as np
import statsmodels.api as sm


def answers(seed: int, n: int, n_waves: int, start: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    ever = rng.random(n) < 0.4
    who, wave = np.nonzero(rng.random((n, n_waves)) < 0.5)
    starts = start + rng.integers(0, 2, n)  # some are reached a wave later
    reached = ever[who] & (wave >= starts[who])
    own = rng.normal(0, 8, n)
    y = 55 + 2 * wave + own[who] + 5 * ever[who] + 3 * reached + rng.normal(0, 10, len(who))
    return {"y": y.round(3), "wave": wave, "ever": ever[who], "reached": reached, "customer": who}


def fitted(y, wave, ever, reached, customer) -> dict[str, float]:
    """A mean for each wave and group, and the weighted sum of them that is asked for."""
    group = ever.astype(int) + reached
    cells = sorted({(w, g) for w, g in zip(wave.tolist(), group.tolist(), strict=True)})
    x = np.column_stack([((wave == w) & (group == g)).astype(float) for w, g in cells])
    groups = np.unique(customer, return_inverse=True)[1]
    fit = sm.OLS(y, x).fit(
        cov_type="cluster", cov_kwds={"groups": groups, "use_correction": True}, use_t=True
    )
    contrast = np.zeros(len(cells))
    for g, sign in ((2, 1.0), (1, -1.0)):
        total = sum(((wave == w) & (group == g)).sum() for w in set(wave.tolist()))
        for w in set(wave.tolist()):
            share = ((wave == w) & (group == g)).sum() / total
            if share:
                contrast[cells.index((w, g))] += sign * share
                contrast[cells.index((w, 0))] -= sign * share
    test = fit.t_test(contrast)
    low, high = test.conf_int(0.05)[0]
    return {"value": float(test.effect[0]), "ci_lower": low, "ci_upper": high}


cases = []
for seed, n, n_waves, start in ((1, 120, 4, 2), (2, 300, 3, 1), (3, 60, 6, 3)):
    data = answers(seed, n, n_waves, start)
    cases.append({"data": {k: v.astype(float).tolist() for k, v in data.items()}, "fit": fitted(**data)})
print(json.dumps(cases))
