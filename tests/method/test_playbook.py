"""The playbook: every play can be done tomorrow, and what a file says wrongly is refused."""

from __future__ import annotations

import re
import string
from collections import Counter
from dataclasses import fields
from typing import Any

import pytest

from verbond.effects.cards.reading import OUTCOMES as CARD_OUTCOMES
from verbond.errors import OptionError
from verbond.method import HANDLES, PLAYS, Play, Text, play, playbook, plays_for
from verbond.method.playbook import SECTORS, _play
from verbond.tables import ACTION_KINDS, CONSTRUCTS

EACH = pytest.mark.parametrize("one", PLAYS, ids=lambda one: one.id)
READ = {
    "Aggarwal 2004", "Aggarwal & Larrick 2012", "Aggarwal & Zhang 2006", "Anderson & Simester 2004",
    "Chandon et al. 2005", "Curtis et al. 2011", "Edwards & Cable 2009", "Gustafsson et al. 2005",
    "Jedidi et al. 1999", "Jones et al. 2000", "Kumar et al. 2007", "Mela et al. 1997", "Morgan & Hunt 1994",
    "Morgan & Rego 2006", "Netzer et al. 2008", "Palmatier et al. 2006", "Pol 2017", "Pol 2019", "Pol 2020",
    "Pol 2022", "Pol et al. 2020", "Simons et al. 2011", "Sirdeshmukh et al. 2002",
    "Sánchez-García & Curras-Perez 2020", "Verhoef 2003", "Zakharin & Bates 2023", "Zhang & Bloemer 2008",
    "Zhang et al. 2016", "pilot 2013",
}  # fmt: skip
"""What the plays may cite; the pilot is a health insurer's, in Pol 2017."""
YEAR = re.compile(r"\b(?:19[5-9]\d|20[0-2]\d)\b")


def cited(text: str) -> list[str]:
    """Each year with what stands before it, in the English way."""
    told = text.replace("e.a.", "et al.").replace("proef bij zorgverzekeraar,", "pilot")
    told = re.sub(r"Pol (\d{4}), (?=\d{4})", r"Pol \1, Pol ", told)
    return [told[: year.end()] for year in YEAR.finditer(told)]


def entry(**changes: Any) -> dict[str, Any]:
    """A play as a file tells it."""
    texts = ("name", "what", "why", "owner", "first_hour", "costs", "risk", "not_for", "stop")
    said = {
        name: {"en": name, "nl": f"{name}, in het Nederlands"} for name in (*texts, "evidence", "against")
    }
    prior = {"mean": 0.1, "sd": 0.2}
    numbers = {"rungs": [2, 3], "effort": "small", "hours": 2, "cost_per_customer": 0.5, "weeks_to_see": 6}
    test = {"unit": "customer", "outcome": "trust", "weeks": 6, "arm": {"en": "half", "nl": "de helft"}}
    return {
        **said,
        **numbers,
        "climbs": prior,
        "falls": prior,
        "revenue": prior,
        "experiment": test,
        **changes,
    }


def texts_of(one: Play) -> list[Text]:
    own = [getattr(one, field.name) for field in fields(one)]
    return [*(text for text in own if isinstance(text, Text)), one.experiment.arm]


def placeholders(said: str) -> Counter[str]:
    return Counter(name for _, name, _, _ in string.Formatter().parse(said) if name is not None)


def test_there_are_plays_for_every_handle() -> None:
    assert len(PLAYS) >= 40
    assert len({one.id for one in PLAYS}) == len(PLAYS)
    of_handle = Counter(one.handle_id for one in PLAYS)
    assert set(of_handle) == {one.id for one in HANDLES}
    assert min(of_handle.values()) >= 2


def test_plays_are_found_by_id_and_by_rung() -> None:
    assert all(play(one.id) is one for one in PLAYS)
    for rung in range(6):
        general, retail = plays_for(rung), plays_for(rung, "retail")
        assert len(general) >= 3
        assert all(rung in one.rungs and not one.sectors for one in general)
        assert set(retail) == {
            one for one in PLAYS if rung in one.rungs and (not one.sectors or "retail" in one.sectors)
        }


def test_most_are_whole() -> None:
    whole = [
        one for one in PLAYS if all(t.en and t.nl for t in (one.owner, one.first_hour, one.say, one.stop))
    ]
    assert len(whole) >= 30


@EACH
def test_both_languages_have_the_same_placeholders(one: Play) -> None:
    for text in texts_of(one):
        assert placeholders(text.en) == placeholders(text.nl)
        assert set(placeholders(text.en)) <= {"company", "name"}


@EACH
def test_everything_but_what_is_said_is_there(one: Play) -> None:
    for text in texts_of(one):
        assert bool(text.en) == bool(text.nl)
        assert text is one.say or text.en


@EACH
def test_numbers_can_be(one: Play) -> None:
    assert one.rungs
    assert len(set(one.rungs)) == len(one.rungs)
    assert set(one.rungs) <= set(range(6))
    assert one.hours > 0
    assert one.cost_per_customer >= 0
    assert 1 <= one.weeks_to_see <= 52
    assert one.most_reached is None or one.most_reached >= 5
    assert all(prior.sd > 0 for prior in (one.climbs, one.falls, one.revenue))
    assert abs(one.revenue.mean) < 0.2
    assert set(one.action_kinds) <= set(ACTION_KINDS)
    assert not set(one.keeps) & set(one.breaks)
    assert one.experiment.unit in playbook.UNITS
    assert one.experiment.weeks >= 1


@EACH
def test_a_year_has_a_known_author(one: Play) -> None:
    for text in (one.evidence.en, one.evidence.nl, one.against.en, one.against.nl):
        for said in cited(text):
            assert any(re.search(rf"(?<!& )\b{source}$", said) for source in READ), said[-60:]


def test_most_cite_research_and_all_say_what_speaks_against() -> None:
    assert sum(bool(YEAR.search(one.evidence.en)) for one in PLAYS) > len(PLAYS) / 2
    for one in PLAYS:
        assert sorted(YEAR.findall(one.evidence.en)) == sorted(YEAR.findall(one.evidence.nl))
        assert len(one.against.en.split()) >= 8


def test_a_play_of_a_file_is_read() -> None:
    found = _play("mine", "tell_why", entry(say={"en": "Hi {name}", "nl": "Hoi {name}"}, sectors=["food"]))
    assert (found.id, found.handle_id, found.rungs, found.sectors) == ("mine", "tell_why", (2, 3), ("food",))
    assert found.say.say("nl") == "Hoi {name}"
    assert (found.climbs.mean, found.climbs.sd, found.climbs.source) == (0.1, 0.2, "ours")
    assert _play("mine", "tell_why", entry()).say == Text("", "")


PRIOR: dict[str, Any] = {"mean": 0.1, "sd": 0.2}
TEST = entry()["experiment"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"rungs": [2, 6]}, "rungs of the play 'mine' of 'tell_why': found 6"),
        ({"rungs": []}, "rungs of the play 'mine' of 'tell_why': found none"),
        ({"action_kinds": ["gift"]}, "action_kinds of the play 'mine' of 'tell_why': found gift"),
        ({"name": {"en": "Name", "nl": "Naam", "fr": "Nom"}}, "keys of name of the play 'mine'.*: found fr"),
        ({"name": {"en": "Name"}}, "name of the play 'mine' of 'tell_why' lacks keys: expected nl"),
        ({"name": "Name"}, "name of the play 'mine' of 'tell_why' is no table: found 'Name'"),
        ({"climbs": {**PRIOR, "spread": 1}}, "keys of climbs of the play 'mine'.*: found spread"),
        ({"falls": {"mean": 0.1}}, "falls of the play 'mine' of 'tell_why' lacks keys: expected sd"),
        ({"experiment": {**TEST, "unit": "town"}}, "unit of experiment of the play 'mine'.*: found town"),
        ({"experiment": {**TEST, "outcome": "joy"}}, "outcome of experiment of the play 'mine'.*: found joy"),
        ({"experiment": {**TEST, "days": 3}}, "keys of experiment of the play 'mine'.*: found days"),
        ({"experiment": {}}, "experiment of .* lacks keys: expected unit, outcome, weeks, arm"),
        ({"say": {"en": "Hi"}}, "say of the play 'mine' of 'tell_why' lacks keys: expected nl"),
        ({"colour": "red"}, "keys of the play 'mine' of 'tell_why': found colour"),
        ({"effort": "tiny"}, "effort of the play 'mine' of 'tell_why': found tiny"),
        ({"sectors": ["retail", "moon"]}, "sectors of the play 'mine' of 'tell_why': found moon"),
        ({"not_for_types": ["friends"]}, "not_for_types of the play 'mine' of 'tell_why': found friends"),
        ({"keeps": ["peace"]}, "keeps of the play 'mine' of 'tell_why': found peace"),
        ({"breaks": ["peace"]}, "breaks of the play 'mine' of 'tell_why': found peace"),
    ],
)
def test_what_a_play_does_not_know_is_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(OptionError, match=told):
        _play("mine", "tell_why", entry(**changes))


@pytest.mark.parametrize("name", sorted(entry()))
def test_what_a_play_lacks_is_named(name: str) -> None:
    told = {key: value for key, value in entry().items() if key != name}
    with pytest.raises(OptionError, match=f"the play 'mine' of 'tell_why' lacks keys: expected {name}"):
        _play("mine", "tell_why", told)


def test_kinds_of_actions_and_outcomes_are_those_of_the_rooms_above() -> None:
    assert set(playbook.ACTION_KINDS) == set(ACTION_KINDS)
    assert set(playbook.OUTCOMES) == {*CONSTRUCTS, *CARD_OUTCOMES, "contributions", "contacts"}


DRAWN = {
    "region": "(regions|branches),? drawn by lot|of the regions, drawn by lot", "team": "teams",
    "week": "weeks (drawn by lot|that the lot)", "campaign": "campaigns a lot chooses", "none": "no lot",
}  # fmt: skip


@EACH
def test_what_a_lot_decides_over_stands_in_its_words(one: Play) -> None:
    found = {unit for unit, words in DRAWN.items() if re.search(words, one.experiment.arm.en.lower())}
    assert found == {one.experiment.unit} - {"customer"}


def test_unknown_plays_rungs_and_sectors_are_named() -> None:
    with pytest.raises(OptionError, match="unknown step: found 'magic'"):
        play("magic")
    with pytest.raises(OptionError, match="unknown rung: found 6"):
        plays_for(6)
    with pytest.raises(OptionError, match="unknown sector: found 'moon'"):
        plays_for(2, "moon")
    assert len(set(SECTORS)) == len(SECTORS)
