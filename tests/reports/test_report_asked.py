"""The sections about answers: what they are worth, what satisfaction hides, what asking does."""

import re
from xml.etree import ElementTree

import pytest

from verbond.loyalty import Hidden, IntentionGap, Reactivity
from verbond.reports.loyalty import hidden, intention, reactivity
from verbond.tables import open_tables
from verbond.tables.simulate import simulate


@pytest.fixture(scope="module")
def results():
    tables = simulate("zonnewende", seed=1).open()
    return {
        "intention": (intention, IntentionGap(by=("region",)).fit(tables)),
        "hidden": (hidden, Hidden().fit(tables)),
        "reactivity": (reactivity, Reactivity().fit(tables)),
    }


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize("name", ["intention", "hidden", "reactivity"])
def test_a_section_says_shows_and_explains(results, name, language):
    module, result = results[name]
    made = module.section(result, language)
    assert made.id == name
    headline = result.headline.sentence(language)
    assert (headline in [said.text for said in made.said]) == (name != "intention"), (
        "that one stands before it"
    )
    for picture in made.pictures:
        for svg in (picture.wide, picture.tall):
            assert ElementTree.fromstring(svg).tag.endswith("svg")
    written = [made.title, *made.how, *(s.text for s in made.said), *(p.see for p in made.pictures)]
    assert len(written) > 5
    assert not re.search(r"[{}]|None|\bnan\b", " ".join(written))
    for table in made.tables:
        names = [c.name for c in table.columns]
        assert len(set(names)) == len(names)
        for row in table.rows:
            assert set(row) <= set(names)
            assert all(table.cell(row, c) for c in table.columns)


def test_tables_hold_the_figures_of_the_results(results):
    gap, behind = results["intention"][1], results["intention"][0].section(results["intention"][1], "en")
    answers, worth, groups = behind.tables
    assert [row["share"] for row in answers.rows] == [a.share.value for a in gap.answers]
    assert [row["auc"] for row in worth.rows] == [w.auc.value for w in gap.worth]
    shown = {(row["pair"], row["group"]): row for row in groups.rows}
    for row in gap.group_rows:
        if row.behaviour == "stayed" and row.level in ("all", "likely"):
            name = "of_all" if row.level == "all" else "of_intenders"
            assert shown["Stay → stayed", row.group][name] == row.share.value
    (four,) = hidden.section(results["hidden"][1], "en").tables
    assert [row["left"] for row in four.rows] == [g.left.value for g in results["hidden"][1].groups]
    shares, means = reactivity.section(results["reactivity"][1], "en").tables
    assert [len(shares.rows), len(means.rows)] == [3, 2]
    assert shares.rows[0]["change"] == results["reactivity"][1].rows[0].change.value


def test_without_answers_the_reason_stands_there():
    nothing = open_tables({"customers": {"customer_id": ["a"]}})
    assert intention.section(IntentionGap().fit(nothing), "nl") is None
    assert "tevreden" in hidden.section(Hidden().fit(nothing), "nl").empty
    assert "gevraagd" in reactivity.section(Reactivity().fit(nothing), "nl").empty
