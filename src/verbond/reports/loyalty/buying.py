"""Who will buy again: how many, whether the same model held on the last third, and which model it is."""

from __future__ import annotations

import datetime as dt

from verbond.loyalty.buying.outlook import BuyingOutlook
from verbond.plots.tracking import draw_frequency_classes, draw_tracking
from verbond.reports.parts import Picture, Said, Section, both, filled, speaker, toned
from verbond.reports.tables import Column, Table
from verbond.results import Language

__all__ = ["section"]

_ESTIMATE = (("value", "count"), ("ci_lower", "count"), ("ci_upper", "count"), ("n_obs", "count"))


def section(result: BuyingOutlook, language: Language) -> Section | None:
    """What is said of who will buy again; None where nothing was bought.

    Parameters
    ----------
    result : BuyingOutlook
    language : {"en", "nl"}
    """
    say = speaker("loyalty_buying", language)
    if not result.n_customers:
        return None
    if result.headline is None or result.held is None:
        why = " ".join(reason.sentence(language) for reason in result.reasons)
        return Section("buying", say("section"), empty=why)
    return Section(
        "buying",
        say("section"),
        said=_said(result, language),
        pictures=_pictures(result, language),
        tables=filled(*_tables(result, language)),
        how=_how(result, language),
        how_tables=filled(_models(result, language)),
    )


def _said(result: BuyingOutlook, language: Language) -> tuple[Said, ...]:
    said = [toned(result.headline, result.tone, language)] if result.headline else []
    if result.check is not None:
        said.append(toned(result.check, "good" if result.tone == "neutral" else "caution", language))
    return tuple(said)


def _pictures(result: BuyingOutlook, language: Language) -> tuple[Picture, ...]:
    say, held, found = speaker("loyalty_buying", language), result.held, ()
    if held is None:
        return ()
    if held.tracking is not None and len(held.tracking.rows) > 1:
        for name, cumulative in (("tracking", True), ("weeks", False)):
            found += both(
                lambda name=name, cumulative=cumulative, **size: draw_tracking(
                    held.tracking, language, title=say(f"title_{name}"), start=result.since,
                    unit_days=result.unit_days, cumulative=cumulative, **size,
                ),
                say(f"see_{name}"), f"buying-{name}",
            )  # fmt: skip
    if held.rows:
        found += both(
            lambda **size: draw_frequency_classes(held, language, title=say("title_classes"), **size),
            say("see_classes"),
            "buying-classes",
        )
    return found


def _columns(language: Language, *named: tuple[str, str]) -> tuple[Column, ...]:
    say = speaker("loyalty_buying", language)
    return tuple(Column(name, say(f"label_{name}"), say(f"define_{name}"), kind) for name, kind in named)


def _tables(result: BuyingOutlook, language: Language) -> tuple[Table, ...]:
    say, weeks = speaker("loyalty_buying", language), round(result.horizon_days / 7)
    outlook = [row | {"measure": say(f"measure_{row['measure']}", weeks=weeks)} for row in result.to_dicts()]
    number = (("expected", "number"), ("ci_lower", "number"), ("ci_upper", "number"), ("observed", "number"))
    tables = [
        Table("buying_outlook", say("table_outlook"), _columns(language, ("measure", "text"), *_ESTIMATE),
              tuple(outlook), language=language),
        Table("buying_classes", say("table_classes"),
              _columns(language, ("frequency", "text"), ("n_obs", "count"), *number),
              tuple(result.held.to_dicts()), language=language),
    ]  # fmt: skip
    if result.held.tracking is not None:
        weekly = [
            row | {"ends_on": result.since + dt.timedelta(days=round(row["ends_at"] * result.unit_days))}
            for row in result.held.tracking.to_dicts()
        ]
        columns = _columns(language, ("ends_on", "date"), *((name, "count") for name, _ in number))
        tables.append(Table("buying_weeks", say("table_tracking"), columns, tuple(weekly), language=language))
    return tuple(tables)


def _models(result: BuyingOutlook, language: Language) -> Table:
    say = speaker("loyalty_buying", language)
    columns = _columns(language, ("model", "text"), ("k", "count"), ("loglik", "number"), ("bic", "number"))
    rows = tuple({"model": c.model, "k": c.k, "loglik": c.loglik, "bic": c.bic} for c in result.candidates)
    return Table("buying_models", say("table_models"), columns, rows, language=language)


def _how(result: BuyingOutlook, language: Language) -> tuple[str, ...]:
    say, regularity = speaker("loyalty_buying", language), result.fit.regularity
    found = [say("how_model", model=result.fit.model, k=result.fit.k)]
    if result.fit.k > 1 and regularity is not None:
        bounds = {"low": regularity.ci_lower, "high": regularity.ci_upper}
        found.append(say("how_regular", value=regularity.value, **bounds))
    return (*found, say("how_intervals"), *(reason.sentence(language) for reason in result.reasons))
