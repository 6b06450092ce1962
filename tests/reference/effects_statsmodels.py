"""Sizes of experiments with unequal arms after statsmodels.

python effects_statsmodels.py > effects_statsmodels.csv

Made with statsmodels 0.15.0.
"""

from itertools import product

from statsmodels.stats.power import tt_ind_solve_power

print("effect,sd,alpha,power,ratio,n")
for effect, sd, alpha, power, ratio in product(
    (0.1, 0.4, 1.0), (1.0, 3.0), (0.05, 0.01), (0.8, 0.9), (0.5, 1.0, 3.0)
):
    n = tt_ind_solve_power(effect_size=effect / sd, alpha=alpha, power=power, ratio=ratio)
    print(f"{effect},{sd},{alpha},{power},{ratio},{float(n):.6f}")
