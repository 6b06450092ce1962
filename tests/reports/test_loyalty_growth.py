"""Sections about growth, promotion, staying longer and consuming consciously, and their pictures."""

import dataclasses
import re

import numpy as np
import pytest

from verbond.errors import OptionError
from verbond.loyalty import Conscious, Growth, Longer, Promotion
from verbond.loyalty.conscious import signs_of
from verbond.loyalty.elasticity import Elasticity, ElasticityResult
from verbond.plots import Change, Odds, draw_changes, draw_odds
from verbond.reports.loyalty import conscious, growth, longer, promotion
from verbond.results import Estimate, Reason
from verbond.tables import open_tables

LANGUAGES = ("en", "nl")


@pytest.fixture(scope="module")
def tables():
    """Two years of 80 people of known type, who buy each month, some on discount; some leave."""
    rng = np.random.default_rng(3)
    who, month = np.nonzero(rng.random((80, 24)) < np.where(np.arange(80) % 2, 0.5, 0.8)[:, None])
    gone = np.where(np.arange(80) % 2, 20, 14) + rng.integers(-6, 6, 80)
    here = month < gone[who]
    who, month = who[here], month[here]
    left = np.flatnonzero(gone < 24)
    n = len(who)
    people = np.array([f"c{j:02d}" for j in range(80)], object)
    start = np.datetime64("2024-01-01", "s")

    def day(months, extra):
        at = (np.datetime64("2024-01", "M") + months).astype("M8[D]").astype("M8[s]")
        return at + extra.astype("m8[D]")

    paid = rng.gamma(4, 5, n)
    events = {
        "customer_id": [*people[who], *people[left], "z", "z"],
        "occurred_at": np.concatenate(
            [day(month, rng.integers(0, 27, n)), day(gone[left], rng.integers(0, 27, len(left))),
             [start, np.datetime64("2025-12-31", "s")]]
        ),
        "kind": ["purchase"] * n + ["cancellation"] * len(left) + ["visit"] * 2,
        "amount": [*paid, *[None] * (len(left) + 2)],
        "list_price": [*(paid / np.where(rng.random(n) < 0.3, 0.8, 1)), *[None] * (len(left) + 2)],
        "category": [*np.array(["new", "repair"], object)[(rng.random(n) < 0.2).astype(int)],
                     *[None] * (len(left) + 2)],
    }  # fmt: skip
    kinds = ("market", "meaning", "conscious_consumption")
    scores = {
        "respondent_id": np.repeat(people, 3), "customer_id": np.repeat(people, 3),
        "construct": np.tile(np.array(kinds, object), 80),
        "score": np.concatenate([[40, 80 * (j % 2), 50 + j % 7] for j in range(80)]).astype(float),
        "standard_error": np.full(240, 5.0), "occurred_at": np.full(240, start + np.timedelta64(5, "D")),
    }  # fmt: skip
    with open_tables(
        {"events": events},
    ) as opened:
        yield opened.add("scores", scores)


def whole(section):
    """Everything it says, with what its pictures and tables say."""
    cells = [
        t.cell(row, c) for t in (*section.tables, *section.how_tables) for row in t.rows for c in t.columns
    ]
    return " ".join([section.title, section.empty, *(s.text for s in section.said), *section.how,
                     *(p.see + p.wide + p.tall for p in section.pictures), *cells])  # fmt: skip


def results(tables):
    return {
        growth: Growth(by=("type",)).fit(tables),
        promotion: Promotion(by=("type",)).fit(tables),
        longer: Longer().fit(tables),
        conscious: Conscious(signs_of(["mended:category=repair"])).fit(tables),
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_sections_say_show_and_tell(tables, language):
    for module, result in results(tables).items():
        told = module.section(result, language)
        assert told.said[0].text == result.headline.sentence(language), module
        assert told.pictures
        assert told.tables
        assert told.how
        assert not told.empty
        for picture in told.pictures:
            assert picture.wide.startswith("<svg")
            assert picture.tall.startswith("<svg")
        for table in told.tables:
            assert table.shown_columns
        assert not re.search(r"\bnan\b|None|[{}]", re.sub(r"<[^>]*>", " ", whole(told))), module


def test_parts_in_the_growth_table_add_up(tables):
    told = growth.section(results(tables)[growth], "en")
    rows = told.tables[0].rows
    n_factors = len(rows) - 4
    for some in (rows[1 : 1 + n_factors], rows[1 + n_factors :]):
        assert sum(row["amount"] for row in some) == pytest.approx(rows[0]["amount"])


def test_what_cannot_be_told_is_said_in_place_of_a_picture():
    events = {"customer_id": ["a"], "occurred_at": ["2025-01-01"], "kind": ["purchase"], "amount": [5.0]}
    with open_tables({"events": events}) as small:
        for module, result in results_of(small).items():
            for language in LANGUAGES:
                told = module.section(result, language)
                assert told.empty == " ".join(r.sentence(language) for r in result.reasons)
                assert not told.pictures


def results_of(small):
    fits = {growth: Growth(), promotion: Promotion(), longer: Longer(), conscious: Conscious()}
    return {module: model.fit(small) for module, model in fits.items()}


def test_elasticity_is_said_as_percent_more(tables):
    e = Estimate(-2.0, -2.5, -1.5, 30)
    elastic = ElasticityResult(
        (Elasticity("discount", "", 30, 999, e), Elasticity("discount", "new", 30, 99, e)),
        None, Estimate(0.5, 0.2, 0.8, 40), 0.4, 52, (Reason("loyalty_promotion.elasticity_association"),),
    )  # fmt: skip
    result = dataclasses.replace(results(tables)[promotion], elasticity=elastic)
    told = promotion.section(result, "en")
    assert "23% more of it is sold that week (95% interval 17%–30%; 30 products)" in told.said[1].text
    assert "standard deviation of 0.50" in " ".join(told.how)
    assert "23" not in promotion.section(result, "nl").said[0].text


def test_changes_are_drawn_filled_only_where_certain():
    some = [Change("a", 5.0, 2.0, 8.0), Change("b", -1.0, -3.0, 1.0, group="g"), Change("c", 0.0, 0.0, 0.0)]
    for layout in ("wide", "tall"):
        svg = draw_changes(some, title="t", kind="number1", language="nl", layout=layout)
        assert re.findall(r'data-certain="(\w+)"', svg) == ["true", "false", "false"]
        assert "+5,0" in svg
        assert "−1,0" in svg
        assert svg == draw_changes(some, title="t", kind="number1", language="nl", layout=layout)
    widths = [float(w) for w in re.findall(r'<rect x="[\d.]+" y="[\d.]+" width="([\d.]+)"', svg)]
    assert widths[0] == pytest.approx(5 * widths[1], rel=0.01)  # in proportion
    for wrong in ([], [Change("a", 5.0, 6.0, 8.0)]):
        with pytest.raises(OptionError):
            draw_changes(wrong, title="t")
    assert "korter" in draw_odds([Odds("a", 2.0, 1.5, 3.0)], title="t", ends=("korter", "langer"))
