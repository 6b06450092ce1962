"""What can be set about a simulated company: one frozen dataclass, made of smaller ones.

All logits are natural-log odds against staying on the rung; all rates are per customer and month; levels of
constructs and values are on 0..100. A tuple of six runs over the rungs 0..5. Nothing here draws a number.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Literal

import numpy as np

from verbond.errors import OptionError
from verbond.tables.schema import EVENT_KINDS

__all__ = [
    "MOVES",
    "NEVER",
    "N_RUNGS",
    "TYPES",
    "Action",
    "Amounts",
    "Answering",
    "Attribute",
    "BehaviourClass",
    "Department",
    "Effect",
    "Emission",
    "Message",
    "Moves",
    "PerRung",
    "Source",
    "Stimulus",
    "Values",
    "Wave",
    "World",
]

N_RUNGS = 6
NEVER = -math.inf
"""The logit of a move that cannot happen."""
MOVES = ("up", "down", "drop")
TYPES = ("market", "authority", "meaning", "none")
"""Relationship types that a simulated customer may look for; "none" wants no relationship."""

PerRung = tuple[float, float, float, float, float, float]
_DIRECTIONS = MappingProxyType(
    {
        "market": ("power", "achievement"),
        "authority": ("security", "conformity"),
        "meaning": ("universalism", "benevolence"),
    }
)
Moves = tuple[float, float, float]
"""Logits of (up, down, drop)."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What being reached by a kind of action does.

    Attributes
    ----------
    kind : str
        Of `ACTION_KINDS`.
    moves : tuple of 3 floats
        b: added to the logits of up, down and drop, per exposure.
    by_rung : mapping of int to tuple of 3 floats
        c: deviations for customers who come from that rung.
    by_type : mapping of str to tuple of 3 floats
        Deviations for customers of that relationship type.
    lifts : mapping of str to float
        Added to the log rate of that event kind in the month of the exposure itself, and only then.
    carry_over : float
        In 0..1: share of last month's exposure that still works this month (geometric ad-stock). It
        concerns the moves, not the lifts.
    """

    kind: str
    moves: Moves = (0.0, 0.0, 0.0)
    by_rung: Mapping[int, Moves] = field(default_factory=dict)
    by_type: Mapping[str, Moves] = field(default_factory=dict)
    lifts: Mapping[str, float] = field(default_factory=dict)
    carry_over: float = 0.0


@dataclass(frozen=True, slots=True)
class Emission:
    """How often an event kind happens on each rung.

    Attributes
    ----------
    kind : str
        Of `EVENT_KINDS`.
    family : str
        "negative_binomial" and "poisson" give counts a month, "bernoulli" at most one, "per_purchase" a
        share of the month's purchases.
    rates : tuple of 6 floats
        Mean count or probability, before class, season and lifts.
    dispersion : float
        r of the negative binomial: variance = mean + mean^2 / r.
    season_amplitude : float
        The rate is multiplied by exp(amplitude * cos(2 pi (month - peak) / 12)).
    season_peak : int
        Month 1..12 in which the season is highest.
    channels : mapping of str to float
        Shares of the channels.
    """

    kind: str
    family: Literal["negative_binomial", "poisson", "bernoulli", "per_purchase"]
    rates: PerRung
    dispersion: float = math.inf
    season_amplitude: float = 0.0
    season_peak: int = 1
    channels: Mapping[str, float] = field(default_factory=lambda: {"web": 1.0})

    def season(self, months: np.ndarray) -> np.ndarray:
        """Multiplier of the rate in calendar months 1..12."""
        return np.exp(self.season_amplitude * np.cos(2 * np.pi * (months - self.season_peak) / 12))


@dataclass(frozen=True, slots=True)
class Amounts:
    """What an order costs.

    Attributes
    ----------
    means : tuple of 6 floats
        Mean list value of an order on each rung, in the currency, before price changes.
    shape : float
        Of the gamma distribution: variance = mean^2 / shape.
    cost_share : float
        Purchase cost as a share of the list value; the margin is what remains of the amount paid.
    currency : str
    categories : mapping of str to float
        Product categories and their shares of the orders.
    """

    means: PerRung = (30.0, 34.0, 36.0, 38.0, 42.0, 44.0)
    shape: float = 2.5
    cost_share: float = 0.62
    currency: str = "EUR"
    categories: Mapping[str, float] = field(default_factory=lambda: {"products": 1.0})


@dataclass(frozen=True, slots=True)
class Source:
    """A door through which customers come in; it becomes the attribute `acquired_by`.

    Attributes
    ----------
    name : str
    old, new : float
        Relative weight among customers present at the start, and among those who arrive, per month.
    peaks : mapping of int to float
        Months (period numbers) in which `new` is multiplied.
    types : mapping of str to float
        Shares of the relationship types among those who come this way.
    brought : bool
        By word of mouth: referrals of the same month are matched to these newcomers, one to one, as far as
        they go. The newcomers are given; a referral does not make one.
    """

    name: str
    old: float
    new: float
    types: Mapping[str, float]
    peaks: Mapping[int, float] = field(default_factory=dict)
    brought: bool = False


@dataclass(frozen=True, slots=True)
class BehaviourClass:
    """People differ for good: a baseline that no movement changes.

    Attributes
    ----------
    name : str
    share : float
    multipliers : mapping of str to float
        Of the rates by event kind (1 where absent).
    amount : float
        Multiplier of the order value.
    """

    name: str
    share: float
    multipliers: Mapping[str, float] = field(default_factory=dict)
    amount: float = 1.0


@dataclass(frozen=True, slots=True)
class Attribute:
    """A column to segment by.

    Attributes
    ----------
    name : str
    shares : mapping of str to float
        Labels and how common they are.
    moves : mapping of str to tuple of 3 floats
        What the label adds to the logits of up, down and drop.
    """

    name: str
    shares: Mapping[str, float]
    moves: Mapping[str, Moves] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Action:
    """Something that the company does to customers.

    Attributes
    ----------
    action_id, kind, label : str
    periods : tuple of int
        Period numbers in which it reaches people.
    reach : float
        Probability that a customer who is aimed at is reached, per period, by lot.
    target : str
        Who is aimed at: "everybody"; "heavy_buyers" (at least `World.heavy_from` orders in the last three
        periods); "complainers" (complained in the last period); "newcomers" (first or second period after
        the one they came in).
    where : tuple of str, optional
        (attribute, label): only customers with that label.
    randomised : bool
        The company kept a random part out on purpose and wrote that down. (Reach is by lot anyhow; a company
        does not know that unless it arranged it.)
    depth : float
        Share that a discount takes off this month's orders.
    price_factor : float
        List prices are multiplied by it from the first period on.
    aim : {"win", "keep"}
    rung : int
        The rung 1..5 that the company meant it for.
    cost : float
        Money spent on it in all.
    message_id : str, optional
    """

    action_id: str
    kind: str
    label: str
    periods: tuple[int, ...]
    reach: float
    target: Literal["everybody", "heavy_buyers", "complainers", "newcomers"] = "everybody"
    where: tuple[str, str] | None = None
    randomised: bool = False
    depth: float = 0.0
    price_factor: float = 1.0
    aim: Literal["win", "keep"] = "keep"
    rung: int = 1
    cost: float = 0.0
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Values:
    """Own and seen values: a cosine over the circle, highest at the person's own direction.

    own_v = 50 + amplitude * cos(angle_v - direction) + noise; seen_v = w * own_v + (1 - w) * image_v + noise,
    with w by rung: what people see in the company comes to match what they hold from rung 2 on.

    Attributes
    ----------
    directions : mapping of str to tuple of str
        Values whose mean direction a relationship type points at; absent: a random direction.
    direction_sd_degrees : float
        Spread of people around their type's direction.
    amplitude, noise_sd : float
        On 0..100.
    image : mapping of str to float
        What a customer sees who sees nothing of his own: the levels of the image; 50 where absent.
    overlap : tuple of 6 floats
        w per rung, 0..1.
    """

    directions: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: dict(_DIRECTIONS))
    direction_sd_degrees: float = 25.0
    amplitude: float = 24.0
    noise_sd: float = 7.0
    image: Mapping[str, float] = field(default_factory=dict)
    overlap: PerRung = (0.05, 0.10, 0.60, 0.66, 0.72, 0.78)


@dataclass(frozen=True, slots=True)
class Wave:
    """A round of asking.

    Attributes
    ----------
    name : str
    period : int
        Period number; answers come in its last third.
    invited : float
        Share of the active customers with consent who are invited, by lot.
    form : {"short", "full"}
        Of our own questionnaire.
    """

    name: str
    period: int
    invited: float
    form: Literal["short", "full"] = "full"


@dataclass(frozen=True, slots=True)
class Answering:
    """Who answers, and what an answer looks like.

    An answer on 0..100 is 50 + loading * (level - 50) + location + style + noise, turned round for reversed
    items before style is added, then rounded to the item's own scale and cut at its ends. `level` is the
    construct's level on the person's rung plus a person's own deviation (the same in every wave), a halo
    shared by all constructs and a deviation of the day. Loadings and locations differ by item number.

    Attributes
    ----------
    response_probs : tuple of 6 floats
        Probability that an invited customer answers, by rung: non-response is not at random.
    levels : mapping of str to tuple of 6 floats
        Mean of each construct by rung.
    type_levels : mapping of str to mapping of str to float
        What a relationship type adds, by type and construct.
    follows : {"rung", "scattered"}
        "scattered": every construct follows a random rung of its own, so answers say nothing of behaviour
        and have no order.
    person_sd, halo_sd, occasion_sd, noise_sd, style_sd : float
        On 0..100; style is acquiescence, the same for all items of a person.
    loadings : tuple of 2 floats
        Of the best and the worst item of a construct.
    location_sd : float
        Spread of the items' locations.
    item_missing : float
        Probability that a single question is left open.
    anonymous : float
        Share of the respondents whose customer is not known.
    careless : float
        Share who tick the same box all the way.
    """

    response_probs: PerRung = (0.22, 0.34, 0.40, 0.46, 0.55, 0.64)
    levels: Mapping[str, PerRung] = field(default_factory=dict)
    type_levels: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    follows: Literal["rung", "scattered"] = "rung"
    person_sd: float = 6.0
    halo_sd: float = 4.0
    occasion_sd: float = 4.0
    noise_sd: float = 13.0
    style_sd: float = 4.0
    loadings: tuple[float, float] = (1.0, 0.8)
    location_sd: float = 3.0
    item_missing: float = 0.02
    anonymous: float = 0.04
    careless: float = 0.015


@dataclass(frozen=True, slots=True)
class Stimulus:
    """A text in variants, shown by lot at the end of a round of asking, and what people say of it on 0..10.

    Attributes
    ----------
    action_id, label : str
    wave : str
        Name of the round.
    variants : tuple of str
        Equally likely; the first is what the others are compared with.
    items : mapping of str to float
        Mean answer to each item with the first variant.
    effects : mapping of str to mapping of str to tuple of 4 floats
        What another variant adds to the mean, by variant and item, for each of `TYPES` in their order.
    concentration : float
        a + b of the beta distribution of people around their mean: the lower, the more they differ.
    rung : int
        The rung 1..5 that the company meant it for.
    """

    action_id: str
    label: str
    wave: str
    variants: tuple[str, ...]
    items: Mapping[str, float]
    effects: Mapping[str, Mapping[str, tuple[float, float, float, float]]]
    concentration: float = 8.0
    rung: int = 3

    def means(self) -> np.ndarray:
        """Mean answers, shape (n_variants, n_items, 4): by variant, item and relationship type."""
        none = (0.0,) * len(TYPES)
        added = [[self.effects.get(v, {}).get(item, none) for item in self.items] for v in self.variants]
        return np.array(list(self.items.values()))[None, :, None] + np.array(added)


@dataclass(frozen=True, slots=True)
class Department:
    """Employees of one department and what they answer.

    Attributes
    ----------
    name : str
    n_employees : int
    sees : tuple of str
        Values whose direction they see in the company.
    levels : mapping of str to float
        Mean of constructs such as customer_orientation, 0..100.
    """

    name: str
    n_employees: int
    sees: tuple[str, ...]
    levels: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Message:
    """Words of the company, its people or a customer.

    Attributes
    ----------
    message_id : str
    period, day : int
        Period number and day of the month (1..28).
    channel, speaker, language, text : str
    department, action_id, image : str, optional
    rungs : tuple of int
        A customer who stands on one of these rungs then is its sender or receiver; empty: everybody.
    """

    message_id: str
    period: int
    day: int
    channel: str
    speaker: Literal["company", "employee", "customer"]
    language: str
    text: str
    department: str | None = None
    action_id: str | None = None
    image: str | None = None
    rungs: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class World:
    """Everything about a simulated company.

    Timing, the same everywhere: exposures in period t change the move from t-1 to t (through ad-stock), and
    lift the events of t; events, answering and cancellation in t depend on the rung in t; who is reached in t
    depends on what happened up to t-1.

    Attributes
    ----------
    name, title : str
        The key in `WORLDS`, and the company's name.
    n_customers, n_periods : int
        How many people in all, and how many months.
    start : date
        First day of the first month.
    sources : tuple of Source
        How people come in, when, and which relationship types they look for.
    initial_old, initial_new : mapping of str to tuple of 6 floats
        Shares of the rungs at the start by relationship type, for those present at the start and for those
        who arrive.
    up, down, drop : tuple of 6 floats
        a: logits of the moves by the rung of origin, against staying. On rung 1, down and drop would be the
        same, so drop is `NEVER` there.
    type_moves : mapping of str to tuple of 3 floats
        What a relationship type adds to those logits.
    effects : tuple of Effect
        By kind of action, at most one a kind.
    emissions : tuple of Emission
        By kind of event.
    amounts : Amounts
    classes : tuple of BehaviourClass
    attributes : tuple of Attribute
    actions : tuple of Action
    values : Values
    waves : tuple of Wave
    answering : Answering
    stimuli : tuple of Stimulus
    departments : tuple of Department
        Asked in the first wave.
    messages : tuple of Message
    skipped_rung : int, optional
    skipper_share : float
        That share of the people never stands on `skipped_rung`: a move onto it goes on to the next, and its
        construct stays for them at the level below it.
    heavy_from : int
        Orders in three periods that make a heavy buyer.
    consent : float
        Share of the customers who may be approached.
    tenure_months : float
        Mean of how long those present at the start were customers already.
    """

    name: str
    title: str
    n_customers: int
    n_periods: int
    start: date
    sources: tuple[Source, ...]
    initial_old: Mapping[str, PerRung]
    initial_new: Mapping[str, PerRung]
    up: PerRung
    down: PerRung
    drop: PerRung
    emissions: tuple[Emission, ...]
    type_moves: Mapping[str, Moves] = field(default_factory=dict)
    effects: tuple[Effect, ...] = ()
    amounts: Amounts = field(default_factory=Amounts)
    classes: tuple[BehaviourClass, ...] = (BehaviourClass("all", 1.0),)
    attributes: tuple[Attribute, ...] = ()
    actions: tuple[Action, ...] = ()
    values: Values = field(default_factory=Values)
    waves: tuple[Wave, ...] = ()
    answering: Answering = field(default_factory=Answering)
    stimuli: tuple[Stimulus, ...] = ()
    departments: tuple[Department, ...] = ()
    messages: tuple[Message, ...] = ()
    skipped_rung: int | None = None
    skipper_share: float = 0.0
    heavy_from: int = 3
    consent: float = 0.9
    tenure_months: float = 30.0

    def __post_init__(self) -> None:
        _check(self)

    @property
    def months(self) -> np.ndarray:
        """First day of each period, datetime64[D], shape (n_periods,)."""
        first = np.datetime64(self.start, "M")
        return (first + np.arange(self.n_periods)).astype("datetime64[D]")

    @property
    def arrival_probs(self) -> np.ndarray:
        """Probability of each door and moment, shape (n_sources, 1 + n_periods); column 0: at the start."""
        weights = np.array(
            [[s.old, *(s.new * s.peaks.get(t, 1.0) for t in range(self.n_periods))] for s in self.sources]
        )
        return weights / weights.sum()


def _check(world: World) -> None:
    """Refuse settings that contradict each other.

    Raises
    ------
    OptionError
    """
    for right, problem, got, expected in (*_about_people(world), *_about_events(world)):
        if not right:
            raise OptionError(f"world {world.name!r}: {problem}", got=repr(got), expected=expected)


_Requirement = tuple[bool, str, object, str]
"""What has to hold, what is wrong otherwise, what was found, what would be right."""


def _about_people(world: World) -> Iterator[_Requirement]:
    yield world.start.day == 1, "wrong start", world.start, "the first day of a month"
    for name, impossible in (("up", (5,)), ("down", (0,)), ("drop", (0, 1))):
        logits = getattr(world, name)
        yield len(logits) == N_RUNGS, f"wrong length of {name}", len(logits), "6 logits"
        right = all(logits[j] == NEVER for j in impossible)
        yield right, f"impossible move in {name}", logits, f"NEVER on rung {impossible}"
    for source in world.sources:
        yield set(source.types) <= set(TYPES), "unknown type", tuple(source.types), str(TYPES)
    for shares in (*world.initial_old.values(), *world.initial_new.values()):
        right = len(shares) == N_RUNGS and math.isclose(sum(shares), 1, abs_tol=1e-9)
        yield right, "initial shares", shares, "6 adding up to 1"


def _about_events(world: World) -> Iterator[_Requirement]:
    kinds = [e.kind for e in world.emissions]
    once = len(set(kinds)) == len(kinds) and set(kinds) <= set(EVENT_KINDS)
    yield once, "wrong emissions", kinds, "each event kind at most once"
    ordered = "return" not in kinds or "purchase" in kinds[: kinds.index("return")]
    yield ordered, "returns without purchases", kinds, "purchase before return"
    moving = [e.kind for e in world.effects]
    yield len(set(moving)) == len(moving), "an action kind twice", moving, "one effect a kind"
    within = f"0..{world.n_periods - 1}"
    for action in world.actions:
        right = bool(action.periods) and all(0 <= t < world.n_periods for t in action.periods)
        yield right, f"periods of action {action.action_id}", action.periods, within
    for wave in world.waves:
        yield 0 <= wave.period < world.n_periods, f"period of wave {wave.name}", wave.period, within
    names = [wave.name for wave in world.waves]
    for one in world.stimuli:
        yield one.wave in names, f"wave of {one.action_id}", one.wave, ", ".join(names)
        right = bool(((one.means() > 0) & (one.means() < 10)).all())
        yield right, f"means of {one.action_id}", one.means().tolist(), "more than 0, less than 10"
