"""Conscious consumption: signs counted in plain Python, groups, and what cannot be told."""

import datetime as dt
import json

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from verbond.cli.main import cli
from verbond.errors import DataError, OptionError
from verbond.loyalty.conscious import Conscious, read_signs, signs_of
from verbond.loyalty.ratios import ratio_of
from verbond.tables import open_tables
from verbond.tables.reads.habits import habits, last_scores

DAY = dt.date(2025, 3, 1)
SIGNS = {"mended": {"category": ("repair", 'it\'s "new"'), "channel": ("workshop",)}}

rows_ = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.sampled_from(["purchase", "purchase", "return", "visit"]),
        st.sampled_from([5.0, None, -5.0]),
        st.sampled_from([None, 0.0, 2.0]),
        st.sampled_from([None, "repair", "it's \"new\"", "new"]),
        st.sampled_from([None, "workshop", "web"]),
    ),
    min_size=1, max_size=30,
)  # fmt: skip


def tables_of(rows, **more):
    who, kind, amount, off, category, channel = (list(c) for c in zip(*rows, strict=True))
    events = {
        "customer_id": who, "occurred_at": np.array([DAY] * len(rows), "M8[s]"), "kind": kind,
        "amount": amount,
        "discount": off, "category": category, "channel": channel,
    }  # fmt: skip
    return open_tables({"events": events, **more})


@settings(deadline=None, max_examples=15)
@given(rows_)
def test_habits_are_what_the_rows_say(rows):
    with tables_of(rows) as tables:
        found = habits(tables, SIGNS)
    numbers = found.n_purchases, found.n_known, found.n_discounted, found.n_returned, found.n_marked["mended"]
    told = {c: tuple(map(int, mine)) for c, *mine in zip(found.customer_ids, *numbers, strict=True)}
    expected = {}
    for c in {r[0] for r in rows if r[1] in ("purchase", "return")}:
        mine = [r for r in rows if r[0] == c and r[1] in ("purchase", "return")]
        bought = [r for r in mine if r[1] == "purchase" and (r[2] or 0) >= 0]
        expected[c] = (
            len(bought), sum(r[3] is not None for r in bought), sum((r[3] or 0) > 0 for r in bought),
            sum(r[1] == "return" or (r[2] or 0) < 0 for r in mine),
            sum(r[4] in SIGNS["mended"]["category"] or r[5] == "workshop" for r in bought),
        )  # fmt: skip
    assert told == expected


def shop(n=60):
    """Every second customer has a meaning relationship: of theirs a third is mended, of others a sixth."""
    rows, rng = [], np.random.default_rng(0)
    for j in range(n):
        mended = 1 / 3 if j % 2 else 1 / 6
        for _ in range(12):
            category = "repair" if rng.random() < mended else "new"
            rows.append((f"c{j:02d}", "purchase", 5.0, float(rng.random() < 0.3), category, "web"))
        rows.append((f"c{j:02d}", "return", None, None, None, None))
    people = [f"c{j:02d}" for j in range(n)]
    told = []
    for j, p in enumerate(people):
        said = {"meaning": 80.0 * (j % 2) + 10, "market": 50.0, "conscious_consumption": 40.0 + j % 2}
        told += [(p, construct, score) for construct, score in said.items()]
    who, construct, score = (list(c) for c in zip(*told, strict=True))
    scores = {
        "respondent_id": who, "customer_id": who, "construct": construct, "score": score,
        "standard_error": [5.0] * len(who), "occurred_at": np.array([DAY] * len(who), "M8[s]") - 86_400,
    }  # fmt: skip
    return rows, scores


@pytest.fixture(scope="module")
def shop_tables():
    rows, scores = shop()
    customers = {"customer_id": [f"c{j:02d}" for j in range(60)], "shop": ["big"] * 57 + ["small"] * 3}
    with tables_of(rows, customers=customers) as tables:
        yield rows, tables.add("scores", scores)


def test_shares_by_type_and_their_difference(shop_tables):
    rows, tables = shop_tables
    found = Conscious({"mended": {"category": ("repair",)}}).fit(tables)
    assert found.signs == ("mended", "discount", "returned", "asked")
    told = {(r.sign, r.group): r for r in found.rows}
    for group, odd in (("meaning", 1), ("market", 0)):
        mine = [r for r in rows if r[1] == "purchase" and int(r[0][1:]) % 2 == odd]
        share = sum(r[4] == "repair" for r in mine) / len(mine)
        row = told["mended", group]
        assert (row.n_purchases, row.estimate.n_obs) == (len(mine), 30)
        assert row.estimate.value == pytest.approx(share)
        assert row.estimate.ci_lower < share < row.estimate.ci_upper
    mended = next(c for c in found.contrasts if c.sign == "mended")
    assert mended.difference.ci_lower > 0
    assert found.headline.code == "loyalty_conscious.headline_own"
    assert told["asked", "meaning"].estimate.value == pytest.approx(41)
    assert told["returned", ""].estimate.value == pytest.approx(1 / 12)
    assert [r.code for r in found.reasons] == ["loyalty_conscious.association"]
    for language in ("en", "nl"):
        assert "mended" in found.headline.sentence(language)


def test_small_groups_are_hidden_and_cannot_be_reckoned(shop_tables):
    _, tables = shop_tables
    found = Conscious(by=("shop",)).fit(tables)
    assert {r.group for r in found.rows if r.by == "shop"} == set()  # big is everybody but three
    assert {r.group for r in found.rows} == {""}


def test_what_people_said_last_counts(shop_tables):
    rows, scores = shop(6)
    later = {k: [*v, *v[2:3]] for k, v in scores.items() if k != "occurred_at"}
    later["score"][-1] = 99.0
    later["occurred_at"] = np.append(scores["occurred_at"], np.datetime64("2025-03-05", "s"))
    with tables_of(rows) as tables:
        assert last_scores(tables.add("scores", later), "conscious_consumption") == {
            "c00": 99.0, **{f"c0{j}": 40.0 + j % 2 for j in range(1, 6)}
        }  # fmt: skip


def test_data_that_cannot_answer_give_a_reason():
    def codes(rows, **options):
        with tables_of(rows) as tables:
            return [
                r.code.removeprefix("loyalty_conscious.") for r in Conscious(**options).fit(tables).reasons
            ]

    visit = ("a", "visit", None, None, None, None)
    bought = [(f"c{j}", "purchase", 5.0, None, None, None) for j in range(6)]
    assert codes([visit]) == ["no_purchases", "not_asked", "no_types"]
    assert codes(bought) == ["no_signs", "no_discounts", "no_returns", "not_asked", "no_types"]
    told = codes(bought, signs=signs_of(["category=repair"]))
    assert told[0] == "never"
    assert ratio_of(np.ones(6), np.ones(6), 0.95, share=True).value == 1


def test_signs_are_read_from_texts_and_files(tmp_path):
    file = tmp_path / "signs.toml"
    file.write_text('[mended]\ncategory = ["repair"]\nchannel = ["workshop"]\n', "utf-8")
    assert read_signs(file) == {"mended": {"category": ("repair",), "channel": ("workshop",)}}
    assert signs_of(["mended:category=repair", "mended:channel=workshop"]) == read_signs(file)
    for wrong in ("repair", "category=", "=repair"):
        with pytest.raises(OptionError, match="cannot be read"):
            signs_of([wrong])
    for wrong in ("mended = 3", "[mended]\ncategory = 3", "[mended"):
        file.write_text(wrong, "utf-8")
        with pytest.raises(DataError, match="cannot"):
            read_signs(file)
    with pytest.raises(OptionError, match="taken"):
        Conscious({"discount": {"category": ("repair",)}})
    with tables_of(shop(6)[0]) as tables, pytest.raises(OptionError, match="amount"):
        Conscious({"dear": {"amount": ("5",)}}).fit(tables)


def test_the_command_says_it(tmp_path):
    with tables_of(shop(20)[0]) as tables:
        tables.save(tmp_path)
    told = CliRunner().invoke(
        cli, ["loyalty", "conscious", str(tmp_path), "--conscious", "mended:category=repair", "--json"]
    )
    assert told.exit_code == 0, told.output
    result = json.loads(told.stdout)
    assert result["signs"] == ["mended", "discount", "returned"]
    assert result["headline"]["code"] == "loyalty_conscious.everybody_own"
