"""An experiment as people read it: the word first, every outcome in one picture, nothing that is not so."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from scipy.special import ndtri

from verbond.effects import Experiment, ExperimentResult
from verbond.errors import OptionError
from verbond.plots.effects import Difference, draw_differences
from verbond.reports.effects.experiment import read_result, section
from verbond.results import LANGUAGES, Reason

EFFECTS = {"satisfaction": 0.0, "trust": 1.2, "recommend": 0.9, "visit": -1.1}
NAMES = {
    "price": "de prijsfolder", "care": "de zorgfolder", "both": "de dubbele folder",
    "satisfaction": "tevredenheid", "trust": "vertrouwen", "recommend": "aanraden", "visit": "langskomen",
    "before": "wat men vooraf vond",
}  # fmt: skip


def units(n: int = 150, arms: tuple[str, ...] = ("price", "care"), seed: int = 4) -> dict:
    rng = np.random.default_rng(seed)
    arm = rng.permutation(np.repeat(arms, n))
    before = rng.normal(6, 1.5, len(arm))
    found = {"arm": arm, "before": before}
    for name, effect in EFFECTS.items():
        found[name] = 0.7 * before + rng.normal(2, 1, len(arm)) + effect * (arm != "price")
    return found


def analysed(data: dict | None = None, **options) -> ExperimentResult:
    wanted = {"covariates": ("before",), **options}
    return Experiment("arm", "price", tuple(EFFECTS), **wanted).analyze(data or units())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_word_then_the_sentence_with_every_outcome_in_its_place(language) -> None:
    read = read_result(analysed(), language, NAMES)
    assert read.word == {"en": "Weakens", "nl": "Verzwakt"}[language]
    first, rest = read.lead.split(". ", 1)
    worse, better = re.split(r", en |, and ", first)
    assert "langskomen" in worse
    assert "vertrouwen" in better
    assert "aanraden" in better
    assert "tevredenheid" in rest
    assert not re.search(r"\{|\bcare\b|\bprice\b|satisfaction", read.lead)


def test_who_does_no_better_is_not_said_to_do_worse() -> None:
    data = units()
    read = read_result(Experiment("arm", "price", ("satisfaction",)).analyze(data), "nl", NAMES)
    assert read.word == "Niet te zeggen"
    assert "beter of slechter" in read.lead
    agreed = Experiment("arm", "price", ("satisfaction",), covariates=("before",), margin=1.0).analyze(data)
    assert read_result(agreed, "nl", NAMES).word == "Gelijk"


def test_no_harm_is_said_where_it_is_ruled_out_and_no_more() -> None:
    spread = ndtri((np.arange(90) + 0.5) / 90)  # standard error 0.15, so harm of 0.4 is far off, gain is not
    data = {"arm": np.repeat(["price", "care"], 90), "trust": np.concatenate([spread, spread + 0.25])}
    result = Experiment("arm", "price", ("trust",), margin=0.4).analyze(data)
    assert (result.verdict, result.effects[0].not_worse) == ("cannot_tell", True)
    read = read_result(result, "nl", NAMES)
    assert "Kwaad kan het niet voor vertrouwen." in read.lead


@pytest.mark.parametrize("layout", ["wide", "tall"])
def test_every_outcome_stands_in_the_picture_with_its_verdict(layout: str) -> None:
    result = analysed()
    read = read_result(result, "nl", NAMES, units=dict.fromkeys(EFFECTS, "0..10"))
    svg = ElementTree.fromstring(getattr(read.pictures[0], layout))
    rows = {
        one.get("data-verdict"): one for one in svg.iter("{http://www.w3.org/2000/svg}g")
        if one.get("class") == "difference"
    }  # fmt: skip
    drawn = [one for one in svg.iter("{http://www.w3.org/2000/svg}g") if one.get("class") == "difference"]
    assert [float(one.get("data-value")) for one in drawn] == pytest.approx(
        [row.effect_size for row in result.effects], abs=0.006
    )
    assert [one.get("data-verdict") for one in drawn] == [row.verdict for row in result.effects]
    shapes = {name: [e.tag.split("}")[1] for e in g if e.get("class") == "mark"] for name, g in rows.items()}
    assert shapes == {"cannot_tell": ["circle"], "strengthens": ["path"], "weakens": ["path"]}
    words = "".join(svg.itertext())
    assert "Verzwakt" in words
    assert "de zorgfolder, vergeleken met de prijsfolder" in words


def test_the_middle_line_stands_at_no_difference_and_intervals_where_they_belong() -> None:
    """Places are reckoned back to values from the marks on the axis."""
    rows = [
        Difference("a", 1.0, 0.5, 1.5, "strengthens", "+"),
        Difference("b", -2.0, -4.0, 0.1, "cannot_tell", "?"),
    ]
    svg = ElementTree.fromstring(draw_differences(rows, title="T", ends=("less", "more")))
    texts = {e.text: float(e.get("x")) for e in svg.iter("{http://www.w3.org/2000/svg}text") if e.text}
    zero, one = texts["0.0"], (texts["+2.0"] - texts["0.0"]) / 2
    for given, g in zip(
        rows,
        [g for g in svg.iter("{http://www.w3.org/2000/svg}g") if g.get("class") == "difference"],
        strict=True,
    ):
        path = next(e.get("d") for e in g if e.get("class") == "interval")
        low, high = re.match(r"M([\d.]+).*?H([\d.]+)", path).groups()
        assert (float(low) - zero) / one == pytest.approx(given.ci_lower, abs=0.02)
        assert (float(high) - zero) / one == pytest.approx(given.ci_upper, abs=0.02)


def test_outcomes_of_several_units_have_no_axis_in_common() -> None:
    shared = read_result(analysed(), "en", NAMES, units=dict.fromkeys(EFFECTS, "0..10"))
    apart = read_result(analysed(), "en", NAMES)
    assert ">+1.0<" in shared.pictures[0].wide
    assert ">+1.0<" not in apart.pictures[0].wide
    assert "its own scale" in apart.pictures[0].see
    assert "its own scale" not in shared.pictures[0].see


def test_several_versions_stand_below_each_other_under_their_names() -> None:
    read = read_result(analysed(units(arms=("price", "care", "both"))), "nl", NAMES)
    assert read.pictures[0].wide.count(">De zorgfolder<") == 1
    assert "De zorgfolder doet het" in read.lead
    assert "De dubbele folder doet het" in read.lead


def test_what_may_be_wrong_is_said_and_what_was_looked_at_and_is_fine() -> None:
    read = read_result(analysed(), "nl", NAMES, more=(Reason("web_reading.early"),))
    tones = [one.tone for one in read.doubts]
    assert tones == sorted(tones, key=["bad", "caution", "good"].index)
    assert tones.count("good") == 3
    data = units()
    keep = (data["arm"] == "care") | (np.arange(300) % 3 == 0)
    broken = analysed({name: column[keep] for name, column in data.items()}, expected={"price": 1, "care": 1})
    read = read_result(broken, "nl", NAMES)
    assert read.word == "Niet te zeggen"
    assert read.doubts[0].tone == "bad"
    assert "iets anders dan toeval" in read.lead
    assert "zo groot als het lot" not in " ".join(one.text for one in read.doubts)


def test_arms_that_were_unlike_are_not_called_alike() -> None:
    data = units()
    data["before"] = data["before"] + 2.0 * (data["arm"] == "care")
    read = read_result(analysed(data), "nl", NAMES)
    said = {one.tone: one.text for one in read.doubts}
    assert "wat men vooraf vond" in said["caution"]
    assert "leken de groepen op elkaar" not in " ".join(one.text for one in read.doubts)


def test_the_table_holds_what_was_found() -> None:
    result = analysed()
    [table] = read_result(result, "en", NAMES).tables
    assert len(table.rows) == len(result.effects)
    for shown, row in zip(table.rows, result.effects, strict=True):
        assert float(shown["effect_size"].replace("−", "-")) == pytest.approx(row.effect_size, abs=0.06)
        assert shown["n_obs"] == row.n_obs
        assert shown["pvalue_holm"] == row.pvalue_holm


def test_a_section_holds_the_same() -> None:
    result = analysed()
    told, read = section(result, "nl", NAMES), read_result(result, "nl", NAMES)
    assert (told.said[0].tone_word, told.said[0].text) == (read.word, read.lead)
    assert told.pictures == read.pictures
    assert set(read.sure) <= set(told.how)


def test_one_arm_and_nothing_known() -> None:
    data = {"arm": ["price"] * 30, **{name: np.arange(30.0) for name in EFFECTS}, "before": np.arange(30.0)}
    read = read_result(analysed(data), "nl", NAMES)
    assert read.word == "Niet te zeggen"
    assert "de prijsfolder" in read.lead
    assert not read.pictures
    few = units(n=3)
    read = read_result(analysed(few), "nl", NAMES)
    assert read.lead.startswith("Over de zorgfolder naast de prijsfolder is nog niets te zeggen")
    assert len([one for one in read.doubts if one.tone == "caution"]) >= 4


def test_groups_are_shown_in_a_table() -> None:
    data = units(n=200)
    data["region"] = np.array(["north", "south", "east", "west"] * 100)
    read = read_result(
        analysed(data, groups=("region",)), "nl", NAMES | {"region": "regio", "north": "noord"}
    )
    groups = next(one for one in read.how_tables if one.name == "experiment_groups")
    assert {row["group"] for row in groups.rows} == {"noord", "south", "east", "west"}
    assert {row["by"] for row in groups.rows} == {"Regio"}


def test_a_picture_of_nothing_is_refused() -> None:
    with pytest.raises(OptionError, match="no differences"):
        draw_differences([], title="T", ends=("l", "h"))
    with pytest.raises(OptionError, match="outside their interval"):
        draw_differences([Difference("a", 3.0, 0.0, 1.0, "unchanged", "=")], title="T", ends=("l", "h"))
