"""Dependence on promotion: shares on discount, during an action and after it, quantity and price."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from verbond.loyalty.elasticity import Elasticity, ElasticityResult
from verbond.loyalty.promotion import PromotionResult
from verbond.plots import Bar, Change, draw_changes
from verbond.reports.loyalty.columns import (
    bounds_of,
    columns_of,
    division_named,
    group_named,
    whole_divisions,
)
from verbond.reports.parts import (
    Picture,
    Said,
    Section,
    bar,
    bar_pictures,
    both,
    capital,
    filled,
    speaker,
    toned,
)
from verbond.reports.tables import Row, Table
from verbond.results import Estimate, Language, Reason

__all__ = ["section"]

ROOM = "loyalty_promotion"
PARTS = {"during": "during", "after": "afterwards", "added": "added"}
MOST_GROUPS = 12
TENTH = 0.9


def section(result: PromotionResult, language: Language) -> Section | None:
    """How customers depend on discount.

    Parameters
    ----------
    result : PromotionResult
    language : {"en", "nl"}

    Returns
    -------
    Section
        With the reason in place of figures where there are none.
    """
    say, reasons = speaker(ROOM, language), tuple(r.sentence(language) for r in result.reasons)
    if not result.shares:
        return Section("promotion", say("title"), empty=" ".join(reasons))
    elastic = (
        result.elasticity if result.elasticity is not None else ElasticityResult((), None, None, 0, 0, ())
    )
    how = [say("how_shares", new=result.new_days)]
    if elastic.rows and elastic.spread is not None:
        spread = bounds_of(elastic.spread, "spread")
        how.append(say("how_elasticity", covered=elastic.covered, **spread))
    elif elastic.rows:
        how.append(say("how_elasticity_plain", covered=elastic.covered))
    return Section(
        "promotion",
        say("title"),
        tuple(_said(result, elastic, language)),
        tuple(_pictures(result, elastic, language)),
        filled(_shares_table(result, language), _elasticity_table(elastic.rows, language)),
        (*how, *reasons, *(r.sentence(language) for r in elastic.reasons)),
        filled(_timing_table(result, language), _after_table(result, language)),
    )


def _said(result: PromotionResult, elastic: ElasticityResult, language: Language) -> Iterator[Said]:
    if result.headline is not None:
        yield toned(result.headline, result.tone, language)
    first = next(iter(elastic.rows), None)
    if first is not None and first.measure != "list_price":
        e = first.elasticity
        more = {
            name: TENTH**v - 1
            for name, v in (("more", e.value), ("lower", e.ci_upper), ("upper", e.ci_lower))
        }  # type: ignore[operator]
        code = "said_elasticity" if first.measure == "discount" else "said_elasticity_paid"
        yield toned(Reason(f"{ROOM}.{code}", more | {"n": e.n_obs, "level": e.ci_level}), "neutral", language)
    for t in result.timing:
        if (t.during.ci_lower or 0) > 0 and (t.after.ci_upper or 0) < 0:
            values = bounds_of(t.added, "added") | {"action": t.action_id, "n": t.added.n_obs}
            yield toned(Reason(f"{ROOM}.said_timing_moved", values), "caution", language)


def _pictures(result: PromotionResult, elastic: ElasticityResult, language: Language) -> Iterator[Picture]:
    say = speaker(ROOM, language)
    yield from bar_pictures(
        list(_bars(result, language)), say("title"), say("see_shares"), "share", "promotion", language
    )
    timed = [
        Change(
            say(said), *_three(getattr(t, name)), group=t.action_id, good=None,
        )
        for t in result.timing[-4:]
        for name, said in PARTS.items()
    ]  # fmt: skip
    yield from _changes(timed, "timing", language)
    after = [Change(capital(say(f"phase_{a.phase}")), *_three(a.difference), good=None) for a in result.after]
    yield from _changes(after, "after", language)
    rows = [
        Change(
            capital(_phase(r, language)), *_three(r.elasticity), say("note_products", n=r.n_products),
            capital(say(f"measure_{r.measure}")), None,
        )
        for measure in dict.fromkeys(r.measure for r in elastic.rows)
        for r in elastic.rows
        if r.measure == measure
    ]  # fmt: skip
    yield from _changes(rows, "elasticity", language)


def _bars(result: PromotionResult, language: Language) -> Iterator[Bar]:
    say = speaker(ROOM, language)
    for s in whole_divisions(result.shares, MOST_GROUPS):
        heading = say("group_phase") if s.by == "phase" else division_named(s.by, language)
        yield bar(_group(s.by, s.group, language), s.share, language, group=heading)


def _group(by: str, group: str, language: Language) -> str:
    say = speaker(ROOM, language)
    return (
        capital(say(f"phase_{group}"))
        if by == "phase"
        else group_named(by, group, say("everybody"), language)
    )


def _phase(row: Elasticity, language: Language) -> str:
    return speaker(ROOM, language)(f"phase_{row.phase}" if row.phase else "everybody")


def _three(e: Estimate) -> tuple[float, float, float]:
    return e.value, e.ci_lower, e.ci_upper  # type: ignore[return-value]


def _changes(rows: Sequence[Change], name: str, language: Language) -> tuple[Picture, ...]:
    if not rows:
        return ()
    say = speaker(ROOM, language)
    return both(
        lambda **size: draw_changes(
            rows, title=say(f"title_{name}"), kind="number2", language=language, **size
        ),
        f"{say(f'title_{name}')}. {say(f'see_{name}')}",
        f"promotion-{name}",
    )


def _shares_table(result: PromotionResult, language: Language) -> Table:
    columns = columns_of(
        ROOM, language, by="text", group="text", n="count", share="percent1", lower="percent1",
        upper="percent1", mostly="percent1",
    )  # fmt: skip
    rows: list[Row] = [
        {"by": _division(s.by, language), "group": _group(s.by, s.group, language), "n": s.n_customers}
        | bounds_of(s.share, "share")
        | {"mostly": s.mostly.value}
        for s in result.shares
    ]
    return Table(
        "promotion", speaker(ROOM, language)("caption_shares"), columns, tuple(rows), language=language
    )


def _division(by: str, language: Language) -> str:
    return speaker(ROOM, language)("group_phase") if by == "phase" else division_named(by, language)


def _elasticity_table(elastic: Sequence[Elasticity], language: Language) -> Table:
    say = speaker(ROOM, language)
    columns = columns_of(
        ROOM, language, what="text", group="text", products="count", value="number2", lower="number2",
        upper="number2",
    )  # fmt: skip
    rows: list[Row] = [
        {"what": capital(say(f"measure_{r.measure}")), "group": capital(_phase(r, language))}
        | {"products": r.n_products}
        | bounds_of(r.elasticity)
        for r in elastic
    ]
    return Table("promotion_elasticity", say("caption_elasticity"), columns, tuple(rows), language=language)


def _timing_table(result: PromotionResult, language: Language) -> Table:
    say = speaker(ROOM, language)
    columns = columns_of(
        ROOM,
        language,
        action="text",
        what="text",
        n="count",
        value="number2",
        lower="number2",
        upper="number2",
    )
    rows: list[Row] = [
        {"action": t.action_id, "what": capital(say(said)), "n": t.n_reached + t.n_others}
        | bounds_of(getattr(t, name))
        for t in result.timing
        for name, said in PARTS.items()
    ]
    return Table("promotion_timing", say("caption_timing"), columns, tuple(rows), language=language)


def _after_table(result: PromotionResult, language: Language) -> Table:
    say = speaker(ROOM, language)
    columns = columns_of(
        ROOM, language, group="text", n="count", value="number2", lower="number2", upper="number2"
    )
    rows: list[Row] = [
        {"group": capital(say(f"phase_{a.phase}")), "n": a.difference.n_obs} | bounds_of(a.difference)
        for a in result.after
    ]
    return Table("promotion_after", say("caption_after"), columns, tuple(rows), language=language)
