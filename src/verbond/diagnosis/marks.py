"""Whether actions keep the promise, by what their messages say: a mark on each card."""

from __future__ import annotations

from dataclasses import replace

from verbond.diagnosis.effects import EffectsResults
from verbond.effects import ActionCard
from verbond.effects.cards.results import PromiseMark
from verbond.expressions.picture import ActionMessages, ExpressionPicture
from verbond.results import Reason

__all__ = ["with_marks"]

_MOST = 0.5
"""Of the messages that could be judged, the share that has to conflict to say that an action does."""


def with_marks(effects: EffectsResults | None, picture: ExpressionPicture | None) -> EffectsResults | None:
    """The effects with a mark on each card whose action said something beside the promise.

    Parameters
    ----------
    effects : EffectsResults or None
    picture : ExpressionPicture or None

    Returns
    -------
    EffectsResults or None
        The same where nothing was looked at.
    """
    if effects is None or effects.cards is None or picture is None or not picture.actions:
        return effects
    cards = tuple(_marked(card, picture.actions) for card in effects.cards.cards)
    return replace(effects, cards=replace(effects.cards, cards=cards))


def _marked(card: ActionCard, said: tuple[ActionMessages, ...]) -> ActionCard:
    """Of a kind, the messages of all its actions."""
    own = [one for one in said if (one.kind if card.is_kind else one.action_id) == card.action]
    return replace(card, promise=_mark(own)) if own else card


def _mark(said: list[ActionMessages]) -> PromiseMark:
    fits, check, conflicts = (
        sum(getattr(one, name) for one in said) for name in ("fits", "check", "conflicts")
    )
    n = fits + check + conflicts
    counts = {"n": n, "fits": fits, "check": check, "conflicts": conflicts}
    if not n:
        return PromiseMark(None, _said("silent", {}))
    if conflicts == n:
        return PromiseMark(False, _said("conflicts_all", counts))
    if conflicts > _MOST * n:
        return PromiseMark(False, _said("conflicts", counts))
    if fits == n:
        return PromiseMark(True, _said("fits_all", counts))
    return PromiseMark(None, _said("look", counts))


def _said(code: str, counts: dict[str, int]) -> Reason:
    return Reason(f"expressions_told.promise_{code}", counts)
