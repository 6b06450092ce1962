"""Less but longer? Meaning beside market relationships: one verdict, one picture, the figures."""

from __future__ import annotations

from collections.abc import Iterator

from verbond.loyalty.longer import Contrast, LongerResult
from verbond.plots import Odds, draw_odds
from verbond.reports.loyalty.columns import bounds_of, columns_of, division_named, group_named
from verbond.reports.parts import Section, both, capital, filled, speaker, toned
from verbond.reports.tables import Row, Table
from verbond.results import Language
from verbond.results.wording import entries

__all__ = ["section"]

ROOM = "loyalty_longer"
_UNITS = {
    "tenure": "unit_tenure", "years_before": "unit_tenure", "orders": "unit_orders", "revenue": "unit_money",
    "margin": "unit_money", "stay_revenue": "unit_money", "promotion": "unit_share",
}  # fmt: skip
_TURNED = ("promotion",)
"""More of it is no good news."""


def section(result: LongerResult, language: Language) -> Section | None:
    """Whether customers in a meaning relationship buy less but stay longer.

    Parameters
    ----------
    result : LongerResult
    language : {"en", "nl"}

    Returns
    -------
    Section
        With what it would take in place of figures where types are not known.
    """
    say, reasons = speaker(ROOM, language), tuple(r.sentence(language) for r in result.reasons)
    if not result.rows:
        return Section("longer", say("title"), empty=" ".join(reasons))
    told, pictures, alike = list(_odds(result, language)), (), result.provenance.options["alike"]
    if told:
        ends = say("ends_less"), say("ends_more")
        pictures = both(
            lambda **size: draw_odds(told, title=say("title"), ends=ends, language=language, **size),
            say("see"),
            "longer",
        )
    said = (toned(result.headline, result.tone, language),) if result.headline is not None else ()
    return Section(
        "longer",
        say("title"),
        said,
        pictures,
        filled(_contrasts(result, language), _groups(result, language)),
        (say("how"), say("how_verdict", least=1 - alike, most=1 + alike), *reasons),
    )


def _odds(result: LongerResult, language: Language) -> Iterator[Odds]:
    say = speaker(ROOM, language)
    by_type = {row.group: row for row in result.rows if row.by == "type"}
    for c in result.contrasts:
        a, b = (by_type[name].measure(c.measure) for name in ("meaning", "market"))
        note = say(_UNITS[c.measure], value=a.value, other=b.value)  # type: ignore[union-attr]
        r = c.ratio
        yield Odds(
            capital(say(f"measure_{c.measure}")), r.value, r.ci_lower, r.ci_upper, note,  # type: ignore[arg-type]
            good=c.measure not in _TURNED,
        )  # fmt: skip


def _contrasts(result: LongerResult, language: Language) -> Table:
    say = speaker(ROOM, language)
    columns = columns_of(
        ROOM, language, what="text", difference="number2", ratio="number2", lower="number2", upper="number2"
    )
    return Table(
        "longer",
        say("caption_difference"),
        columns,
        tuple(_lines(result.contrasts, language)),
        language=language,
    )


def _lines(contrasts: tuple[Contrast, ...], language: Language) -> Iterator[Row]:
    say = speaker(ROOM, language)
    for c in contrasts:
        name = capital(say(f"measure_{c.measure}"))
        yield {"what": _with_unit(c.measure, language)} | bounds_of(c.difference, "difference")
        yield {"what": name} | bounds_of(c.ratio, "ratio")


def _with_unit(measure: str, language: Language) -> str:
    say = speaker(ROOM, language)
    unit = f"in_{_UNITS[measure].removeprefix('unit_')}"
    name = capital(say(f"measure_{measure}"))
    return f"{name} ({say(unit)})" if f"{ROOM}.{unit}" in entries(language) else name


def _groups(result: LongerResult, language: Language) -> Table:
    say = speaker(ROOM, language)
    columns = columns_of(
        ROOM, language, by="text", group="text", n="count", what="text", value="number2", lower="number2",
        upper="number2",
    )  # fmt: skip
    rows: list[Row] = [
        {
            "by": division_named(row.by, language), "n": row.n_customers,
            "group": group_named(row.by, row.group, say("everybody"), language),
            "what": _with_unit(m.measure, language),
        }
        | bounds_of(m.estimate)
        for row in result.rows
        for m in row.measures
    ]  # fmt: skip
    return Table("longer_groups", say("caption"), columns, tuple(rows), language=language)
