"""What a reader of the loyalty pages meets: names, units, and no number without its interval."""

from types import SimpleNamespace

import numpy as np
import pytest

from verbond.loyalty.buying.outlook import Outlook
from verbond.loyalty.grouping import Division
from verbond.loyalty.growth import _about_groups
from verbond.reports.loyalty import conscious, longer, reactivity
from verbond.reports.loyalty.columns import division_named, whole_divisions
from verbond.results import sentence
from verbond.tables import open_tables


def test_groupings_are_called_by_their_names():
    unknown = Division("type", (), np.full(6, -1))
    said = next(_about_groups([unknown], []))
    assert "naar relatietype niet" in said.sentence("nl")
    assert [division_named(by, "nl") for by in ("rung", "type", "age_band")] == [
        "Trede",
        "Relatietype",
        "Age band",
    ]


def test_tables_name_the_unit_of_what_they_count():
    assert longer._with_unit("tenure", "nl") == "Hoe lang ze blijven (jaren)"
    assert longer._with_unit("revenue", "nl") == "Omzet per jaar (geld)"
    assert longer._with_unit("orders", "nl") == "Bestellingen per jaar"
    difference = SimpleNamespace(value=-0.02, ci_lower=-0.034, ci_upper=-0.006, n_obs=430)
    contrast = SimpleNamespace(sign="returned", difference=difference)
    table = conscious._differences(SimpleNamespace(contrasts=[contrast]), "nl")
    cells = [table.cell(table.rows[0], column) for column in table.columns]
    assert cells == ["Teruggestuurd", "430", "-2,0 procentpunt", "-3,4 procentpunt", "-0,6 procentpunt"]


def test_a_picture_never_ends_halfway_a_division():
    rows = [SimpleNamespace(by=by) for by in ("", *"aaa", *"bbbbb", "c")]
    assert [row.by for row in whole_divisions(rows, 5)] == ["", "a", "a", "a"]
    assert [row.by for row in whole_divisions(rows, 9)] == ["", *"aaa", *"bbbbb"]
    assert len(whole_divisions(rows, 3)) == 3  # a first division too large is cut


@pytest.mark.filterwarnings("error")
def test_an_outlook_without_an_estimate_has_no_numbers():
    rng = np.random.default_rng(3)
    who = np.repeat(np.arange(60), rng.integers(1, 7, 60))
    days = np.datetime64("2024-01-01") + rng.integers(0, 500, len(who))  # at random: no two people differ
    events = {"customer_id": [f"c{i}" for i in who], "occurred_at": [str(d) for d in days],
              "kind": ["purchase"] * len(who), "amount": [10.0] * len(who)}  # fmt: skip
    with open_tables({"events": events}) as tables:
        found = Outlook(horizon_days=100_000_000).fit(tables)
    assert "loyalty.no_estimate" in [reason.code for reason in found.reasons]
    for figure in (found.buyers, found.purchases, found.active):
        assert figure is None or figure.value is None
    assert found.headline is None


def test_who_left_after_being_asked_is_said_where_it_differs():
    share = SimpleNamespace(value=0.1)

    def said(low, control=None):
        figure = SimpleNamespace(value=0.03, ci_lower=low, ci_upper=0.06)
        row = SimpleNamespace(measure="left", asked=share, unasked=share, figure=figure)
        result = SimpleNamespace(headline=None, rows=[row], control=control, horizon_days=180)
        return [one.text for one in reactivity._said(result, "nl")]

    assert said(-0.01) == []
    assert "samenhang" in said(0.01)[0]
    assert "loting" in said(0.01, "group=control")[0]


def test_rounded_people_are_called_so_beside_exact_ones():
    assert "afgerond op vijf" in sentence("loyalty_referral.table_scenarios", "nl")
    assert "rounded to five" in sentence("loyalty_referral.table_scenarios", "en")
