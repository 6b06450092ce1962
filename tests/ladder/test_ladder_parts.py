"""A panel in parts: what is decided and coded part by part is what the whole says."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import reduce
from itertools import pairwise
from operator import add

import numpy as np
import pytest
from ladder_worlds import Drawn, draw

from verbond.errors import DataError
from verbond.ladder.coding.encoding import Encoded, book_of, encode, end_to_end
from verbond.ladder.coding.layout import acting_kinds, complete, decide, look
from verbond.ladder.kernel import Sequences
from verbond.tables import Panel


@pytest.fixture(scope="module")
def panel() -> Panel:
    drawn: Drawn = draw(700, 26, asked=0.2, seed=31, effect=(0.5, -0.5), lift=0.6)
    panel, rng = drawn.panel, np.random.default_rng(7)
    counts = dict(panel.counts)
    counts["cancellation"] = (rng.random(panel.n_rows) < 0.004).astype(np.uint16)
    counts["return"] = rng.binomial(counts["purchase"], 0.1).astype(np.uint16)
    counts["contribution"] = np.zeros(panel.n_rows, np.uint16)
    counts["contribution"][:: panel.n_rows // 5] = 1  # too rare to tell anything
    wave = np.exp(0.5 * np.cos(2 * np.pi * panel.row_periods / 12))
    counts["visit"] = rng.poisson(counts["visit"] * wave).astype(np.uint16)
    counts["purchase"][panel.offsets[:-1][panel.is_new]] = 1  # what made them customers
    opened = panel.is_new & (rng.random(panel.n_customers) < 0.3)
    exposures = {**panel.exposures, "campaign": (panel.row_periods == 9).astype(np.uint8)}
    worth = counts["purchase"] * rng.lognormal(3.0, 0.5, panel.n_rows)
    worth[::50] = np.nan
    return replace(
        panel, counts=counts, exposures=exposures, starts_with_event=opened,
        amounts={"purchase": worth.astype(np.float32)},
    )  # fmt: skip


def cut(panel: Panel, n_parts: int) -> list[Panel]:
    bounds = np.linspace(0, panel.n_customers, n_parts + 1).astype(int)
    return [panel.select(slice(a, b)) for a, b in pairwise(bounds)]


def in_parts(parts: list[Panel]) -> Encoded:
    summary = reduce(add, map(look, parts))
    layout = decide(summary, acting_kinds(summary)[0], feedback=True)
    book = reduce(add, (book_of(part, layout) for part in parts))
    return end_to_end([encode(part, layout, book) for part in parts])


def assert_equal(one: Encoded, other: Encoded) -> None:
    assert one.layout == other.layout
    for f in fields(Sequences):
        np.testing.assert_array_equal(getattr(one.sequences, f.name), getattr(other.sequences, f.name))
    for a, b in zip(one.seen, other.seen, strict=True):
        assert (a.name, a.binary, a.average, a.n_events) == (b.name, b.binary, b.average, b.n_events)
        for name in ("values", "no", "index", "shares"):
            np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
    for name in ("base", "exposures", "exposure_means"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert one.context.keys() == other.context.keys()
    for name, column in one.context.items():
        np.testing.assert_array_equal(column, other.context[name])


@pytest.mark.parametrize("n_parts", [1, 3, 7])
def test_parts_laid_end_to_end_are_the_whole(panel: Panel, n_parts: int) -> None:
    summary = look(panel)
    moving, same = acting_kinds(summary)
    whole = encode(panel, decide(summary, moving, feedback=True))
    assert_equal(in_parts(cut(panel, n_parts)), whole)
    layout = whole.layout  # every kind of decision is at stake here
    assert (moving, same, layout.left_out) == (("invitation",), ("campaign",), ("contribution",))
    assert layout.entries == ("purchase",)
    assert set(layout.feedback) == {"purchase", "visit"}
    assert len(layout.amount_cuts) == 11
    assert dict(layout.lifts) == {"purchase": ("invitation",), "visit": ("season",)}
    assert {name for name, binary in layout.kinds.items() if binary} == {
        "answered", "cancellation", "referral", "return",
    }  # fmt: skip


def test_codes_are_what_was_seen(panel: Panel) -> None:
    """Row by row, against the panel itself."""
    encoded = in_parts(cut(panel, 3))
    codes = encoded.sequences.codes.astype(np.int64)
    own = codes >= encoded.sequences.n_shared
    np.testing.assert_array_equal(np.flatnonzero(own), panel.scored_rows)
    codes[own] = encoded.base
    seen = {one.name: one for one in encoded.seen}
    visits = seen["visit"].values[seen["visit"].index[codes]]
    opened = np.zeros(panel.n_rows, bool)
    opened[panel.offsets[:-1][panel.starts_with_event]] = True
    np.testing.assert_array_equal(visits[~opened], panel.counts["visit"][~opened])
    assert np.isnan(visits[opened]).all()
    answered = seen["answered"]
    index = answered.index[codes]
    np.testing.assert_array_equal(answered.values[index] == 1, panel.asked == 1)
    np.testing.assert_array_equal(answered.no[index] == 1, panel.asked == 0)
    np.testing.assert_array_equal(encoded.context["invitation"][codes], panel.exposures["invitation"])
    moved = encoded.exposures[encoded.sequences.moves, 0]
    np.testing.assert_array_equal(moved, panel.exposures["invitation"])
    assert encoded.exposure_means[0] == pytest.approx(panel.exposures["invitation"].mean())


def test_the_count_before_and_the_amount_are_those_of_the_panel(panel: Panel) -> None:
    encoded = in_parts(cut(panel, 3))
    codes = encoded.sequences.codes.astype(np.int64)
    codes[codes >= encoded.sequences.n_shared] = encoded.base
    before = encoded.context["visit_before"][codes]
    steps = np.array([0, 1, 2, 3, 4, 6, 9, 14, 22, 40, 80])
    opened = panel.starts_with_event
    for i in range(0, panel.n_customers, 40):
        for row in range(panel.offsets[i], panel.offsets[i + 1]):
            number = row - panel.offsets[i]
            if number == 0 or (number == 1 and opened[i]):
                assert before[row] == -1
            else:
                last = panel.counts["visit"][row - 1]
                assert steps[before[row]] == steps[steps <= last].max()
    amount = next(s for s in encoded.seen if s.name == "amount")
    bins = amount.values[amount.index[codes]]
    known = np.isfinite(bins)
    assert known[panel.counts["purchase"] == 0].sum() == 0
    worth = np.log(panel.amounts["purchase"][known] / panel.counts["purchase"][known])
    inside = np.bincount(bins[known].astype(int), minlength=12) / known.sum()
    np.testing.assert_allclose(inside, 1 / 12, atol=0.03)  # twelfths, on a grid of two per cent
    cuts = np.array([-np.inf, *encoded.layout.amount_cuts, np.inf])
    assert (worth >= cuts[bins[known].astype(int)] - 1e-6).all()
    assert (worth <= cuts[bins[known].astype(int) + 1] + 1e-6).all()


def test_a_part_in_which_something_never_happened(panel: Panel) -> None:
    parts = cut(panel, 3)
    quiet = parts[1]
    parts[1] = replace(
        quiet, counts={k: v for k, v in quiet.counts.items() if k != "cancellation"}, exposures={}, amounts={}
    )
    nothing = {k: np.zeros_like(v) for k, v in quiet.exposures.items()}
    zeros = {**quiet.counts, "cancellation": np.zeros_like(quiet.counts["cancellation"])}
    unknown = {"purchase": np.zeros(quiet.n_rows, np.float32)}
    filled = [parts[0], replace(quiet, counts=zeros, exposures=nothing, amounts=unknown), parts[2]]
    summary = reduce(add, map(look, parts))
    with pytest.raises(DataError, match="not parts of one panel"):
        in_parts(parts)
    assert_equal(in_parts([complete(part, summary) for part in parts]), in_parts(filled))


def test_what_is_not_in_the_book_is_said(panel: Panel) -> None:
    layout = decide(look(panel))
    small, rest = cut(panel, 2)
    with pytest.raises(DataError, match="not in the book"):
        encode(rest, layout, book_of(small, layout))


def test_parts_of_other_periods_are_refused(panel: Panel) -> None:
    shorter = draw(50, 12, seed=1).panel
    with pytest.raises(DataError, match="other periods"):
        look(panel) + look(shorter)


def test_returns_without_purchases_are_yes_or_no(panel: Panel) -> None:
    alone = replace(panel, counts={"return": panel.counts["return"]}, starts_with_event=None)
    returns = next(s for s in encode(alone).seen if s.name == "return")
    assert returns.average == pytest.approx((alone.counts["return"] > 0).mean())
