"""Buying against bringing: circles by number of customers, in the field of their segment, no single one."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest

from verbond.errors import OptionError
from verbond.loyalty import ReferralResult, ReferralValue
from verbond.plots import draw_referral_fields
from verbond.tables import open_tables

SVG = "{http://www.w3.org/2000/svg}"


def company(n_small: int = 40) -> ReferralResult:
    """Customers who buy 100 or 10, of whom some brought somebody who bought 50."""
    who, money, named = [], [], []
    for i in range(400):
        who.append(f"c{i}")
        money.append(100.0 + i / 100 if i < 200 else 10.0 + i / 100)
        if i < n_small or i >= 340:
            who.append(f"n{i}")
            money.append(50.0)
            named.append((f"c{i}", f"n{i}"))
    n, k = len(who), len(named)
    events = {
        "customer_id": [*who, *(a for a, _ in named)],
        "occurred_at": np.full(n + k, "2025-03-01", "M8[s]"),
        "kind": ["purchase"] * n + ["referral"] * k,
        "amount": [*money, *[None] * k],
        "related_customer_id": [*[None] * n, *(b for _, b in named)],
    }
    model = ReferralValue(purchase_threshold=60.0, n_draws=100)
    return model.fit(open_tables({"events": events}))


@pytest.fixture(scope="module")
def result() -> ReferralResult:
    return company()


def circles(svg: str) -> list[ET.Element]:
    return [c for c in ET.fromstring(svg).iter(f"{SVG}circle") if c.get("data-people")]


@pytest.mark.parametrize("layout", ["wide", "tall"])
def test_the_area_of_a_circle_is_its_number_of_customers(result: ReferralResult, layout: str) -> None:
    drawn = circles(draw_referral_fields(result, title="t", layout=layout))
    people = np.array([int(c.get("data-people")) for c in drawn])
    radius = np.array([float(c.get("r")) for c in drawn])
    assert people.min() >= 5
    large = radius > 1.9  # smaller ones would not be seen
    share = (people / radius**2)[large]
    assert share == pytest.approx(np.full(large.sum(), share.mean()), rel=0.02)
    assert abs(people.sum() - result.n_customers) <= 5 * len(people)


@pytest.mark.parametrize("layout", ["wide", "tall"])
def test_circles_stand_in_the_field_of_their_segment(result: ReferralResult, layout: str) -> None:
    svg = draw_referral_fields(result, title="t", layout=layout)
    fields = {
        r.get("fill"): [float(r.get(k)) for k in ("x", "y", "width", "height")]
        for r in ET.fromstring(svg).iter(f"{SVG}rect")
    }
    assert len(fields) == 4
    for one in circles(svg):
        x, y, width, height = fields[one.get("fill")]
        r = float(one.get("r"))
        assert x <= float(one.get("cx")) - r
        assert float(one.get("cx")) + r <= x + width
        assert y <= float(one.get("cy")) - r
        assert float(one.get("cy")) + r <= y + height


@pytest.mark.parametrize("language", ["en", "nl"])
def test_words_carry_what_the_picture_shows(result: ReferralResult, language: str) -> None:
    root = ET.fromstring(draw_referral_fields(result, language, title="t"))
    said = root.findtext(f"{SVG}desc")
    for name in {"en": ("Champions", "Misers"), "nl": ("Kampioenen", "Zuinigen")}[language]:
        assert name in said
    champions = result.segments[0]
    assert f"{100 * champions.share.value:.0f}%" in said
    assert f"{100 * champions.share_of_referrals.value:.0f}%" in said
    assert said.count("%") == 12


def test_a_small_segment_is_not_told() -> None:
    svg = draw_referral_fields(company(n_small=3), title="t")
    assert svg.count("too few to show") >= 2
    assert ET.fromstring(svg).findtext(f"{SVG}desc").count("%") == 6


def test_wrong_calls_are_named(result: ReferralResult) -> None:
    nothing = ReferralValue().fit(open_tables({"customers": {"customer_id": ["a"]}}))
    with pytest.raises(OptionError, match="no segments"):
        draw_referral_fields(nothing, title="t")
    with pytest.raises(OptionError, match="layout"):
        draw_referral_fields(result, title="t", layout="round")
