"""The section about who brings others: sentence, picture, tables, and where there is nothing to say."""

import re

import pytest

from verbond.loyalty import ReferralValue
from verbond.reports.loyalty.referral import section
from verbond.tables import open_tables
from verbond.tables.simulate import simulate


@pytest.fixture(scope="module")
def result():
    return ReferralValue(by=("region",), n_draws=100).fit(simulate("zonnewende", seed=1).open())


@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_section_says_shows_and_explains(result, language):
    made = section(result, language)
    assert [s.tone for s in made.said] == ["neutral", "neutral"]
    assert made.said[0].text == result.headline.sentence(language)
    assert made.pictures[0].wide.startswith("<svg")
    assert made.pictures[0].tall != made.pictures[0].wide
    segments, groups = made.tables
    assert [row["n_customers"] for row in segments.rows] == [s.n_customers for s in result.segments]
    assert len(groups.rows) == len(result.groups) > 0
    assert len(made.how_tables[0].rows) == len(result.scenarios)
    assert not re.search(r"[{}]", " ".join([*made.how, *(s.text for s in made.said)]))
    for table in (segments, groups, made.how_tables[0]):
        names = [c.name for c in table.columns]
        assert len(set(names)) == len(names)
        for row in table.rows:
            assert set(row) <= set(names)
            assert all(table.cell(row, c) for c in table.columns)


def test_where_nothing_is_recorded_it_says_what_to_write_down():
    nothing = ReferralValue().fit(open_tables({"customers": {"customer_id": ["a"]}}))
    made = section(nothing, "nl")
    assert "schrijf het op" in made.empty
    assert not made.pictures
