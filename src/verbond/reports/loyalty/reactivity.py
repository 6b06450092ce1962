"""What asking itself does: those asked beside those not asked."""

from __future__ import annotations

from collections.abc import Iterator

from verbond.loyalty.reactivity import SHARES, ReactivityResult, ReactivityRow
from verbond.plots import Bar
from verbond.reports.parts import Said, Section, bar, bar_pictures, capital, filled, speaker, toned
from verbond.reports.tables import Column, Table, column
from verbond.results import Language, Reason

__all__ = ["section"]


def section(result: ReactivityResult, language: Language) -> Section | None:
    """What asking goes with, and whether it may be called an effect.

    Parameters
    ----------
    result : ReactivityResult
    language : {"en", "nl"}
    """
    say = speaker("loyalty_reactivity", language)
    if not result.rows:
        return Section(
            "reactivity", say("title"), empty=" ".join(r.sentence(language) for r in result.reasons)
        )
    days = result.horizon_days
    said = tuple(_said(result, language))
    ran = {"first": result.first_day, "last": result.last_day}
    people = {"n": result.n_asked, "n_unasked": result.n_unasked}
    whose = say("how_lot", control=result.control) if result.control else say("how_plain", days=days)
    return Section(
        "reactivity",
        say("title"),
        said,
        bar_pictures(
            list(_bars(result, language)),
            say("title"),
            say("see", days=days),
            "share",
            "reactivity",
            language,
        ),
        filled(*_tables(result, language)),
        (
            say("how_wave", **ran, **people),
            whose,
            say("how_change", count=len(result.rows)),
            *(reason.sentence(language) for reason in result.reasons),
        ),
    )


def _said(result: ReactivityResult, language: Language) -> Iterator[Said]:
    """About buying; and about leaving where it differs, which a sentence about buying alone would hide."""
    if result.headline is not None:
        yield toned(result.headline, result.tone, language)
    for row in result.rows:
        apart = row.figure.ci_lower > 0 or row.figure.ci_upper < 0  # type: ignore[operator]
        if row.measure == "left" and apart:
            values = {
                "asked": row.asked.value, "unasked": row.unasked.value, "difference": row.figure.value,
                "low": row.figure.ci_lower, "high": row.figure.ci_upper, "days": result.horizon_days,
            }  # fmt: skip
            code = f"loyalty_reactivity.said_left{'' if result.control else '_plain'}"
            yield toned(Reason(code, values), "caution", language)


def _bars(result: ReactivityResult, language: Language) -> Iterator[Bar]:
    say = speaker("loyalty_reactivity", language)
    for row in result.rows:
        if row.measure not in SHARES:
            continue
        sides = (
            ("side_asked", "after", row.asked, "rung-3"),
            ("side_unasked", "after", row.unasked, "rung-0"),
            ("side_asked", "before", row.asked_before, "rung-3"),
            ("side_unasked", "before", row.unasked_before, "rung-0"),
        )
        for side, when, share, colour in sides:
            if share is not None:
                label = capital(f"{say(side)}, {say(when)}")
                group = say(f"measure_{row.measure}")
                yield bar(label, share, language, group=group, colour=colour)


def _tables(result: ReactivityResult, language: Language) -> tuple[Table, Table]:
    """Shares, and what is counted in days and money."""
    shares = [row for row in result.rows if row.measure in SHARES]
    others = [row for row in result.rows if row.measure not in SHARES]
    return (
        _table(result, shares, "loyalty-reactivity-shares", ("percent1", "points1"), language),
        _table(result, others, "loyalty-reactivity-means", ("number2", "number2"), language),
    )


def _table(
    result: ReactivityResult,
    shown: list[ReactivityRow],
    name: str,
    kinds: tuple[str, str],
    language: Language,
) -> Table:
    say, (kind, moved) = speaker("loyalty_reactivity", language), kinds

    def own(entry: str, written: str) -> Column:
        return Column(entry, say(f"label_{entry}"), say(f"define_{entry}"), written)

    columns = (
        own("measure", "text"),
        *(own(entry, kind) for entry in ("asked", "unasked", "asked_before", "unasked_before")),
        own("balance", "number2"),
        own("change", moved),
        column("change_ci_lower", language, moved, word="ci_lower"),
        column("change_ci_upper", language, moved, word="ci_upper"),
    )
    rows = []
    for row in shown:
        unit = f" ({result.currency})" if row.measure == "spent" and result.currency else ""
        rows.append({
            "measure": say(f"measure_{row.measure}") + unit,
            "asked": row.asked.value,
            "unasked": row.unasked.value,
            "asked_before": None if row.asked_before is None else row.asked_before.value,
            "unasked_before": None if row.unasked_before is None else row.unasked_before.value,
            "balance": row.balance,
            "change": row.figure.value,
            "change_ci_lower": row.figure.ci_lower,
            "change_ci_upper": row.figure.ci_upper,
        })  # fmt: skip
    return Table(name, say("caption", days=result.horizon_days), columns, tuple(rows), language=language)
