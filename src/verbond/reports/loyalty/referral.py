"""Who buys and who brings in others: the four segments, and whether the best buyers are the best bringers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from verbond.loyalty import ReferralResult
from verbond.plots import draw_referral_fields
from verbond.reports.loyalty.columns import division_named, group_named
from verbond.reports.parts import Said, Section, both, capital, filled, speaker, toned
from verbond.reports.tables import Column, Row, Table, column
from verbond.results import Estimate, Language, Reason

__all__ = ["section"]


def section(result: ReferralResult, language: Language) -> Section | None:
    """What customers buy beside what they bring in.

    Parameters
    ----------
    result : ReferralResult
    language : {"en", "nl"}

    Returns
    -------
    Section or None
        Where no referral is recorded at all, the section says what to write down.
    """
    say = speaker("loyalty_referral", language)
    if not result.segments:
        why = result.reasons[0].sentence(language) if result.reasons else say("empty")
        return Section("referral", say("title"), empty=why)
    pictures = both(
        lambda **size: draw_referral_fields(result, language, title=say("title"), **size),
        say("see"),
        "referral",
    )
    return Section(
        "referral",
        say("title"),
        tuple(_said(result, language)),
        pictures,
        filled(_segments(result, language), _groups(result, language)),
        tuple(_how(result, language)),
        filled(_scenarios(result, language)),
    )


def _said(result: ReferralResult, language: Language) -> Iterator[Said]:
    if result.headline is not None:
        yield toned(result.headline, result.tone, language)
    advocates = next(s for s in result.segments if s.segment == "advocates")
    share = advocates.share_of_referrals
    if share.value is not None:
        values = {
            "n": advocates.n_customers, "bought": advocates.share_of_purchases.value, "share": share.value,
            "lower": share.ci_lower, "upper": share.ci_upper,
        }  # fmt: skip
        yield toned(Reason("loyalty_referral.said_advocates", values), "neutral", language)


def _how(result: ReferralResult, language: Language) -> Iterator[str]:
    say = speaker("loyalty_referral", language)
    if result.start is not None and result.until is not None:
        last = result.until - dt.timedelta(days=1)
        yield say(f"how_worth_{result.worth}", start=result.start, last=last)
    yield say(
        "how_counts", n_brought=result.n_brought, n_bringers=result.n_bringers,
        days=result.provenance.options["late_days"],
    )  # fmt: skip
    if result.thresholds is not None:
        yield say("how_split", buys=result.thresholds[0], brings=result.thresholds[1])
    yield say("how_anyway")
    for reason in result.reasons:
        yield reason.sentence(language)


def _own(name: str, language: Language, kind: str = "text") -> Column:
    say = speaker("loyalty_referral", language)
    return Column(name, say(f"label_{name}"), say(f"define_{name}"), kind)


def _with_bounds(name: str, language: Language, kind: str) -> tuple[Column, ...]:
    shown = name not in _BOUNDS_IN_FILES
    return (
        _own(name, language, kind),
        column(f"{name}_ci_lower", language, kind, word="ci_lower", shown=shown),
        column(f"{name}_ci_upper", language, kind, word="ci_upper", shown=shown),
    )


def _values(name: str, estimate: Estimate) -> Row:
    return {
        name: estimate.value, f"{name}_ci_lower": estimate.ci_lower, f"{name}_ci_upper": estimate.ci_upper,
    }  # fmt: skip


_KINDS = {
    "share": "percent", "purchase_value": "number0", "referral_value": "number0",
    "share_of_purchases": "percent", "share_of_referrals": "percent",
}  # fmt: skip

_BOUNDS_IN_FILES = ("share_of_purchases",)
"""Whose bounds would make the table on the page too wide."""


def _segments(result: ReferralResult, language: Language) -> Table:
    say = speaker("loyalty_referral", language)
    columns = [_own("segment", language), _own("n_customers", language, "count")]
    for name, kind in _KINDS.items():
        columns += _with_bounds(name, language, kind)
    rows = []
    for one in result.segments:
        row = {"segment": capital(say(f"segment_{one.segment}")), "n_customers": one.n_customers or None}
        for name in _KINDS:
            row |= _values(name, getattr(one, name))
        rows.append(row)
    return Table("loyalty-referral", say("table_segments"), tuple(columns), tuple(rows), language=language)


def _groups(result: ReferralResult, language: Language) -> Table:
    say = speaker("loyalty_referral", language)
    columns = (
        _own("by", language), _own("group", language), _own("segment", language),
        _own("n_customers", language, "count"), *_with_bounds("share", language, "percent"),
    )  # fmt: skip
    rows = tuple(
        {
            "by": division_named(one.by, language), "group": group_named(one.by, one.group, "", language),
            "segment": capital(say(f"segment_{one.segment}")),
            "n_customers": one.n_customers, **_values("share", one.share),
        }
        for one in result.groups
    )  # fmt: skip
    return Table("loyalty-referral-groups", say("table_groups"), columns, rows, language=language)


def _scenarios(result: ReferralResult, language: Language) -> Table:
    say = speaker("loyalty_referral", language)
    names = [one.segment for one in result.segments]
    columns = (
        _own("would_have_come", language, "percent"), _own("chain_share", language, "percent"),
        *_with_bounds("total", language, "number0"), _own("moved", language, "percent1"),
        *(Column(n, say(f"segment_{n}"), say("define_n_customers"), "count") for n in names),
    )  # fmt: skip
    rows = tuple(
        {
            "would_have_come": one.would_have_come, "chain_share": one.chain_share, "moved": one.moved,
            **_values("total", one.referral_value), **one.n_customers,
        }
        for one in result.scenarios
    )  # fmt: skip
    return Table("loyalty-referral-guesses", say("table_scenarios"), columns, rows, language=language)
