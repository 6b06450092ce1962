"""A made-up company picture: marketing offers the market, service and communication offer meaning."""

from __future__ import annotations

import datetime as dt
from typing import Any

from verbond.expressions import Evidence, Promise
from verbond.expressions.picture import (
    Abstention,
    ActionMessages,
    Change,
    CostlyMessage,
    Difference,
    ExpressionPicture,
    Leg,
    Legs,
    RungEffort,
    Share,
    Side,
    Told,
)
from verbond.expressions.picture.names import name_of, side_named
from verbond.method import CIRCLE
from verbond.results import Estimate, Provenance, Reason

KINDS = ("market", "authority", "equality", "meaning", "none")
PROMISE = Promise(
    "Je ziet <altijd> waar je geld heen ging.", "meaning", ("benevolence", "universalism"),
    keeps=("We leggen uit wat elke euro doet.",), breaks=("Alleen vandaag: op is op!", "Nu 25% korting!"),
)  # fmt: skip
SHARES = {
    "company": (0.62, 0.05, 0.04, 0.17, 0.12),
    "employee": (0.08, 0.12, 0.1, 0.55, 0.15),
    "customer": (0.35, 0.03, 0.07, 0.2, 0.35),
    "said": (0.45, 0.07, 0.06, 0.29, 0.13),
}


def share(value: float, half: float = 0.08, n: int = 120) -> Estimate:
    return Estimate(value, max(value - half, 0.0), min(value + half, 1.0), n)


def side(name: str, shares: tuple[float, ...], **changes: Any) -> Side:
    lean = 0.5 if name in ("company", "said") else 0.1
    values = {
        one.id: share(lean if one.higher_order == "self_enhancement" else 0.3 - lean / 4) for one in CIRCLE
    }
    told: dict[str, Any] = {
        "relationship": {kind: share(value) for kind, value in zip(KINDS, shares, strict=True)},
        "values": values, "conflict": None if name == "customer" else share(shares[0] * 0.7),
        "n_messages": 124, "n_rated": 120, "n_units": 90, "languages": {"nl": 110, "en": 12, "": 2},
        "abstained": (Abstention(Reason("expressions.too_short", {"least": 3}), 4),),
    }  # fmt: skip
    return Side(name, **told | changes)


def promise_side() -> Side:
    return Side(
        "promise",
        relationship={kind: Estimate(float(kind == "meaning")) for kind in KINDS},
        values={one.id: Estimate(float(one.id in PROMISE.values)) for one in CIRCLE},
    )


def groups() -> tuple[Side, ...]:
    hidden = Reason("expressions_picture.too_small", {"least": 5})
    return (
        side("said", (0.71, 0.03, 0.04, 0.1, 0.12), by="department", group="marketing <north>"),
        side("said", (0.06, 0.12, 0.1, 0.58, 0.14), by="department", group="klantenservice"),
        Side("said", "department", "directie", reason=hidden),
        side("company", SHARES["company"], by="channel", group="mail"),
        side("customer", SHARES["customer"], by="channel", group="review"),
        Side("customer", "channel", "phone", reason=hidden),
        Side("company", "month", "2026-01", reason=hidden),
    )


def legs() -> tuple[Legs, ...]:
    first = Leg("said", "marketing <north>", "market", share(0.71))
    second = Leg("said", "klantenservice", "meaning", share(0.58))
    told = {
        "one": side_named("said", "marketing <north>"), "first": name_of("relationship", "market"),
        "share": 0.71, "other": side_named("said", "klantenservice"),
        "second": name_of("relationship", "meaning"), "other_share": 0.58,
    }  # fmt: skip
    clear = Reason("expressions_picture.legs_relationship_clear", told)
    return (Legs("relationship", first, second, 160.0, 0.48, 0.002, True, clear),)


def changes() -> tuple[Change, ...]:
    hidden = Estimate(None, reason=Reason("expressions_picture.too_small", {"least": 5}))
    months = tuple(
        Share(dt.date(2025 + k // 12, 1 + k % 12, 1), hidden if k == 4 else share(0.4 + 0.02 * k, 0.1, 10))
        for k in range(14)
    )
    told = {"side": side_named("company"), "name": name_of("relationship", "market"), "points": 0.26}
    more = Reason("expressions_picture.more_line_relationship", told)
    same = Reason("expressions_picture.no_change_line_relationship", told | {"side": side_named("employee")})
    return (
        Change("company", "relationship", "market", None, share(0.26), 0.001, 0.008, True, months, more),
        Change("employee", "relationship", "meaning", None, share(0.02), 0.6, 1.0, False, months, same),
        Change(
            "customer", "relationship", "meaning", None, Estimate(None), None, None, False, (),
            Reason("expressions_picture.too_few", {"n": 3}),
        ),
    )  # fmt: skip


def message(text: str, *marked: tuple[str, bool], **changes: Any) -> CostlyMessage:
    words = tuple(
        Evidence(text.index(word), text.index(word) + len(word), word, "market", negated)
        for word, negated in marked
    )
    told: dict[str, Any] = {
        "message_id": "m-1", "side": "company", "department": "marketing <north>", "channel": "mail",
        "day": dt.date(2025, 11, 21), "language": "nl", "text": text, "conflict": 0.91, "reach": 3580,
        "cost": 0.91 * 3580, "relationship": "market", "words": words,
        "reason": Reason("expressions.words_against", {"words": [word for word, _ in marked]}),
    }  # fmt: skip
    return CostlyMessage(**told | changes)


def worst() -> tuple[CostlyMessage, ...]:
    return (
        message("Alleen vandaag <25%> korting! OP = OP.", ("korting", False), ("OP = OP", False)),
        message(
            "Hi, no discount this time, [name].", ("discount", True), side="employee",
            department="klantenservice", channel="chat", language="en", reach=1, cost=0.4, conflict=0.4,
            reason=Reason("expressions.tone_against"),
        ),
    )  # fmt: skip


def told() -> tuple[Told, ...]:
    values = {"low": 0.02, "high": 0.18, "others": 0.3, "share": 0.1}
    gaps = {True: Estimate(-0.2, -0.3, -0.1, 120), False: Estimate(0.1, 0.02, 0.18, 120)}
    return tuple(
        Told(
            value, share(0.1 if untold else 0.4), 0.3, gaps[untold], 0.001, 0.002, untold,
            Reason(
                f"expressions_picture.{'untold' if untold else 'told_more'}",
                values | {"value": name_of("value", value)},
            ),
        )
        for value, untold in (("universalism", True), ("benevolence", False))
    )  # fmt: skip


def expression_picture(**changes_: Any) -> ExpressionPicture:
    sides = {"promise": promise_side()} | {name: side(name, shares) for name, shares in SHARES.items()}
    offers = {
        "company_offers": name_of("relationship", "market"), "company_share": 0.62,
        "employee_offers": name_of("relationship", "meaning"), "employee_share": 0.55,
        "promised": name_of("relationship", "meaning"),
    }  # fmt: skip
    short = {
        "side": side_named("company"), "name": name_of("relationship", "meaning"), "share": 0.17,
        "low": 0.09, "high": 0.25,
    }  # fmt: skip
    values: dict[str, Any] = {
        "name": "Zonnewende", "promise": PROMISE, "sides": sides, "groups": groups(),
        "differences": (
            Difference(
                "company", "promise", "relationship", "meaning", Estimate(-0.83, -0.91, -0.75, 120), None,
                None, True, Reason("expressions_picture.short_of_promise", short),
            ),
        ),
        "changes": changes(), "legs": legs(), "worst": worst(), "worst_by": "reach", "untold": told(),
        "effort": tuple(RungEffort(k, share(0.2), 2, 0.2) for k in range(1, 6)), "n_messages": 372,
        "n_rated": 360, "rater": "use-multilingual-3 0123456789ab",
        "headline": Reason("expressions_picture.headline_company_employee_promised", offers),
        "reasons": (
            Reason("expressions_picture.how_shares", {"error": 0.03}),
            Reason("expressions_picture.how_effort"),
        ),
        "unsaid": (Reason("expressions_picture.images", {"n": 3}),), "provenance": Provenance(),
        "actions": (ActionMessages("bf-2025", "discount", 1, 1, 3, 0),),
    }  # fmt: skip
    return ExpressionPicture(**values | changes_)
