"""What our own actions did: cards, whom they won, channels; and what the ladder says of their kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from verbond.effects import (
    ActionCard,
    ActionCards,
    CardsResult,
    ChannelEffect,
    ChannelResult,
    Winning,
    WinningResult,
)
from verbond.ladder import LadderResult
from verbond.results import Progress, ProgressFunction, Reason, silent
from verbond.results.groups import MIN_GROUP
from verbond.tables import Tables
from verbond.tables.reads import kinds_by_lot

__all__ = ["CardMove", "EffectsResults", "moves_of", "read_effects", "said_by_effects", "unsaid_by_effects"]

Attempt = Callable[[Callable[[], Any], str], Any]


@dataclass(frozen=True, slots=True)
class CardMove:
    """What an exposure to a kind of action goes with on the ladder, in the move of the same period.

    Attributes
    ----------
    kind : str
    move : str
        As in `verbond.ladder.MoveEffect`.
    rung : int or None
        Of origin; None for all alike.
    ratio, ratio_ci_lower, ratio_ci_upper : float
        Odds ratio an exposure, against staying.
    n_obs : int
        Customer-periods in which it happened.
    by_lot : bool
        A lot decided whom all actions of the kind reached: then it is an effect.
    """

    kind: str
    move: str
    rung: int | None
    ratio: float
    ratio_ci_lower: float
    ratio_ci_upper: float
    n_obs: int
    by_lot: bool

    @property
    def certain(self) -> bool:
        """The interval leaves out no difference."""
        return self.ratio_ci_lower > 1 or self.ratio_ci_upper < 1


@dataclass(frozen=True, slots=True)
class EffectsResults:
    """What our own actions did; None each where the data do not allow it.

    Attributes
    ----------
    cards : CardsResult or None
        A card for each kind of action, and for the campaigns that cost most.
    winning : WinningResult or None
        Whom actions won, what that cost and what is left of it.
    channel : ChannelResult or None
        What forced channels and personal contact do.
    moves : tuple of CardMove
        What the ladder says of kinds of action; empty without rungs.
    """

    cards: CardsResult | None = None
    winning: WinningResult | None = None
    channel: ChannelResult | None = None
    moves: tuple[CardMove, ...] = ()

    def moves_of(self, card: ActionCard) -> tuple[CardMove, ...]:
        """What the ladder says of the kind of a card."""
        return tuple(one for one in self.moves if one.kind == card.kind)


_METHODS: Mapping[str, Callable[[Tables, ProgressFunction], Any]] = MappingProxyType(
    {
        "cards": lambda tables, progress: ActionCards().fit(tables, progress=progress),
        "winning": lambda tables, progress: Winning().fit(tables),
        "channel": lambda tables, progress: ChannelEffect().fit(tables),
    }
)
"""By the field of `EffectsResults`."""


def read_effects(
    tables: Tables,
    ladder: LadderResult | None,
    attempt: Attempt,
    *,
    progress: ProgressFunction = silent,
) -> EffectsResults | None:
    """Look back at what the company did.

    Parameters
    ----------
    tables : Tables
    ladder : LadderResult or None
    attempt : callable
        Turns data that cannot carry a method into a reason.
    progress : callable

    Returns
    -------
    EffectsResults or None
        None where no actions, nobody whom they reached or nothing that customers did is recorded.
    """
    if any(name not in tables for name in ("actions", "exposures", "events")):
        return None
    found = {}
    for name, method in _METHODS.items():
        found[name] = attempt(lambda m=method: m(tables, progress), f"diagnosis.{name}_failed")
    progress(Progress("diagnosis.step_cards", 1.0))
    moves = moves_of(ladder, kinds_by_lot(tables)) if ladder is not None else ()
    return EffectsResults(**found, moves=moves)


def moves_of(ladder: LadderResult, by_lot: tuple[str, ...]) -> tuple[CardMove, ...]:
    """What the ladder says of kinds of action, as plain numbers; nothing of fewer than five.

    Parameters
    ----------
    ladder : LadderResult
    by_lot : tuple of str
        Kinds that were given by lot.
    """
    found = []
    for one in ladder.effects:
        bounds = (one.log_odds.value, one.log_odds.ci_lower, one.log_odds.ci_upper)
        if one.log_odds.n_obs < MIN_GROUP or any(b is None for b in bounds):
            continue
        ratios = np.exp(np.array(bounds, dtype=float)).tolist()
        found.append(
            CardMove(one.action, one.move, one.rung, *ratios, one.log_odds.n_obs, one.action in by_lot)
        )
    return tuple(found)


def said_by_effects(effects: EffectsResults) -> Iterator[tuple[Reason, str, int]]:
    """What stands out: sentence, tone, how many it rests on.

    The first card that harms the relationship and the first that helps it, or else the first that tells of
    sales; whom actions won; channels where there is a verdict.
    """
    cards = effects.cards.cards if effects.cards is not None else ()
    told = [
        (card, tone)
        for word, tone in (("weakens", "bad"), ("strengthens", "good"))
        if (card := next((one for one in cards if one.verdict == word), None)) is not None
    ]
    if not told:
        told = [(one, "neutral") for one in cards if one.is_told][:1]
    for card, tone in told:
        yield card.headline, tone, max((row.short.n_reached for row in card.rows), default=0)
    if effects.winning is not None and effects.winning.headline is not None:
        winning = effects.winning
        yield winning.headline, winning.tone, int(winning.headline.values.get("n", 0))
    channel = effects.channel
    if channel is not None and channel.headline is not None and channel.tone in ("good", "bad"):
        yield channel.headline, channel.tone, int(channel.headline.values.get("n", 0))


def unsaid_by_effects(effects: EffectsResults) -> Iterator[Reason]:
    """Why there is nothing to say of any action, and of whom actions won."""
    if effects.cards is not None:
        yield from effects.cards.reasons
        if effects.cards.cards and not any(card.is_told for card in effects.cards.cards):
            yield effects.cards.headline
    if effects.winning is not None and effects.winning.headline is None:
        yield from effects.winning.reasons
