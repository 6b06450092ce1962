"""The circle keeps the order of the theory, and distance on it is a distance."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verbond.errors import OptionError
from verbond.method import CIRCLE, CIRCLE_19, HIGHER_ORDERS, opposition

# Schwartz (1992) and Schwartz et al. (2012), JPSP 103(4), 663-688, in the order round the circle.
TEN = [
    "universalism", "self_direction", "stimulation", "hedonism", "achievement", "power", "security",
    "conformity", "tradition", "benevolence",
]  # fmt: skip
NINETEEN = [
    "self_direction_thought", "self_direction_action", "stimulation", "hedonism", "achievement",
    "power_dominance", "power_resources", "face", "security_personal", "security_societal", "tradition",
    "conformity_rules", "conformity_interpersonal", "humility", "benevolence_dependability",
    "benevolence_caring", "universalism_concern", "universalism_nature", "universalism_tolerance",
]  # fmt: skip
# PVQ scoring key, Schwartz (2021): which of the ten values make which higher order.
SIDES = {
    "self_transcendence": {"universalism", "benevolence"},
    "self_enhancement": {"achievement", "power"},
    "openness": {"self_direction", "stimulation", "hedonism"},
    "conservation": {"security", "conformity", "tradition"},
}
CIRCLES = pytest.mark.parametrize("circle", [CIRCLE, CIRCLE_19], ids=["ten", "nineteen"])
values = st.sampled_from(TEN)
values_19 = st.sampled_from(NINETEEN)


def test_order_is_that_of_the_theory() -> None:
    assert [value.id for value in CIRCLE] == TEN
    assert [value.id for value in CIRCLE_19] == NINETEEN


def test_higher_orders_of_the_ten_are_those_of_the_scoring_key() -> None:
    for side, ids in SIDES.items():
        assert {value.id for value in CIRCLE if value.higher_order == side} == ids


def test_conformity_and_tradition_share_a_wedge_and_nobody_else_does() -> None:
    places = [value.angle_degrees for value in CIRCLE]
    assert opposition("conformity", "tradition") == 0
    assert len(set(places)) == len(places) - 1
    assert sorted(set(places)) == pytest.approx([40 * wedge for wedge in range(9)])


def test_nineteen_stand_equally_far_apart_and_care_for_nature_at_zero() -> None:
    places = sorted(value.angle_degrees for value in CIRCLE_19)
    assert places == pytest.approx([wedge * 360 / 19 for wedge in range(19)])
    assert next(v for v in CIRCLE_19 if v.id == "universalism_nature").angle_degrees == 0


@CIRCLES
def test_each_higher_order_is_one_unbroken_arc(circle) -> None:
    sides = [value.higher_order for value in circle]
    changes = sum(before != after for before, after in zip(sides, sides[1:] + sides[:1], strict=True))
    assert changes == len(HIGHER_ORDERS) == len(set(sides))


@CIRCLES
def test_a_border_value_touches_the_side_that_it_borders(circle) -> None:
    for place, value in enumerate(circle):
        if value.borders is not None:
            neighbours = {circle[place - 1].higher_order, circle[(place + 1) % len(circle)].higher_order}
            assert value.borders in neighbours - {value.higher_order}


def test_opposites_of_the_theory_stand_far_apart() -> None:
    """Self-transcendence faces self-enhancement, openness faces conservation: over 90 degrees each."""
    for one, other in (("self_transcendence", "self_enhancement"), ("openness", "conservation")):
        assert all(opposition(a, b) > 90 for a in SIDES[one] for b in SIDES[other])
    assert opposition("universalism", "power") == max(opposition("universalism", id) for id in TEN)


@given(values, values, values)
def test_opposition_is_a_distance(a: str, b: str, c: str) -> None:
    assert opposition(a, b) == opposition(b, a)
    assert 0 <= opposition(a, b) <= 180
    assert opposition(a, a) == 0
    assert opposition(a, c) <= opposition(a, b) + opposition(b, c) + 1e-9


@given(values_19, values_19)
def test_opposition_on_nineteen_is_steps_along_the_circle(a: str, b: str) -> None:
    steps = abs(NINETEEN.index(a) - NINETEEN.index(b))
    expected = min(steps, 19 - steps) * 360 / 19
    assert opposition(a, b, circle=CIRCLE_19) == pytest.approx(expected)


def test_unknown_value_is_named() -> None:
    with pytest.raises(OptionError, match="unknown value: found 'humility'"):
        opposition("power", "humility")
