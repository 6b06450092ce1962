"""Confidence sequences after GrowthBook's own engine: python effects_sequential.py > effects_sequential.json

Made with gbstats 0.8.0.
"""

import json
from itertools import product

from gbstats.frequentist.tests import SequentialConfig, SequentialTwoSidedTTest
from gbstats.models.statistics import SampleMeanStatistic

rows = []
for n, lift, tuning, alpha in product((200, 5000, 90_000), (0.0, 0.3), (500, 5000), (0.05, 0.01)):
    arms = []
    for count, mean, variance in ((n, 2.0, 4.0), (int(1.5 * n), 2.0 + lift, 9.0)):
        squares = variance * (count - 1) + count * mean**2
        arms.append(SampleMeanStatistic(n=count, sum=count * mean, sum_squares=squares))
    config = SequentialConfig(difference_type="absolute", alpha=alpha, sequential_tuning_parameter=tuning)
    test = SequentialTwoSidedTTest(*arms, config)
    low, high = test.confidence_interval
    rows.append(
        {"n": n + int(1.5 * n), "se": float(test.variance) ** 0.5, "effect": float(test.point_estimate),
         "alpha": alpha, "rho_squared": float(test.rho) ** 2, "lower": float(low), "upper": float(high),
         "pvalue": float(test.p_value)}
    )  # fmt: skip
print(json.dumps(rows, indent=1))
