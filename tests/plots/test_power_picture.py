"""The power curve: where it lies, what it says in words, and what is not drawn."""

from __future__ import annotations

import re

import pytest

from verbond.effects import ExperimentPlanner
from verbond.errors import OptionError
from verbond.plots import draw_power

PLAN = ExperimentPlanner(effect=4.0, sd=20.0).plan()


@pytest.mark.parametrize("layout", ["wide", "tall"])
def test_the_mark_lies_on_the_curve_at_the_size_planned(layout: str) -> None:
    svg = draw_power(PLAN.power_curve, PLAN.n_per_arm, title="Power", layout=layout)
    points = re.search(r'points="([^"]+)"', svg)
    assert points is not None
    line = [tuple(map(float, point.split(","))) for point in points.group(1).split()]
    assert len(line) == len(PLAN.power_curve)
    assert line == sorted(line)
    assert [y for _, y in line] == sorted((y for _, y in line), reverse=True)  # more people, more power
    mark = re.search(r'<circle cx="([\d.]+)" cy="([\d.]+)"', svg)
    assert mark is not None
    x, y = map(float, mark.groups())
    at = [one.n_per_arm for one in PLAN.power_curve].index(PLAN.n_per_arm)
    assert abs(line[at][0] - x) < 0.2
    assert abs(line[at][1] - y) < 1.0  # the plan's power is a little above 80%: people are whole
    assert "394 a group: 80% chance. 99: 29%" in svg


def test_a_curve_of_one_point_is_none() -> None:
    with pytest.raises(OptionError, match="nothing to draw"):
        draw_power(PLAN.power_curve[:1], 10, title="Power")
    with pytest.raises(OptionError, match="layout"):
        draw_power(PLAN.power_curve, 10, title="Power", layout="round")
