"""The company picture, with a rater that is known: figures against plain counts, small groups, two legs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pytest

from verbond.errors import DataError
from verbond.expressions import RELATIONSHIPS, VALUES, Promise, WordRater
from verbond.expressions.picture import CompanyPicture, ExpressionPicture
from verbond.expressions.picture.effort import rung_of_action, rungs_of_message
from verbond.expressions.picture.model import share_error
from verbond.expressions.picture.readings import has_caption
from verbond.results.groups import MIN_GROUP
from verbond.tables import Tables
from verbond.tables.reads import SaidAction

KINDS = {"deal": "market", "care": "meaning", "safe": "authority", "fair": "equality", "plain": "none"}
ASIDE = {"deal": ("power", "achievement"), "care": ("benevolence", "universalism")}
PROMISE = Promise("We look after each other.", "meaning", ("benevolence", "security"))


class KnownRater:
    """Rates a text by its first word, and keeps count of what it was given."""

    name, version, reasons = "known", "1", ()

    def __init__(self) -> None:
        self.seen: list[str] = []

    def rate(self, texts: Sequence[str], languages: Sequence[str]) -> tuple:
        self.seen += texts
        kinds = np.full((len(texts), len(RELATIONSHIPS)), 0.02)
        values = np.full((len(texts), len(VALUES)), 0.1)
        values[:, VALUES.index("security")] = 0.01
        for i, text in enumerate(texts):
            word = text.split()[0]
            kinds[i, RELATIONSHIPS.index(KINDS[word])] = 0.92
            for value in ASIDE.get(word, ()):
                values[i, VALUES.index(value)] = 0.8
        return kinds, values, [None] * len(texts)

    def judge(self, texts: Sequence[str], languages: Sequence[str], promise: Promise) -> np.ndarray:
        return np.array([0.9 if text.startswith("deal") else 0.05 for text in texts])


def message(k: int, speaker: str, word: str, **more: object) -> dict[str, object]:
    """One of a kind; the number makes its words its own."""
    day = np.datetime64("2024-01-10") + 7 * (k % 80)
    own = {"message_id": f"{speaker}{k}", "speaker": speaker, "text": f"{word} for you, number {k} of these"}
    return own | {"language": "en", "occurred_at": day.astype("M8[s]"), "channel": "mail"} | more


def tables_of(rows: list[dict[str, object]], **more: dict[str, object]) -> Tables:
    names = (
        "message_id",
        "speaker",
        "text",
        "language",
        "occurred_at",
        "channel",
        "department",
        "customer_id",
        "action_id",
    )
    columns: dict[str, object] = {n: np.array([r.get(n) for r in rows], dtype=object) for n in names}
    columns["occurred_at"] = np.array([r["occurred_at"] for r in rows], dtype="M8[s]")
    return Tables.from_columns({"messages": columns, **more})


def two_legs(n: int = 40) -> list[dict[str, object]]:
    """Campaigns that shout deals in three of four, service that cares in three of four."""
    words = ("deal", "deal", "deal", "care"), ("care", "care", "safe", "care")
    rows = [
        message(k, speaker, words[j][k % 4], department=("marketing", "service desk")[j],
                customer_id=f"c{k % 30}" if j else None)
        for j, speaker in enumerate(("company", "employee"))
        for k in range(n)
    ]  # fmt: skip
    return rows + [message(k, "customer", ("plain", "deal")[k % 2], customer_id=f"c{k}") for k in range(n)]


@pytest.fixture(scope="module")
def picture() -> ExpressionPicture:
    with tables_of(two_legs()) as tables:
        return CompanyPicture(KnownRater(), PROMISE).fit(tables)


def test_shares_are_means_of_probabilities(picture: ExpressionPicture) -> None:
    market, meaning = (picture.sides["company"].relationship[k] for k in ("market", "meaning"))
    assert market.value == pytest.approx(0.75 * 0.92 + 0.25 * 0.02)
    assert meaning.value == pytest.approx(0.25 * 0.92 + 0.75 * 0.02)
    power = picture.sides["company"].values["power"]
    assert power.value == pytest.approx(0.75 * 0.8 + 0.25 * 0.1)
    assert picture.sides["company"].conflict.value == pytest.approx(0.75 * 0.9 + 0.25 * 0.05)
    assert picture.sides["customer"].conflict is None
    for side in ("company", "employee", "customer", "said"):
        shares = picture.sides[side].relationship.values()
        assert sum(one.value for one in shares) == pytest.approx(1.0)
        assert all(one.ci_lower <= one.value <= one.ci_upper for one in shares)


def test_people_are_counted_as_by_hand(picture: ExpressionPicture) -> None:
    rows = two_legs()
    assert picture.sides["employee"].n_units == len(
        {r["customer_id"] for r in rows if r["speaker"] == "employee"}
    )
    assert picture.sides["company"].n_units == 40
    assert picture.n_messages == len(rows) == picture.n_rated
    assert picture.sides["said"].languages == {"en": 80}


def test_the_sides_are_told_apart(picture: ExpressionPicture) -> None:
    found = {(d.first, d.second, d.name): d for d in picture.differences}
    market = found["employee", "company", "market"]
    assert market.difference.value == pytest.approx(-0.75 * 0.9)
    assert market.is_told_apart
    assert market.pvalue <= market.pvalue_holm < 0.05
    assert not found["employee", "company", "equality"].is_told_apart
    assert found["company", "promise", "meaning"].is_told_apart


def test_two_legs_are_seen_and_which_way(picture: ExpressionPicture) -> None:
    first = picture.legs[0]
    assert (first.first.name, first.second.name, first.is_clear) == ("market", "meaning", True)
    sides = {(x.first.side, x.second.side, x.first.department, x.second.department) for x in picture.legs[:2]}
    assert sides == {("company", "employee", "", ""), ("said", "said", "marketing", "service desk")}
    assert all(x.opposition >= 100 for x in picture.legs)
    assert {x.first.name for x in picture.legs if x.about == "value"} <= set(VALUES)


def test_one_voice_has_one_leg() -> None:
    rows = [message(k, s, ("deal", "care")[k % 2]) for s in ("company", "employee") for k in range(30)]
    with tables_of(rows) as tables:
        assert not CompanyPicture(KnownRater(), PROMISE).fit(tables).legs


def test_a_promised_value_that_is_not_told(picture: ExpressionPicture) -> None:
    found = {one.value: one for one in picture.untold}
    assert found["security"].is_untold
    assert found["security"].share.value == pytest.approx(0.01)
    assert not found["benevolence"].is_untold
    assert picture.untold[0].value == "security"


@pytest.mark.parametrize("language", ["en", "nl"])
def test_every_sentence_can_be_said(picture: ExpressionPicture, language: str) -> None:
    told = [
        one.reason
        for part in (picture.differences, picture.changes, picture.legs, picture.untold)
        for one in part
    ]
    told += [picture.headline, *picture.reasons, *picture.unsaid]
    assert all("{" not in reason.sentence(language) for reason in told)


def test_each_text_is_rated_once() -> None:
    rows = [
        message(1, "employee", "care") | {"message_id": f"m{k}", "customer_id": f"c{k}"} for k in range(20)
    ]
    rater = KnownRater()
    with tables_of(rows) as tables:
        found = CompanyPicture(rater).fit(tables)
    assert len(rater.seen) == 1
    assert found.sides["employee"].n_rated == 20
    assert (found.worst, found.untold) == ((), ())


def test_a_mailing_to_many_is_one_message_and_reaches_many() -> None:
    mailing = message(1, "company", "deal")
    rows = [mailing | {"message_id": f"m{k}", "customer_id": f"c{k}"} for k in range(50)]
    rows += [message(k, "company", "care", customer_id="c1") for k in range(2, 12)]
    with tables_of(rows) as tables:
        found = CompanyPicture(KnownRater(), PROMISE).fit(tables)
    assert found.sides["company"].n_rated == 11
    assert (found.worst_by, found.worst[0].reach) == ("reach", 50)
    assert found.worst[0].cost == pytest.approx(0.9 * 50)


def test_reach_comes_from_actions_where_they_are_known() -> None:
    rows = [message(k, "company", "deal", action_id=f"a{k}") for k in range(6)]
    actions = {"action_id": [f"a{k}" for k in range(6)], "kind": ["discount"] * 6}
    reached = [(f"c{j}", f"a{k}") for k in range(6) for j in range(k + 1)]
    exposures = {
        "customer_id": [c for c, _ in reached], "action_id": [a for _, a in reached],
        "occurred_at": np.full(len(reached), np.datetime64("2024-02-01", "s")),
    }  # fmt: skip
    with tables_of(rows, actions=actions, exposures=exposures) as tables:
        found = CompanyPicture(KnownRater(), PROMISE).fit(tables)
    assert [one.reach for one in found.worst] == [6, 5, 4, 3, 2, 1]
    with tables_of(rows) as tables:
        unknown = CompanyPicture(KnownRater(), PROMISE).fit(tables)
    assert unknown.worst_by == "probability"
    assert all(one.reach is None and one.cost == one.conflict for one in unknown.worst)


def test_small_groups_stay_hidden_also_by_subtraction() -> None:
    sizes = {"mail": 20, "chat": 9, "phone": 3}
    rows = [
        message(k, "customer", "plain", channel=channel, customer_id=f"{channel}{k}",
                occurred_at=np.datetime64("2024-01-10", "s"))
        for channel, n in sizes.items() for k in range(n)
    ]  # fmt: skip
    for j, row in enumerate(rows):
        row["message_id"], row["text"] = f"m{j}", f"plain words, number {j}"
    with tables_of(rows) as tables:
        found = CompanyPicture(KnownRater()).fit(tables)
    channels = {g.group: g for g in found.groups if g.by == "channel"}
    shown = {name for name, g in channels.items() if g.relationship}
    left = sum(n for name, n in sizes.items() if name not in shown)
    assert shown == {"mail"}
    assert left >= MIN_GROUP
    assert channels["phone"].n_messages == channels["chat"].n_messages == 0
    assert channels["phone"].reason.code == "expressions_picture.too_small"


def test_groups_are_counts_in_plain_python() -> None:
    rng = np.random.default_rng(0)
    words = rng.choice(list(KINDS), 300)
    where = rng.choice(["mail", "chat", "shop"], 300)
    rows = [
        message(k, "customer", str(words[k]), channel=str(where[k]), customer_id=f"c{k % 90}")
        for k in range(300)
    ]
    with tables_of(rows) as tables:
        found = CompanyPicture(KnownRater()).fit(tables)
    for group in (g for g in found.groups if g.by == "channel"):
        here = words[where == group.group]
        assert group.n_messages == len(here)
        for word, kind in KINDS.items():
            share = float(np.mean(here == word))
            assert group.relationship[kind].value == pytest.approx(share * 0.92 + (1 - share) * 0.02)
    months = {g.group: g.n_messages for g in found.groups if g.by == "month" and g.relationship}
    assert months
    for month, n in months.items():
        assert n == sum(str(r["occurred_at"])[:7] == month for r in rows)


def test_too_few_say_how_many_more_would_do() -> None:
    rows = [message(k, "company", "deal") for k in range(3)]
    with tables_of(rows) as tables:
        found = CompanyPicture(KnownRater(), PROMISE).fit(tables)
    side = found.sides["company"]
    assert side.relationship["market"].value is None
    assert side.reason.sentence("en") == "Too few messages: 2 more would do."
    assert found.headline.code == "expressions_picture.headline_none"
    assert not [one for one in found.changes if one.pvalue is not None]


def test_a_change_since_a_day_is_found_and_none_where_there_is_none() -> None:
    since = dt.date(2024, 7, 1)
    rows = [
        message(
            k,
            "company",
            "care" if (np.datetime64("2024-01-10") + 7 * (k % 80)) >= np.datetime64(since) else "deal",
        )
        for k in range(60)
    ]
    rows += [message(k, "employee", ("care", "deal")[k % 2]) for k in range(60)]
    with tables_of(rows) as tables:
        by_day = CompanyPicture(KnownRater(), PROMISE, since=since).fit(tables)
        by_line = CompanyPicture(KnownRater(), PROMISE).fit(tables)
    for found in (by_day, by_line):
        changed = {(c.side, c.name): c for c in found.changes if c.is_changed}
        assert changed["company", "meaning"].difference.value > 0.3
        assert changed["company", "market"].difference.value < -0.3
        assert not [side for side, _ in changed if side == "employee"]
    assert by_day.changes[0].since == since


def test_what_is_not_rated_is_counted_with_its_reason() -> None:
    rows = [message(k, "company", "deal") for k in range(6)] + [
        message(9, "company", "deal") | {"text": "Ok"}
    ]
    with tables_of(rows) as tables:
        side = CompanyPicture(KnownRater()).fit(tables).sides["company"]
    assert (side.n_messages, side.n_rated, side.n_abstained) == (7, 6, 1)
    assert [(one.reason.code, one.n_messages) for one in side.abstained] == [("expressions.too_short", 1)]


def test_no_messages_is_an_error_that_says_so() -> None:
    with (
        Tables.from_columns({"customers": {"customer_id": ["a"]}}) as tables,
        pytest.raises(DataError, match="no messages"),
    ):
        CompanyPicture().fit(tables)


def test_the_map_of_rungs_covers_every_kind_and_relationship() -> None:
    from verbond.tables import ACTION_KINDS

    assert all(rung_of_action(SaidAction("a", kind, None, "", 0)) in range(1, 6) for kind in ACTION_KINDS)
    assert rung_of_action(SaidAction("a", "discount", 4, "", 0)) == 4
    assert rung_of_action(SaidAction("a", "a kind of our own", None, "", 0)) is None
    even = np.full(5, 0.2)
    assert rungs_of_message("Nothing of note.", "en", even).sum() == pytest.approx(1.0)
    assert rungs_of_message("Kom vertellen wat jij mist.", "nl", even)[4] == 1.0


def test_the_error_of_shares_is_as_large_as_on_brands_that_were_not_learned_from() -> None:
    from verbond.expressions import find_rater, rate
    from verbond.expressions.gold import gold_messages
    from verbond.expressions.training import targets_of

    gold = [one for one in gold_messages() if one.split == "test"]
    rater = find_rater()
    found = rate([one.text for one in gold], [one.language for one in gold], rater=rater)
    kinds, _ = targets_of(gold)
    known = np.isfinite(found.relationships[:, 0])
    off = found.relationships[known].mean(axis=0) - kinds[known].mean(axis=0)
    assert float(np.sqrt(np.mean(off**2))) <= share_error(rater.name)


def test_a_caption_is_read_and_a_file_name_is_not_seen() -> None:
    assert has_caption("Buren op een schooldak")
    assert not any(map(has_caption, ("", "IMG_0231.jpg", "lente actie.png", "banner")))
    rows = {
        "message_id": ["a", "b", "c"],
        "speaker": ["company"] * 3,
        "text": ["Kijk eens hier."] * 2 + [""],
        "occurred_at": ["2026-01-01", "2026-02-01", "2026-03-01"],
        "image": ["Korting op alles, alleen vandaag", "IMG_0231.jpg", "poster.png"],
    }
    found = CompanyPicture(rater=WordRater()).fit(Tables.from_columns({"messages": rows}))
    told = {reason.code.split(".")[1]: reason.values.get("n") for reason in found.unsaid}
    assert (told["captions"], told["images"]) == (1, 2)
    company = found.sides["company"]
    assert (company.n_messages, company.n_abstained) == (2, 1)  # the caption alone has a word of our list
