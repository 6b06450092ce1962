"""Made-up action cards: what sells and harms, what cannot be told, and a kind of the company's own."""

from __future__ import annotations

import datetime as dt
from typing import Any

from verbond.diagnosis import CardMove, EffectsResults
from verbond.effects import ActionCard, CardGroup, CardRow, CardsResult, PastEffect
from verbond.effects.cards.telling import headline_of
from verbond.results import Estimate, Provenance, Reason


def effect(span: str, value: float, half: float, verdict: str = "cannot_tell") -> PastEffect:
    first, last = (0, 2) if span == "short" else (6, 12)
    return PastEffect(
        span, first, last, value, value - half, value + half, half / 1.96, 900, verdict=verdict  # type: ignore[arg-type]
    )  # fmt: skip


def row(
    outcome: str, level: float | None, short: tuple[float, float, str], long: tuple[float, float, str] | None
) -> CardRow:
    return CardRow(outcome, level, effect("short", *short), effect("long", *long) if long else None)


def card(**changes: Any) -> ActionCard:
    """Black Friday: more is bought at once, less is kept, more complain later."""
    values: dict[str, Any] = {
        "action": "bf-2025", "kind": "discount", "label": "Black Friday <2025>", "is_kind": False,
        "n_actions": 1, "first_day": dt.date(2025, 11, 1), "last_day": dt.date(2025, 11, 14),
        "n_reached": 3580, "cost": 52_000.0, "cost_per_customer": 52_000 / 3580, "aim": "win",
        "by_lot": False, "sold": Estimate(12.4, 2.0, 22.8, 900), "kept": Estimate(-3.7, -6.2, -1.2, 900),
        "sure": "alike",
        "rows": (
            row("purchases", 0.29, (0.13, 0.07, "strengthens"), (0.01, 0.07, "cannot_tell")),
            row("revenue", 19.3, (4.14, 3.47, "strengthens"), (0.7, 6.9, "cannot_tell")),
            row("margin", 5.8, (-1.23, 0.83, "weakens"), (-1.3, 2.2, "cannot_tell")),
            row("stays", None, (-0.011, 0.012, "cannot_tell"), (-0.017, 0.027, "cannot_tell")),
            row("complaints", 0.029, (0.006, 0.019, "cannot_tell"), (0.03, 0.02, "weakens")),
        ),
        "groups": tuple(
            CardGroup(by, group, "purchases", effect("short", value, 0.08), effect("long", 0.0, 0.08), 400)
            for by, group, value in (
                ("tenure", "established", 0.12), ("tenure", "new", 0.16), ("type", "market", 0.2),
                ("type", "meaning", 0.02),
            )
        ),
        "shows_for": 1, "shows_in": "purchases", "promise": None,
        "headline": Reason("effects_cards.no_actions"),
        "reasons": (Reason("effects_past.rests_on", {"n": 900, "others": 400, "months": 14}),),
    }  # fmt: skip
    made = ActionCard(**values | changes)
    return (
        made
        if "headline" in changes
        else ActionCard(**values | changes | {"headline": headline_of(made, "EUR")})
    )


def energy_coach(**changes: Any) -> ActionCard:
    """A kind of the company's own, of which nothing can be told yet."""
    values: dict[str, Any] = {
        "action": "energy_coach", "kind": "energy_coach", "label": None, "is_kind": True, "n_actions": 3,
        "cost": None, "cost_per_customer": None, "aim": None, "sold": None, "kept": None, "sure": "apart",
        "rows": (row("purchases", 0.3, (0.02, 0.05, "cannot_tell"), None),), "groups": (), "shows_for": 0,
    }  # fmt: skip
    return card(**values | changes)


def alone(**changes: Any) -> ActionCard:
    """New prices for everybody at once."""
    values: dict[str, Any] = {
        "action": "prices", "kind": "price_change", "label": "New prices", "aim": "keep", "sure": "alone",
        "rows": (), "groups": (), "sold": None, "kept": None, "shows_for": None,
    }  # fmt: skip
    return card(**values | changes)


def effects_results(*cards: ActionCard) -> EffectsResults:
    cards = cards or (card(), energy_coach(), alone())
    return EffectsResults(
        CardsResult(cards, "EUR", cards[0].headline, (), Provenance()),
        moves=(
            CardMove("discount", "up", None, 0.9, 0.6, 1.3, 4000, False),
            CardMove("discount", "down", None, 1.8, 1.2, 2.7, 4000, False),
        ),
    )
