"""What lies beside a board: verdicts by the theory, nothing that is private, figures only where allowed."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from django.test import Client
from tests.reports.conftest import full_diagnosis

from verbond.canvas import Board, Operation, Sight
from verbond.language import places
from verbond.method import CIRCLE
from verbond.results import Estimate
from verbond.results.wording import format_value
from verbond.tables import Tables
from verbond.tables.reads import customer_words
from verbond.values import Profiles
from verbond.web.diagnosing import archive_of
from verbond.web.store.models import Canvas, Participant
from verbond.web.views import canvas_beside
from verbond.web.workshop import beside
from verbond.web.workshop.beside import MOST_PAIRS, MOST_VALUES, Known
from verbond.web.workshop.joining import COOKIE, join
from verbond.web.workshop.making import make_canvas
from verbond.web.workshop.quotes import HIDDEN, masked, quotes_of, shown_of
from verbond.web.workshop.rooms import room_of

WEDGES = (
    ("universalism",), ("self_direction",), ("stimulation",), ("hedonism",), ("achievement",), ("power",),
    ("security",), ("conformity", "tradition"), ("benevolence",),
)  # fmt: skip
"""The order of Schwartz (1992), round the circle; conformity and tradition share a wedge."""
BY_STEPS = ("supporting", "supporting", "neutral", "tense", "opposing")
DEAL, CARE = {"power", "achievement"}, {"universalism", "benevolence"}
SECRET = "fluisterwoord"


class Table:
    """A board, and somebody who looks at what lies beside it."""

    def __init__(self) -> None:
        self.board, self.n = Board(), 0

    def do(self, act: str, id: str = "", kind: str = "", by: str = "ann", **values: Any) -> None:
        self.n += 1
        wish = Operation(str(self.n), by, act, id, kind, values, leads=by == "lead")  # type: ignore[arg-type]
        assert hasattr(self.board.take(wish), "number"), (act, id, values)

    def values(self, *names: str, chosen: bool = True, **more: Any) -> None:
        for name in names:
            self.do("add", name, "value", name=name, chosen=chosen, **more)

    def beside(self, who: str = "ann", language: Any = "nl", known: Known | None = None) -> dict[str, Any]:
        return beside.of(Sight(self.board, who).whole()["things"], language, known)


@pytest.fixture
def table() -> Table:
    return Table()


def pair(told: dict[str, Any], one: str, other: str) -> dict[str, Any]:
    return next(p for p in told["pairs"] if {p["one"], p["other"]} == {one, other})


# by the theory


def test_every_pair_is_judged_by_the_published_order(table: Table) -> None:
    """Steps round the circle of nine wedges, counted in this test; a deal beside care is one step worse."""
    at = {id: k for k, wedge in enumerate(WEDGES) for id in wedge}
    assert set(at) == {v.id for v in CIRCLE}
    for id in at:
        table.do("add", id, "value", name=f"word {id}", place=id)
    told = table.beside()
    expected = {}
    for a, b in combinations(at, 2):
        steps = min((at[a] - at[b]) % 9, (at[b] - at[a]) % 9)
        worse = ({a, b} & DEAL != set()) and ({a, b} & CARE != set())
        expected[frozenset((a, b))] = BY_STEPS[min(steps + worse, 4)], 40.0 * steps
    found = {frozenset((p["one"], p["other"])): (p["verdict"], p["degrees"]) for p in told["pairs"]}
    assert found == {k: v for k, v in expected.items() if v[0] in ("tense", "opposing")}
    assert told["tally"]["opposing"] == sum(v == "opposing" for v, _ in expected.values())
    assert told["tally"]["tense"] == sum(v == "tense" for v, _ in expected.values())
    assert told["tally"]["pairs"] == 45


def test_a_place_that_people_confirmed_counts_for_more_than_the_word(table: Table) -> None:
    table.values("laagste prijs", "zorg voor elkaar")
    assert table.beside()["pairs"][0]["verdict"] == "opposing"
    table.do("set", "laagste prijs", place="benevolence")
    told = table.beside()
    assert told["pairs"] == []
    assert told["values"][0]["how"] == "confirmed"
    assert "welwillendheid" in told["values"][0]["said"]


def test_a_place_that_is_none_counts_for_nothing(table: Table) -> None:
    table.values("zorg voor elkaar", place="the moon")
    (value,) = table.beside()["values"]
    assert (value["place"], value["how"]) == ("", "list")


# words that are not known


@pytest.fixture
def list_alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No encoder is asked; one that is installed may have given words a place before."""
    beside._placed.cache_clear()
    monkeypatch.setattr(places, "find_encoder", lambda: None)
    yield
    beside._placed.cache_clear()


@pytest.mark.usefixtures("list_alone")
def test_a_word_that_is_not_known_is_said_so_with_places_to_choose(table: Table) -> None:
    table.values("open", "xyzzy", "zorg voor elkaar")
    told = table.beside()
    by_id = {one["id"]: one for one in told["values"]}
    assert by_id["open"]["taken_for"] == []
    assert by_id["open"]["suggestions"] == [
        {"id": "benevolence", "name": "welwillendheid", "because": "openheid"}
    ]
    assert by_id["xyzzy"]["suggestions"] == []
    assert by_id["zorg voor elkaar"]["suggestions"] == []
    assert [one["id"] for one in told["places"]] == [v.id for v in CIRCLE]
    assert told["tally"]["unknown"] == 2
    assert "--as" not in json.dumps(told)  # that is how one says it in a terminal


def test_empty_and_doubled_words_do_no_harm(table: Table) -> None:
    table.do("add", "v1", "value", name="")
    table.do("add", "v2", "value", name=" \t ")
    table.do("add", "v3", "value", name="Zorg")
    table.do("add", "v4", "value", name="  zorg ")
    told = table.beside()
    assert [one["id"] for one in told["values"]] == ["v3", "v4"]
    assert told["pairs"] == []


def test_a_crowded_board_is_looked_at_in_part_and_says_so(table: Table) -> None:
    for k in range(MOST_VALUES + 30):
        place = "power" if k % 2 else "universalism"
        table.do("add", f"v{k:03}", "value", name=f"word {k}", place=place, chosen=k >= MOST_VALUES + 27)
    told = table.beside()
    assert len(told["values"]) == MOST_VALUES
    assert all(one["chosen"] for one in told["values"][:3])
    assert len(told["pairs"]) == MOST_PAIRS
    assert str(MOST_VALUES + 30) in told["more"]
    assert str(MOST_PAIRS) in told["tally"]["said"]


# contradictions and what was decided


def test_standing_on_two_legs_is_named_until_it_is_decided(table: Table) -> None:
    table.values("laagste prijs", "zorg voor elkaar", "lef")
    legs = table.beside()["legs"]
    assert (legs["market"], legs["meaning"], legs["resolved"]) == (
        ["laagste prijs"], ["zorg voor elkaar"], False,
    )  # fmt: skip
    assert legs["said"].startswith("Op twee benen")
    table.do("add", "r1", "resolution", one="laagste prijs", other="zorg voor elkaar", kept="")
    assert not table.beside()["legs"]["resolved"]  # both stay: that is what standing on two legs is
    told = {"one": "zorg voor elkaar", "other": "laagste prijs", "kept": "zorg voor elkaar"}
    table.do("add", "r2", "resolution", concession="Geen Black Friday meer.", **told)
    found = table.beside()
    assert found["legs"]["resolved"]
    decided = pair(found, "laagste prijs", "zorg voor elkaar")
    assert decided["resolved"] == "r2"  # the last word
    assert "Geen Black Friday meer." in decided["resolved_said"]
    assert "'zorg voor elkaar' gaat voor" in decided["resolved_said"]
    table.do("set", "zorg voor elkaar", chosen=False)
    assert table.beside()["legs"] is None


def test_open_contradictions_between_chosen_values_come_first(table: Table) -> None:
    table.values("laagste prijs", "zorg voor elkaar")
    table.values("goedkoop", "samen", chosen=False)
    table.do("add", "r1", "resolution", one="goedkoop", other="samen", kept="samen")
    told = table.beside()["pairs"]
    assert {told[0]["one"], told[0]["other"]} == {"laagste prijs", "zorg voor elkaar"}
    assert told[-1]["resolved"] == "r1"


def test_a_decision_about_what_is_gone_is_no_decision(table: Table) -> None:
    table.values("laagste prijs", "zorg voor elkaar")
    table.do("add", "r1", "resolution", one="laagste prijs", other="gone", kept="gone")
    table.do("add", "r2", "resolution", one="laagste prijs", other="laagste prijs")
    assert [p["resolved"] for p in table.beside()["pairs"]] == [""]


# the overlap


def test_a_shared_value_stands_on_both_sides(table: Table) -> None:
    table.values("samen", "lef", "rust", "eerlijk", chosen=False)
    notes = [
        ("identity", "samen"),
        ("identity", "samen"),
        ("image", "samen"),
        ("identity", "lef"),
        ("image", "rust"),
    ]
    for k, (side, value) in enumerate(notes):
        table.do("add", f"n{k}", "note", field=side, text="because", group=value)
    table.do("add", "n8", "note", field="values", text="elsewhere", group="eerlijk")
    table.do("add", "n9", "note", field="image", text="of nothing", group="nothing")
    told = table.beside()
    sides = {
        one["id"]: (one["side"], one["sides"]["identity"], one["sides"]["image"]) for one in told["values"]
    }
    assert sides == {
        "samen": ("both", 2, 1), "lef": ("ours", 1, 0), "rust": ("theirs", 0, 1), "eerlijk": ("none", 0, 0),
    }  # fmt: skip
    assert {k: told["overlap"][k] for k in ("both", "ours", "theirs", "none")} == {
        "both": 1, "ours": 1, "theirs": 1, "none": 1,
    }  # fmt: skip


# the circle


def test_the_circle_lights_up_as_the_list_beside_it_says(table: Table) -> None:
    table.values("zorg voor elkaar")
    table.values("lef", chosen=False)
    told = table.beside()
    assert {one["id"]: (one["chosen"], one["values"]) for one in told["lit"]} == {
        "benevolence": (True, ["zorg voor elkaar"]), "stimulation": (False, ["lef"]),
    }  # fmt: skip
    assert told["circle"].count("sector--chosen") == 1
    assert told["circle"].count("sector--lit") == 1


def test_what_people_type_is_no_markup(table: Table) -> None:
    table.do("add", "v1", "value", name="<img src=x onerror=alert(1)>", place="power", chosen=True)
    told = table.beside()
    assert "<img" not in told["circle"]
    assert "{word}" in beside.of(_braces(), "nl")["values"][0]["said"]  # no template either


def _braces() -> list[dict[str, Any]]:
    table = Table()
    table.do("add", "v1", "value", name="{word} {n}", place="power")
    return Sight(table.board, "ann").whole()["things"]


# promises


def test_a_promise_is_laid_beside_chosen_values_and_what_customers_see(table: Table) -> None:
    table.values("zorg voor elkaar")
    table.do("add", "p1", "promise", text="Altijd de laagste prijs, voor iedereen")
    known = Known(None, {"power": Estimate(-9.0, -12.0, -6.0, 300)})
    told = {one["code"]: one for one in table.beside(known=known)["promises"]["p1"]}
    assert set(told) >= {
        "size_large",
        "measure_missing",
        "examples_none",
        "promise_market_leg",
        "far_from_now",
    }
    assert told["size_large"]["kind"] == "look"
    assert "300" in told["far_from_now"]["said"]
    assert "far_from_now" not in {one["code"] for one in table.beside()["promises"]["p1"]}


# what is private


@pytest.mark.parametrize("field", ["values", "identity", "image", "promise"])
def test_what_is_private_to_others_is_in_no_byte(table: Table, field: str) -> None:
    table.values("samen", "laagste prijs")
    table.do("privacy", field, by="lead", on=True)
    before = {who: table.beside(who) for who in ("bob", "lead")}
    table.do("add", SECRET, "value", name=f"{SECRET} duurzaam", chosen=True)
    table.do("add", "n1", "note", field="identity", text=SECRET, group="samen")
    table.do("add", "n2", "note", field="image", text=SECRET, group="samen")
    table.do("add", "p1", "promise", text=f"{SECRET} voor iedereen")
    table.do("add", "r1", "resolution", one=SECRET, other="samen", kept=SECRET, reason=SECRET)
    for who, was in before.items():
        told = table.beside(who)
        assert bool(told["promises"]) == (field != "promise")
        if field == "values":  # nothing but the promise, which is not private
            assert told | {"promises": {}} == was
            continue
        assert SECRET in json.dumps(told["values"])
        assert SECRET in told["circle"]
        sides = next(one["sides"] for one in told["values"] if one["id"] == "samen")
        assert sides == {"identity": int(field != "identity"), "image": int(field != "image")}
    assert SECRET in json.dumps(table.beside("ann"))


# over the line


@pytest.fixture
def canvas(cast: Any) -> Canvas:
    """A canvas on which everybody has written how customers see them."""
    made = make_canvas(cast.acme, cast.people["fay"], name="Spring", company="Acme")
    done(made, joined(cast, made, "fay")[1], "reveal", "image")
    return made


def joined(cast: Any, canvas: Canvas, name: str) -> tuple[Client, Participant]:
    who, _ = join(canvas, name.title(), "", cast.people[name])
    return cast.client(name), who


def done(canvas: Canvas, who: Participant, act: str, id: str = "", kind: str = "", **values: Any) -> None:
    wish = Operation(
        f"{len(room_of(canvas).board.events)}{act}{id}{values}"[:60],
        who.code,
        act,
        id,
        kind,
        values,
        leads=who.leads,
    )  # type: ignore[arg-type]
    (became,) = room_of(canvas).take(who, [wish])
    assert hasattr(became, "number"), became


@pytest.fixture
def bob(cast: Any, canvas: Canvas) -> tuple[Client, Participant]:
    client, who = joined(cast, canvas, "bob")
    for name in ("laagste prijs", "zorg voor elkaar"):
        done(canvas, who, "add", name, "value", name=name)
    return client, who


def speaks(cast: Any, name: str, language: str) -> None:
    cast.people[name].language = language
    cast.people[name].save()


def path(canvas: Canvas) -> str:
    return f"/c/{canvas.address}/beside/"


def test_only_who_takes_part_is_told(cast: Any, canvas: Canvas, bob: Any) -> None:
    assert bob[0].get(path(canvas)).status_code == 200
    for name in ("charlie", "ann", None):  # of another organisation, not joined, nobody
        assert cast.client(name).get(path(canvas)).status_code == 404
    assert bob[0].post(path(canvas)).status_code == 405
    assert bob[0].get("/c/nowhere/beside/").status_code == 404
    Canvas.objects.update(state=Canvas.State.CLOSED)
    assert bob[0].get(path(canvas)).status_code == 404


def test_the_answer_is_in_the_readers_language(cast: Any, canvas: Canvas, bob: Any) -> None:
    said = {}
    for language in ("nl", "en"):
        speaks(cast, "bob", language)
        said[language] = bob[0].get(path(canvas)).json()["pairs"][0]["said"]
    assert "spreken elkaar tegen" in said["nl"]
    assert "contradict each other" in said["en"]


def test_an_unchanged_answer_is_not_sent_again(cast: Any, canvas: Canvas, bob: Any, monkeypatch: Any) -> None:
    client, who = bob
    first = client.get(path(canvas))
    assert first["Cache-Control"] == "private, no-cache"
    assert first.json()["number"] == len(room_of(canvas).board.events)
    tag = first["ETag"]

    def again() -> Any:
        return client.get(path(canvas), headers={"if-none-match": tag})

    with monkeypatch.context() as patch:  # what is not asked about is not worked out either
        patch.setattr(canvas_beside.beside_board, "of", lambda *_: pytest.fail("worked out anew"))
        assert (again().status_code, again().content) == (304, b"")
        weak = {"if-none-match": f"W/{tag}"}  # so it comes back from who was sent it compressed
        assert client.get(path(canvas), headers=weak).status_code == 304
        done(canvas, who, "vote", "laagste prijs", n=1)
        done(canvas, who, "add", "n1", "note", text="a thought", field="steps")
        done(canvas, who, "set", "n1", text="another thought")
        assert again().status_code == 304  # votes and notes that speak for no value change nothing
        assert client.get(path(canvas)).json()["number"] == len(room_of(canvas).board.events)

    done(canvas, who, "set", "laagste prijs", name="lage prijs")
    answer = again()
    assert answer.status_code == 200
    assert answer["ETag"] != tag
    assert "lage prijs" in answer.content.decode()
    assert client.get(path(canvas), headers={"if-none-match": answer["ETag"]}).status_code == 304
    speaks(cast, "bob", "nl")
    assert client.get(path(canvas), headers={"if-none-match": answer["ETag"]}).status_code == 200


def test_two_people_are_told_what_each_of_them_sees(cast: Any, canvas: Canvas) -> None:
    """Both may do the same and ask one after the other: one answer would do, but for what is private."""
    (lead, fay), (other, _) = (joined(cast, canvas, name) for name in ("fay", "ann"))
    done(canvas, fay, "privacy", "values", on=True)
    done(canvas, fay, "add", "secret", "value", name=SECRET, place="power")
    assert SECRET in lead.get(path(canvas)).content.decode()
    assert SECRET not in other.get(path(canvas)).content.decode()
    done(canvas, fay, "reveal", "values")
    told = other.get(path(canvas))
    assert SECRET in told.content.decode()
    assert lead.get(path(canvas))["ETag"] == told["ETag"]  # then they see the same
    done(canvas, fay, "privacy", "values", on=True)
    assert SECRET not in other.get(path(canvas), headers={"if-none-match": told["ETag"]}).content.decode()


def test_queries_do_not_grow_with_the_board(
    canvas: Canvas, bob: Any, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    client, who = bob
    client.get(path(canvas))
    for k in range(12):
        done(canvas, who, "add", f"v{k}", "value", name=f"woord {k}", place="power")
    with django_assert_max_num_queries(8):
        assert client.get(path(canvas)).status_code == 200


# what customers said


@pytest.fixture
def people() -> Profiles:
    """Customers who hold power dear where they do not hold benevolence dear."""
    scores = np.random.default_rng(3).normal(50, 10, (140, 10))
    ids = tuple(v.id for v in CIRCLE)
    scores[:, ids.index("power")] -= 1.2 * (scores[:, ids.index("benevolence")] - 50)
    return Profiles(ids, scores, scores.mean(axis=1))


def with_spread(people: Profiles) -> Any:
    d = full_diagnosis()
    return dataclasses.replace(d, values=dataclasses.replace(d.values, own_spread=people.spread()))


def test_figures_stay_away_until_the_facilitator_shows_them(
    canvas: Canvas, bob: Any, made_run: Any, people: Profiles
) -> None:
    made_run(diagnosis=with_spread(people))
    Canvas.objects.update(settings={"figures": False})
    told = bob[0].get(path(canvas)).json()
    assert told["image"] == {"off": True}
    assert told["pairs"][0]["correlation_said"] == ""
    Canvas.objects.update(settings={"figures": True})
    told = bob[0].get(path(canvas)).json()
    assert told["image"]["said"]
    assert told["pairs"][0]["correlation_said"]


def test_the_companys_own_customers_stand_beside_a_pair(
    cast: Any, canvas: Canvas, bob: Any, made_run: Any, people: Profiles
) -> None:
    """The figure is Pearson's over the answers themselves, worked out here row by row."""
    made_run(diagnosis=with_spread(people))
    speaks(cast, "bob", "nl")
    done(canvas, bob[1], "set", "laagste prijs", place="power")
    (found,) = bob[0].get(path(canvas)).json()["pairs"]
    held = people.scores - people.scores.mean(axis=1, keepdims=True)
    one, other = (held[:, people.values.index(id)] for id in ("power", "benevolence"))
    r = float(np.corrcoef(one, other)[0, 1])
    bounds = np.tanh(np.arctanh(r) + np.array([-1, 1]) * 1.959964 / np.sqrt(137))  # Fisher (1921)
    for figure in (r, *bounds):
        assert format_value(float(figure), "number2", "nl") in found["correlation_said"]
    assert "140" in found["correlation_said"]
    assert "bevestigen" in found["correlation_said"]


def test_people_write_before_they_read_what_customers_said(
    cast: Any, canvas: Canvas, bob: Any, made_run: Any
) -> None:
    """Whoever has read the figures repeats them."""
    made_run()
    lead, fay = joined(cast, canvas, "fay")
    done(canvas, fay, "privacy", "image", on=True)
    for client in (bob[0], lead):
        told = client.get(path(canvas)).json()["image"]
        assert set(told) == {"empty"}
    done(canvas, fay, "reveal", "image")
    assert bob[0].get(path(canvas)).json()["image"]["said"]


def test_without_a_survey_it_says_how_to_get_one(cast: Any, canvas: Canvas, bob: Any) -> None:
    told = bob[0].get(path(canvas)).json()["image"]
    assert told["empty"]
    assert told["link"] == ""  # not hers to open
    lead, _ = joined(cast, canvas, "fay")
    assert lead.get(path(canvas)).json()["image"]["link"] == "/o/acme/surveys/"


def test_what_customers_said_carries_intervals_and_what_it_rests_on(
    canvas: Canvas, bob: Any, made_run: Any
) -> None:
    made_run()
    told = bob[0].get(path(canvas)).json()["image"]
    d = full_diagnosis()
    types = next(one for one in told["said"] if one.startswith("To which relationship"))
    share = next(t.share for t in d.survey.relationship_types if t.type == "market")
    for figure in (share.value, share.ci_lower, share.ci_upper):
        assert format_value(figure, "percent", "en") in types
    assert str(d.survey.n_respondents) in told["rests_on"]
    assert len(told["table"]["rows"]) == len(CIRCLE)
    assert told["quotes"] is None


def test_groups_under_five_are_not_in_it(canvas: Canvas, bob: Any, made_run: Any) -> None:
    d = full_diagnosis()
    few = tuple(
        dataclasses.replace(t, share=dataclasses.replace(t.share, n_obs=4))
        for t in d.survey.relationship_types
    )
    survey = dataclasses.replace(d.survey, relationship_types=few)
    made_run(diagnosis=dataclasses.replace(d, survey=survey))
    told = bob[0].get(path(canvas)).json()["image"]
    assert not [one for one in told["said"] if "relationship" in one]


# their words


def words(n: int) -> dict[str, list[str]]:
    texts = [f"Ik vind de uitleg over de rekening nummer {k} heel duidelijk." for k in range(n)]
    return {
        "message_id": [f"m{k}" for k in range(n)],
        "speaker": ["customer"] * n,
        "language": ["nl"] * n,
        "text": texts,
    }


@pytest.mark.parametrize(("n", "shown"), [(9, False), (10, True)])
def test_words_are_shown_from_ten_people_on(
    cast: Any, canvas: Canvas, bob: Any, made_run: Any, n: int, shown: bool
) -> None:
    made_run()
    tables = Tables.from_columns({"messages": words(n)})
    archive_of(cast.acme).add(
        tables, import_id="words", source_sha256="0" * 64, file_name="a.csv", product="csv"
    )
    quotes = bob[0].get(path(canvas)).json()["image"]["quotes"]
    assert (quotes is not None) == shown
    if shown:
        assert len(quotes["items"]) == 3
        assert "10 texts of 10 customers" in quotes["said"]


def test_guests_see_figures_and_no_words_unless_the_canvas_says_so(
    cast: Any, canvas: Canvas, made_run: Any
) -> None:
    """As on pages that are shared: figures go out, what people wrote in words of their own does not."""
    made_run()
    tables = Tables.from_columns({"messages": words(12)})
    archive_of(cast.acme).add(
        tables, import_id="words", source_sha256="0" * 64, file_name="a.csv", product="csv"
    )
    _, token = join(canvas, "Gast", "", None)
    guest = Client()
    guest.cookies[COOKIE] = token
    told = guest.get(path(canvas)).json()["image"]
    assert told["said"]
    assert told["quotes"] is None
    Canvas.objects.update(settings={"figures": True, "words": True})
    assert guest.get(path(canvas)).json()["image"]["quotes"]


def test_words_that_were_taken_away_are_shown_no_more(cast: Any) -> None:
    """Of twelve customers three are erased, one after the other: then there are nine."""
    archive = archive_of(cast.acme)
    told = words(12) | {"customer_id": [f"customer-{k}" for k in range(12)]}
    tables = Tables.from_columns({"messages": told})
    archive.add(tables, import_id="words", source_sha256="0" * 64, file_name="a.csv", product="csv")
    for left in (12, 11, 10):
        found = quotes_of(cast.acme)
        assert found is not None
        assert found.n_people == left
        archive.erase(f"customer-{left - 1}")
        assert not any(f"nummer {left - 1}" in text for _, text in getattr(quotes_of(cast.acme), "items", ()))
    assert quotes_of(cast.acme) is None
    archive.undo("words")
    assert quotes_of(cast.acme) is None


def test_ten_texts_of_one_person_are_no_ten_people() -> None:
    told = words(12)
    for people, n in ((["c1"] * 12, 1), ([f"c{k % 10}" for k in range(12)], 10)):
        tables = Tables.from_columns({"messages": told | {"customer_id": people}})
        said = customer_words(tables)
        assert (said.n_people, said.n_texts) == (n, 12)
        shown = shown_of(said)
        assert (shown is None) == (n == 1)
        assert shown is None or len(shown.items) == n  # one text of each


def test_what_a_company_or_its_people_wrote_is_no_word_of_a_customer() -> None:
    told = words(12) | {"speaker": ["customer"] * 9 + ["employee"] * 2 + ["company"]}
    assert shown_of(customer_words(Tables.from_columns({"messages": told}))) is None


def test_a_lot_decides_and_not_what_is_said() -> None:
    """By the id of a message, that says nothing: the same for everybody, and no order of dates or words."""
    told = words(30)
    said = customer_words(Tables.from_columns({"messages": told}))
    assert said == customer_words(Tables.from_columns({"messages": told}))
    lot = sorted(range(30), key=lambda k: hashlib.md5(f"m{k}".encode()).hexdigest())
    assert [text for text, _, _ in said.texts] == [told["text"][k] for k in lot]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Bel me op 06-12345678 of +31 6 1234 5678.", ["1234", "5678"]),
        ("Mijn adres is anna.dewit@example.org, dank.", ["anna", "example"]),
        ("Mijn rekening is NL91 ABNA 0417 1643 00.", ["ABNA", "0417", "1643"]),
        ("Ik woon op 1234 AB in Utrecht.", ["1234", "AB", "Utrecht"]),
        ("Ik sprak met Fatima van de balie.", ["Fatima"]),
        ("Fatima hielp me snel.", ["Fatima"]),
        ("Het was meneer de vries die belde.", ["vries"]),
        ("Prima geholpen. Groeten, jan pietersen", ["jan", "pietersen"]),
        ("My name is John O'Brien and I am 74.", ["John", "Brien", "74"]),
        ("Kijk op www.example.org/mij voor meer.", ["example"]),
        ("Geboren 12-03-1961, klant 88312.", ["1961", "88312"]),
        ("ANNA WAS BOOS", ["ANNA"]),
    ],
    ids=lambda value: value[:12] if isinstance(value, str) else "",
)
def test_what_may_name_somebody_is_taken_out(text: str, names: list[str]) -> None:
    told = masked(text)
    assert HIDDEN in told
    for name in names:
        assert name not in told


def test_ordinary_words_stay() -> None:
    for text in (
        "Ik vind het te duur, maar wel eerlijk.",
        "Black Friday past niet bij duurzaam.",
        "I think the price of € 12,50 is fair, 30% less than before.",
    ):
        assert masked(text) == text
