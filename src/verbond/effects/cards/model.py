"""`ActionCards`: a card for each kind of action, and for the campaigns that cost most."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from verbond.effects.cards.reading import is_campaign, read_cards
from verbond.effects.cards.results import ActionCard, CardsResult
from verbond.effects.cards.telling import headline_of, name_of
from verbond.errors import NotFoundError, OptionError
from verbond.results import Progress, ProgressFunction, Reason, silent
from verbond.tables.reads.actions import ListedAction, action_list, currency_of_purchases
from verbond.tables.tables import Tables

__all__ = ["ActionCards"]


@dataclass(frozen=True, slots=True)
class ActionCards:
    """Say of each action what it sold and what it did to the relationship, short and long side by side.

    Parameters
    ----------
    actions : tuple of str
        Actions, or kinds of action; without any, every kind, and of a kind with several actions those
        campaigns that cost most.
    most_campaigns : int
        At most so many of those.
    by : tuple of str
        Groups of customers to tell apart: "tenure" (new, established) and "type" (market, meaning, …).
    ci_level : float

    Notes
    -----
    Each card is a number of `PastAction`s read together: Holm's correction is over all its outcomes and
    spans. Groups are to look at and get no verdict.

    Examples
    --------
    >>> from verbond.tables import open_tables
    >>> with open_tables("demo") as tables:                              # doctest: +SKIP
    ...     print(ActionCards(("bf-2025",)).fit(tables).headline)
    """

    actions: tuple[str, ...] = ()
    most_campaigns: int = 4
    by: tuple[str, ...] = ("tenure", "type")
    ci_level: float = 0.95

    def __post_init__(self) -> None:
        if self.most_campaigns < 0:
            raise OptionError(
                "most_campaigns is out of range", got=repr(self.most_campaigns), expected="0 or more"
            )

    def fit(self, tables: Tables, *, progress: ProgressFunction = silent) -> CardsResult:
        """Read the months around each action.

        Parameters
        ----------
        tables : Tables
            With actions, exposures and events; what they cannot answer comes back as reasons.
        progress : callable
            Told at each card.

        Returns
        -------
        CardsResult

        Raises
        ------
        NotFoundError
            If an action that is asked for is not there.
        """
        listed = action_list(tables)
        chosen = self._chosen(listed, tables.name)
        by = tuple(name for name in self.by if name != "type" or "scores" in tables)
        cards, currency = [], currency_of_purchases(tables)
        for n, card in enumerate(read_cards(tables, chosen, by, self.ci_level), start=1):
            progress(Progress("diagnosis.step_cards", n / len(chosen)))
            cards.append(replace(card, headline=headline_of(card, currency)))
        cards.sort(key=lambda card: (not card.is_told, card.is_kind))
        return CardsResult(
            cards=tuple(cards),
            currency=currency,
            headline=_headline(cards),
            reasons=() if listed else (Reason("effects_cards.no_actions"),),
            provenance=tables.provenance(options=dataclasses.asdict(self)),
        )

    def _chosen(self, listed: Sequence[ListedAction], source: str) -> list[ListedAction]:
        if self.actions:
            by_name = {one.action or one.kind: one for one in listed}
            by_name |= {one.action: one for one in listed if one.action is not None}
            missing = [name for name in self.actions if name not in by_name]
            if missing:
                expected = ", ".join(list(by_name)[:12]) or "a table of actions"
                raise NotFoundError(f"no action {missing[0]!r} in {source}", expected=expected)
            return [by_name[name] for name in self.actions]
        campaigns = sorted(filter(is_campaign, _among_others(listed)), key=_cost)[: self.most_campaigns]
        kinds = sorted((one for one in listed if one.action is None), key=_cost)
        found: list[ListedAction] = []
        for kind in kinds:
            alone = [one for one in listed if one.kind == kind.kind and one.action is not None]
            found.append(alone[0] if len(alone) == 1 else kind)
            found += [one for one in campaigns if one.kind == kind.kind]
        return found


def _among_others(listed: Sequence[ListedAction]) -> list[ListedAction]:
    """Actions that are not the only one of their kind."""
    actions = [one for one in listed if one.action is not None]
    by_kind = {kind: list(some) for kind, some in groupby(actions, key=lambda one: one.kind)}
    return [one for some in by_kind.values() if len(some) > 1 for one in some]


def _cost(one: ListedAction) -> tuple[float, int, str]:
    return -(one.cost or 0.0), -one.n_reached, one.action or one.kind


def _headline(cards: Sequence[ActionCard]) -> Reason:
    """The card that says most: the relationship before sales, harm before gain, the costliest of those."""
    for about in ("verdict", "sales_verdict"):
        for word in ("weakens", "strengthens", "unchanged"):
            for card in cards:
                if getattr(card, about) == word:
                    return card.headline
    if not cards:
        return Reason("effects_cards.no_actions")
    names: list[Any] = [name_of(card) for card in cards]
    return Reason("effects_cards.nothing_told", {"n": len(names)})
