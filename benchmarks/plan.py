"""The plan followed in simulated companies for three years, beside simpler ways to spend the same money.

    python -m benchmarks.plan [--customers 2500] [--seeds 5] [--months 36] [--out benchmarks/plan.md]

A company is simulated for two years. Its ladder is fitted, and from then on it spends a budget (what it spent
until then) by one policy after the other: the same customers, the same chances. Every quarter the fitted
ladder looks again where everybody stands. Policies:

- plan: the allocator, with what the company's own actions, given by lot, taught it, weighed with the prior
  of the playbook; for engagement, and for revenue;
- plan on priors: the allocator with the playbook alone;
- greedy: the same knowledge as the plan, but what brings most in the month itself, first;
- random: actions by lot; discount for everybody, as often as the budget allows; nothing;
- all known: the allocator with the world's own chances and everybody's true rung: what could be reached.

Worlds: in `textbook` the method is right; in `discounts_win` only discounts work, on the ladder too; in
`surprising_effects` effects are the other way round from what the method expects. Intervals are those of a
mean over seeds (Student's t), of the difference to doing nothing in the same company.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import t as student

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks._plan_company import (
    LEFT,
    Outcome,
    Policy,
    follow_in,
    past_of,
    true_leaving,
    true_money,
)
from verbond.ladder import Ladder, LadderResult, allocate, greedy
from verbond.ladder.ahead.ahead import acting_kinds, state_worth, today
from verbond.ladder.ahead.climbing import pushed
from verbond.ladder.coding.layout import AMOUNT
from verbond.method import PLAYS
from verbond.survey import Survey
from verbond.tables import Panel
from verbond.tables.reads import panel as read_panel
from verbond.tables.simulate import WORLDS as SETTINGS
from verbond.tables.simulate import simulate, transition_matrix
from verbond.tables.simulate.world import N_RUNGS, World

WORLDS = ("textbook", "discounts_win", "surprising_effects")
OPTIONS = {"n_starts": 1, "n_classes": 3, "feedback": False, "gone": False, "class_movement": False,
           "amounts": "lognormal"}  # fmt: skip
"""Of the ladder; what it would choose by itself takes longer, and is not what is measured here."""
FIRST_SEED = 7
N_DRAWS = 100
UNKNOWN = (0.0, 0.5)
"""Prior of a kind of which the playbook has no play: mean and standard deviation of its log odds."""
AIMS = ("engagement", "revenue")
TITLES = {
    "textbook": "Where the method is right (`textbook`)",
    "discounts_win": "Where only discounts work (`discounts_win`)",
    "surprising_effects": "Where effects are not what the priors say (`surprising_effects`)",
}
INTRODUCTION = """\
Written by `python -m benchmarks.plan --out benchmarks/plan.md`. A simulated company of which the truth is
known lives for two years; its ladder is fitted to what its tables tell. Then it goes on for three years under
one policy after the other, with the same customers and chances, on the budget that it spent until then.

- `plan`: the allocator, with what the company's own actions (given by lot) taught it about moving up and
  down, weighed with the priors of the playbook; once for most customers on the top rung, once for revenue.
- `plan on priors`: the allocator with the playbook alone; of a kind of action, the mean over its plays.
- `greedy`: knows what the plan knows, and takes what brings most in the month itself.
- `random`: actions by lot. `discount everybody`: discounts as often as the budget allows.
- `all known`: the allocator with the world's own chances (but for what carries over to the next month) and
  everybody's true rung: what could be reached.

What the others see of rungs is what the fitted ladder sees, looked at again every quarter. Engaged: of a
hundred customers at the start, how many stood on the top rung, the mean over the months. Revenue: what a
customer at the start pays in all months, less what the actions cost; who left pays nothing.

The plan rests on two years of actions given by lot to known shares of the customers: few companies have that.
One that has nothing of the kind stands where `plan on priors` stands, and priors can be wrong: then doing
nothing is better until a lot has spoken. The priors say nothing of what an action lifts in its own month, so
for revenue the plan on priors sees only what climbing brings later."""


@dataclass(frozen=True, slots=True)
class Chances:
    """What an allocator goes by.

    Attributes
    ----------
    matrices : (1 + n_kinds, n_places, n_places)
        Doing nothing first; the last place is having left.
    engagement, revenue : (1 + n_kinds, n_places)
        Worth of standing there after a month in which that was done; of revenue, what it cost taken off.
    start : (n_places,)
    """

    matrices: np.ndarray
    engagement: np.ndarray
    revenue: np.ndarray
    start: np.ndarray


@dataclass(frozen=True, slots=True)
class Books:
    """What the company's books say of its actions.

    Attributes
    ----------
    costs : dict of str to float
        Of reaching somebody once, by kind.
    depths : dict of str to float
        Share that it takes off the month's orders.
    monthly : float
        Spent a customer and month until today.
    """

    costs: dict[str, float]
    depths: dict[str, float]
    monthly: float


def books_of(world: World) -> Books:
    """Costs by kind, of all actions that are aimed at everybody."""
    costs, depths, monthly, every = {}, {}, 0.0, SETTINGS[world.name]
    for action in world.actions:
        if action.target == "everybody":
            reached = every.n_customers * action.reach * len(action.periods)
            costs[action.kind], depths[action.kind] = action.cost / reached, action.depth
            monthly += action.reach * costs[action.kind]
    return Books(costs, depths, monthly)


def prior_of(kind: str) -> np.ndarray:
    """(2, 2) mean and standard deviation of the log odds of up and of down, over the plays of a kind."""
    plays = [play for play in PLAYS if kind in play.action_kinds]
    if not plays:
        return np.array([UNKNOWN, UNKNOWN])
    return np.array([
        [np.mean([getattr(p, way).mean for p in plays]), np.mean([getattr(p, way).sd for p in plays])]
        for way in ("climbs", "falls")
    ])  # fmt: skip


def beliefs(result: LadderResult, panel: Panel, kinds: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """(n_kinds, 2) log odds of up and down: own figures weighed with the prior, and the prior alone."""
    chain = result.chain(panel, n_draws=N_DRAWS)
    learned, priors = [], []
    for kind in kinds:
        mean, sd = prior_of(kind).T
        draws = chain.coefficients.get(kind)
        if draws is None:
            learned.append(mean)
        else:
            weights = np.stack((1 / sd**2, 1 / np.maximum(draws[1:].var(axis=0), 1e-6)))
            learned.append((weights * np.stack((mean, draws[0]))).sum(axis=0) / weights.sum(axis=0))
        priors.append(mean)
    return np.array(learned), np.array(priors)


def believed(result: LadderResult, panel: Panel, books: Books, odds: np.ndarray, lifts: bool) -> Chances:
    """Chances by the fitted ladder, with these log odds; lifts of purchases only where they were learned."""
    chain, kinds = result.chain(panel, n_draws=1), list(books.costs)
    below = np.tri(N_RUNGS, k=-1, dtype=bool)
    push = np.zeros((1 + len(kinds), N_RUNGS, N_RUNGS))
    push[1:] = np.where(below.T, odds[:, 0, None, None], 0) + np.where(below, odds[:, 1, None, None], 0)
    base = np.tile(chain.rung_matrices()[0, :N_RUNGS, :N_RUNGS], (1 + len(kinds), 1, 1))
    left = next((e.by_state for e in result.emissions if e.variable == "cancellation"), (0.0,) * N_RUNGS)
    money = _money(result, panel, books, lifts)
    start = chain.space.by_rung(chain.standing[0])
    leaving = np.tile(left, (1 + len(kinds), 1))
    return _chances(pushed(base, push), leaving, money, start, books)


def _money(result: LadderResult, panel: Panel, books: Books, lifts: bool) -> np.ndarray:
    """(1 + n_kinds, n_rungs) money in a month by what is done, the price off where it is a discount."""
    fitted, panel = result.model_on(panel)
    here = today(fitted, panel, 12)
    space, known = here.model.space, acting_kinds(here.model, here.layout)
    weight = space.alive(here.states.sum(axis=0)) + 1e-9
    found = []
    for kind, depth in (("", 0.0), *books.depths.items()):
        exposures = np.array([float(lifts and name == kind) for name in known])
        worth = state_worth(here, fitted.theta[here.kept], AMOUNT, exposures)
        found.append((1 - depth) * space.living.by_rung(weight * worth) / space.living.by_rung(weight))
    return np.array(found)


def true_chances(world: World, books: Books, start: np.ndarray) -> Chances:
    """The world's own."""
    kinds = list(books.costs)
    matrices = [transition_matrix(world, exposures={k: 1.0} if k else None) for k in ("", *kinds)]
    money = [true_money(world, k or None, books.depths.get(k, 0.0)) for k in ("", *kinds)]
    leaving = [true_leaving(world, k or None) for k in ("", *kinds)]
    return _chances(np.array(matrices), np.array(leaving), np.array(money), start, books)


def _chances(
    moves: np.ndarray, leaving: np.ndarray, money: np.ndarray, start: np.ndarray, books: Books
) -> Chances:
    """With the place of who left, which is entered after the month in which somebody cancels."""
    n_actions = len(moves)
    matrices = np.zeros((n_actions, LEFT + 1, LEFT + 1))
    matrices[:, :LEFT, :LEFT] = moves * (1 - leaving[:, None, :])
    matrices[:, :LEFT, LEFT] = np.einsum("asu,au->as", moves, leaving)
    matrices[:, LEFT, LEFT] = 1.0
    engagement = np.zeros((n_actions, LEFT + 1))
    engagement[:, N_RUNGS - 1] = 1.0
    prices = np.array([0.0, *books.costs.values()])
    worth = np.hstack((money, np.zeros((n_actions, 1)))) - prices[:, None]
    return Chances(matrices, engagement, worth, np.append(start / start.sum(), 0.0))


def policies(
    world: World, result: LadderResult, panel: Panel, books: Books, start: np.ndarray, n_months: int
) -> Iterator[Policy]:
    """Every policy that is compared; `start` are the true shares."""
    kinds, prices = list(books.costs), np.array([0.0, *books.costs.values()])
    shape = (n_months, len(prices), LEFT + 1)
    nothing, by_lot, discounts = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    nothing[:, 0] = 1.0
    by_lot[:, 1:] = 1 / len(kinds)
    discounts[:, 1 + kinds.index("discount")] = 1.0
    yield Policy("nothing", nothing)
    yield Policy("random", by_lot, paced=True)
    yield Policy("discount everybody", discounts, paced=True)
    learned, priors = beliefs(result, panel, kinds)
    own = believed(result, panel, books, learned, lifts=True)
    book = believed(result, panel, books, priors, lifts=False)
    known = true_chances(world, books, start)
    costs = np.repeat(prices[:, None], LEFT + 1, axis=1)
    costs[:, LEFT] = 0.0
    rest = {"budget": books.monthly * n_months, "horizon": n_months, "discount": 1.0}
    for name, way, chances in (
        ("greedy", greedy, own), ("plan on priors", allocate, book), ("plan", allocate, own),
        ("all known", allocate, known),
    ):  # fmt: skip
        for aim in AIMS:
            found = way(chances.matrices, costs, getattr(chances, aim), start=chances.start, **rest)
            yield Policy(f"{name}, {aim}", found.probs, "truth" if chances is known else "model")


def run(world: World | str, n_customers: int, n_months: int, seed: int) -> dict[str, Outcome]:
    """Every policy in one company."""
    company = simulate(world, n_customers, seed=seed)
    tables = company.open()
    tables = tables.add("scores", Survey().fit(tables).scores)
    panel = read_panel(tables, "month")
    result = Ladder(**OPTIONS).fit(panel)
    life, books = past_of(company), books_of(company.world)
    now = life.rungs[life.cancelled < 0, -1]
    start = np.bincount(now, minlength=N_RUNGS) / len(now)
    known = result.filter_state(panel)
    return {
        policy.name: follow_in(
            life, policy, known, costs=books.costs, depths=books.depths, budget=books.monthly * n_months,
            seed=10_000 + seed,
        )
        for policy in policies(company.world, result, panel, books, start, n_months)
    }  # fmt: skip


def interval(values: np.ndarray) -> tuple[float, float, float]:
    """Mean over seeds with its 95% interval (Student's t)."""
    mean, n = float(values.mean()), len(values)
    half = float(student.ppf(0.975, n - 1) * values.std(ddof=1) / np.sqrt(n)) if n > 1 else float("nan")
    return mean, mean - half, mean + half


def told(values: np.ndarray, digits: int) -> str:
    mean, low, high = interval(values)
    return f"{mean:+.{digits}f} ({low:+.{digits}f} to {high:+.{digits}f})"


def table_of(runs: list[dict[str, Outcome]]) -> list[str]:
    """A row a policy, of one world."""
    lines = [
        "| policy | engaged, of 100 | more than with nothing | in the last month | revenue, € "
        "| more than with nothing | spent, € |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name in runs[0]:
        engaged, revenue = _series(runs, name, "engaged"), _series(runs, name, "revenue")
        apart = engaged - _series(runs, "nothing", "engaged"), revenue - _series(runs, "nothing", "revenue")
        lines.append(
            f"| {name} | {engaged.mean():.1f} | {told(apart[0], 1) if name != 'nothing' else ''} "
            f"| {_series(runs, name, 'engaged_end').mean():.1f} | {revenue.mean():.0f} "
            f"| {told(apart[1], 0) if name != 'nothing' else ''} "
            f"| {_series(runs, name, 'spent').mean():.1f} |"
        )
    return lines


def _series(runs: list[dict[str, Outcome]], name: str, what: str) -> np.ndarray:
    return np.array([getattr(one[name], what) for one in runs])


SIMPLER = ("nothing", "random", "discount everybody", "greedy")


def verdicts(runs: list[dict[str, Outcome]]) -> list[str]:
    """The plan, and the plan on priors, against every simpler policy on its own aim: losses like wins."""
    lines = []
    for name, others in (("plan", (*SIMPLER, "plan on priors")), ("plan on priors", SIMPLER)):
        for aim, what, unit, digits in (
            ("engagement", "engaged", "of 100 engaged", 1), ("revenue", "revenue", "€ a customer", 0),
        ):  # fmt: skip
            for other in others:
                beside = other if other in runs[0] else f"{other}, {aim}"
                apart = _series(runs, f"{name}, {aim}", what) - _series(runs, beside, what)
                _, low, high = interval(apart)
                word = "wins over" if low > 0 else ("**loses to**" if high < 0 else "cannot be told from")
                lines.append(f"- {name}, {aim}: {word} {other}, {told(apart, digits)} {unit}")
    return lines


def losses(found: dict[str, list[dict[str, Outcome]]]) -> list[str]:
    """Every lost comparison of all worlds."""
    lost = [
        f"- {TITLES.get(name, name)}: {line[2:]}"
        for name, runs in found.items()
        for line in verdicts(runs)
        if "**" in line
    ]
    return lost or ["- None."]


def _unknown() -> str:
    kinds = books_of(SETTINGS["textbook"]).costs
    played = {kind for play in PLAYS for kind in play.action_kinds}
    return ", ".join(kind.replace("_", " ") for kind in kinds if kind not in played) or "none"


def report(found: dict[str, list[dict[str, Outcome]]], n_customers: int, n_months: int) -> str:
    """What `plan.md` says."""
    n_seeds = len(next(iter(found.values())))
    lines = [
        "# The plan, followed", "", INTRODUCTION, "",
        f"{n_customers:,} customers, {n_seeds} companies a world, {n_months} months; {len(PLAYS)} plays in "
        "the playbook. Intervals: 95%,",
        "of the mean over companies, paired within each; not corrected for how many there are.", "",
        f"Kinds of action of which the playbook has no play, so that its prior is nothing: {_unknown()}.", "",
        "## Losses", "", *losses(found), "",
    ]  # fmt: skip
    for name, runs in found.items():
        lines += [f"## {TITLES.get(name, name)}", "", *table_of(runs), "", *verdicts(runs), ""]
    return "\n".join(lines).rstrip() + "\n"


def main() -> None:
    """Run every world and print, and write where that is asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=2_500)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--months", type=int, default=36)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    seeds = range(FIRST_SEED, FIRST_SEED + options.seeds)
    found = {name: [run(name, options.customers, options.months, seed) for seed in seeds] for name in WORLDS}
    text = report(found, options.customers, options.months)
    print(text)
    if options.out:
        options.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
