"""Whom satisfaction hides: satisfaction against what pulls elsewhere, and who left."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from verbond.loyalty.hidden import GROUPS, HiddenResult
from verbond.reports.parts import Said, Section, bar, bar_pictures, capital, filled, speaker, toned
from verbond.reports.tables import Column, Table, column, estimate_values
from verbond.results import Language, Reason

__all__ = ["section"]


def section(result: HiddenResult, language: Language) -> Section | None:
    """What lies behind satisfaction.

    Parameters
    ----------
    result : HiddenResult
    language : {"en", "nl"}
    """
    say = speaker("loyalty_hidden", language)
    if not result.groups:
        return Section("hidden", say("title"), empty=" ".join(r.sentence(language) for r in result.reasons))
    shown = [g for g in result.groups if g.left.value is not None]
    bars = [
        bar(
            capital(_pulled(g.group, result, say)), g.left, language,
            colour="rung-1" if GROUPS[g.group][1] else "rung-4",
            group=say("group_satisfied" if GROUPS[g.group][0] else "group_less"),
        )
        for g in shown
    ]  # fmt: skip
    see = say("see", days=result.horizon_days)
    return Section(
        "hidden",
        say("title"),
        tuple(_said(result, language)),
        bar_pictures(bars, say("title"), see, "share", "hidden", language),
        filled(_table(result, language)),
        (
            say(
                "how_groups", satisfied=result.satisfied_from, attractive=result.attractive_from,
                pull=say(f"how_pull_{result.pull}"),
            ),
            say("how_left" if result.departure == "cancelled" else "how_stopped", days=result.horizon_days),
            *(reason.sentence(language) for reason in result.reasons),
        ),
    )  # fmt: skip


def _said(result: HiddenResult, language: Language) -> Iterator[Said]:
    if result.headline is not None:
        yield toned(result.headline, result.tone, language)
    worth, total = result.groups[0].revenue, result.groups[0].revenue_total
    if worth.value is not None:
        values = {
            "mean": worth.value, "low": worth.ci_lower, "high": worth.ci_upper, "total": total,
            "currency": result.currency, "n": worth.n_obs,
        }  # fmt: skip
        yield toned(Reason("loyalty_hidden.said_worth", values), "neutral", language)
    share = result.underrated
    if share is not None and share.value is not None:
        values = {
            "n": share.n_obs, "share": share.value, "low": share.ci_lower, "high": share.ci_upper,
            "days": result.horizon_days,
        }  # fmt: skip
        yield toned(Reason("loyalty_hidden.said_underrated", values), "neutral", language)


def _pulled(group: str, result: HiddenResult, say: Callable[..., str]) -> str:
    return say(f"pulled_{result.pull}" if GROUPS[group][1] else f"not_pulled_{result.pull}")


def _table(result: HiddenResult, language: Language) -> Table:
    say = speaker("loyalty_hidden", language)

    def own(name: str, kind: str = "text") -> Column:
        money = f" ({result.currency})" if name.startswith("revenue") and result.currency else ""
        return Column(name, say(f"label_{name}") + money, say(f"define_{name}"), kind)

    def bounds(name: str, kind: str) -> tuple[Column, Column]:
        return (
            column(f"{name}_ci_lower", language, kind, word="ci_lower"),
            column(f"{name}_ci_upper", language, kind, word="ci_upper"),
        )

    columns = (
        own("group"), column("n_obs", language, "count"),
        own("share", "percent"), *bounds("share", "percent"),
        own("left", "percent"), *bounds("left", "percent"),
        own("revenue", "number0"), *bounds("revenue", "number0"),
        own("revenue_total", "number0"),
    )  # fmt: skip
    rows = []
    for g in result.groups:
        satisfied = say("group_satisfied" if GROUPS[g.group][0] else "group_less")
        row = {"group": f"{satisfied}, {_pulled(g.group, result, say)}", "revenue_total": g.revenue_total}
        for name in ("share", "left", "revenue"):
            row |= estimate_values(name, getattr(g, name))
        rows.append({**row, "n_obs": g.n_obs or None})
    caption = say("caption", days=result.horizon_days)
    return Table("loyalty-hidden", caption, columns, tuple(rows), language=language)
