"""The sentences of an action card."""

from __future__ import annotations

from collections.abc import Sequence

from verbond.effects.cards.results import SALES, ActionCard, CardRow
from verbond.effects.past.results import PastEffect
from verbond.method import Text, named
from verbond.results import LANGUAGES, Reason, sentence

__all__ = ["PER_100", "headline_of", "name_of", "outcome_name", "unit_of", "when"]

ROOM = "effects_cards"
_Told = tuple[CardRow, PastEffect]
PER_100 = 100
"""Customers that figures are about: 100 can be pictured, one buys 0.3 times."""


def name_of(card: ActionCard) -> Text | str:
    """What an action is called: its label, the name of its kind, or its id."""
    if card.label is not None:
        return card.label
    name = named(card.kind) if card.is_kind else card.action
    if isinstance(name, Text):
        return Text(_capital(name.en), _capital(name.nl))
    return _capital(name.replace("_", " ")) if card.is_kind else name


def outcome_name(outcome: str) -> Text:
    """What an outcome is called."""
    return _text(f"{ROOM}.outcome_{outcome}")


def unit_of(currency: str) -> Text:
    """What stands before an amount: the sign of the euro or the code of another currency."""
    if currency == "EUR":
        return Text("€", "€\u00a0")
    return Text(*[f"{currency}\u00a0" if currency else ""] * 2)


def when(effect: PastEffect) -> Text:
    """The months of a span, in words."""
    if effect.span == "short":
        return _text(f"{ROOM}.when_first", n=effect.last + 1)
    code = "when_later_month" if effect.first == effect.last else "when_later"
    return _text(f"{ROOM}.{code}", first=effect.first, last=effect.last)


def headline_of(card: ActionCard, currency: str = "") -> Reason:
    """The one sentence: what it did at once, and what is left of that.

    Parameters
    ----------
    card : ActionCard
        Its own headline is not looked at.
    currency : str
        Of money; empty where it is not known.
    """
    name = name_of(card)
    short, long = ([_effect(row, span) for row in card.rows] for span in ("short", "long"))
    if not any(_is_told(one) for one in (*short, *long)):
        return Reason(f"{ROOM}.boss_cannot_{_why(card)}", {"action": name})
    code = "boss_relation_open" if card.verdict == "cannot_tell" else "boss"
    return Reason(
        f"{ROOM}.{code}",
        {"action": name, "short": _span(card, short, currency), "long": _span(card, long, currency)},
    )


def _why(card: ActionCard) -> str:
    """Why nothing can be told."""
    drifting = any(reason.code == "effects_past.drift_would_do" for reason in card.reasons)
    return "drift" if card.sure in ("alike", "partly") and drifting else card.sure


def _is_one_told(card: ActionCard, span: str) -> bool:
    return any(_is_told(_effect(row, span)) for row in card.rows)


def _effect(row: CardRow, span: str) -> tuple[CardRow, PastEffect | None]:
    return row, getattr(row, span)


def _is_told(one: tuple[CardRow, PastEffect | None]) -> bool:
    return one[1] is not None and one[1].verdict != "cannot_tell"


def _span(card: ActionCard, found: Sequence[tuple[CardRow, PastEffect | None]], currency: str) -> Text:
    """What is told of a span: of sales and of the relationship, else the clearest gain and harm of one."""
    here = [(row, effect) for row, effect in found if effect is not None]
    if not here:
        return _text(f"{ROOM}.not_yet")
    sales, relation = (
        [one for word in ("strengthens", "weakens") for one in part if one[1].verdict == word]
        for part in (
            [one for one in here if (one[0].outcome in SALES) is is_sales] for is_sales in (True, False)
        )
    )
    first, second = _two([*sales[:1], *relation[-1:]] if sales and relation else sales or relation)
    if first is None:
        word = "unchanged" if all(effect.verdict == "unchanged" for _, effect in here) else "cannot"
        after = here[0][1].span == "long" and _is_one_told(card, "short")
        return _text(f"{ROOM}.{word}{'_left' if after else ''}", when=when(here[0][1]))
    if second is None:
        return _clause(*first, currency)
    both = "but" if first[1].verdict != second[1].verdict else "and"
    clauses = _clause(*first, currency), _clause(*second, currency, bare=True)
    return _text(f"{ROOM}.{both}", first=clauses[0], second=clauses[1])


def _two(told: Sequence[_Told]) -> tuple[_Told | None, _Told | None]:
    """The first, and the first after it that says the opposite or is of the other sort."""
    if not told:
        return None, None
    sort = told[0][0].outcome in SALES
    others = (
        one for one in told[1:] if one[1].verdict != told[0][1].verdict or (one[0].outcome in SALES) != sort
    )
    return told[0], next(others, None)


def _clause(row: CardRow, effect: PastEffect, currency: str, *, bare: bool = False) -> Text:
    direction = "more" if effect.effect_size > 0 else "less"
    low, high = sorted((abs(effect.effect_size_ci_lower), abs(effect.effect_size_ci_upper)))
    figures = (PER_100 * v for v in (abs(effect.effect_size), low, high))
    values: dict[str, object] = dict(zip(("effect", "low", "high"), figures, strict=True))
    values["unit"] = unit_of(currency)
    told = _text(f"{ROOM}.{direction}_{row.outcome}", **values)
    if bare:
        return told
    return _text(f"{ROOM}.in_span", when=when(effect), what=told)


def _text(code: str, **values: object) -> Text:
    return Text(**{language: sentence(code, language, **values) for language in LANGUAGES})


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
