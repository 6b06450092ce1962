"""What an action did to moving up: against the whole pass, and in companies of which the effect is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ladder_fitted import EFFECT, PLAIN, company, fitted, fitted_classes, fitted_rich
from ladder_worlds import Drawn, draw

from verbond.ladder import Ladder, LadderResult, pushed
from verbond.ladder.ahead.chain import dense
from verbond.ladder.ahead.pushing import PushSeen, _moves_of, push_seen
from verbond.ladder.kernel import expected_statistics
from verbond.ladder.scoring.scoring import on_panel
from verbond.tables import Panel

EXACT = 1e-8


@pytest.fixture(scope="module", params=["one class", "two classes", "everything"])
def result(request: pytest.FixtureRequest) -> LadderResult:
    return {"one class": fitted, "two classes": fitted_classes, "everything": fitted_rich}[request.param]()


def loglik(result: LadderResult, panel: Panel, rows: np.ndarray, b: float) -> float:
    """Of the whole panel by the kernel: nothing seen in `rows`, log odds b more of going up into them."""
    model, theta, encoded = on_panel(result._fitted, panel)
    tables, sequences, space = model.tables(theta), encoded.sequences, model.space
    up = np.triu(np.ones((space.n_places, space.n_places)), 1)
    up[:, space.n_rungs :] = 0.0  # leaving for good is no climb
    matrices = pushed(dense(tables, tables.edges[sequences.moves[rows]]), b * up)
    own = matrices[:, tables.source, tables.target]
    moves, codes = sequences.moves.copy(), sequences.codes.copy()
    moves[rows] = len(tables.edges) + np.arange(len(rows))
    codes[rows] = len(tables.emission) + np.arange(len(rows))
    edges, blank = np.vstack((tables.edges, own)), np.ones((len(rows), tables.emission.shape[1]))
    tables = replace(
        tables, edges=edges, emission=np.vstack((tables.emission, blank)),
        log_scale=np.append(tables.log_scale, np.zeros(len(rows))),
    )  # fmt: skip
    changed = replace(
        sequences, moves=moves, codes=codes, n_moves=len(edges), n_codes=len(tables.emission),
        order=np.arange(sequences.n_customers), stands_for=None, weights=np.ones(sequences.n_customers),
    )  # fmt: skip
    return expected_statistics(changed, tables).loglik


def test_the_likelihood_is_that_of_the_whole_pass(result: LadderResult) -> None:
    panel = company().panel
    chosen = np.flatnonzero(panel.lengths > 5)[:40]
    rows = panel.offsets[chosen] + 1 + np.arange(40) % 4
    found = _moves_of(on_panel(result._fitted, panel), rows, chosen, np.ones(40))
    start = loglik(result, panel, rows, 0.0)
    for b in (-1.2, 0.4, 2.5):
        assert found.loglik(b) == pytest.approx(
            loglik(result, panel, rows, b) - start, abs=EXACT * abs(start)
        )
    near = (found.loglik(0.4 + 1e-5) - found.loglik(0.4 - 1e-5)) / 2e-5
    assert found.scores(0.4).sum() == pytest.approx(near, rel=1e-5)


def told_apart(drawn: Drawn, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """By lot: a period of each of one half in which they were reached, and one without of the others."""
    panel, rng = drawn.panel, np.random.default_rng(seed)
    exposed, gets_it = panel.exposures["invitation"] > 0, rng.random(panel.n_customers) < 0.5
    reached, beside = np.full(panel.n_customers, -1), np.full(panel.n_customers, -1)
    for i in range(panel.n_customers):
        rows = np.arange(panel.offsets[i] + 1, panel.offsets[i + 1] - 1)
        rows = rows[exposed[rows] == gets_it[i]]
        if len(rows):
            period = rng.choice(rows) - panel.offsets[i] + panel.first_period[i]
            (reached if gets_it[i] else beside)[i] = period
    return reached, beside


def test_an_effect_that_is_there_is_found() -> None:
    """The kind is in the model already: all of its effect is found, not what is left of it."""
    reached, beside = told_apart(company(), 1)
    for one in (None, beside):
        found = push_seen(fitted()._fitted, company().panel, reached, beside=one, kind="invitation")
        assert abs(found.mean - EFFECT[0]) < 2.5 * found.sd
        assert 0.1 < found.sd < 0.9
    assert (found.n_reached, found.n_beside) == ((reached >= 0).sum(), (beside >= 0).sum())


def test_what_lifts_purchases_alone_moves_nobody_up() -> None:
    """The lift of a discount is seen in its own period; had it counted, people would seem to have climbed."""
    drawn = draw(2500, 12, asked=0.2, seed=8, effect=(0.0, 0.0), lift=0.9)
    bare = replace(drawn.panel, exposures={})
    fit = Ladder(n_classes=1, **PLAIN).fit(bare, uncertainty=False)
    found = push_seen(fit._fitted, bare, *told_apart(drawn, 3)[:1])
    assert abs(found.mean) < 2 * found.sd < 2


def test_too_few_say_nothing() -> None:
    panel = company().panel
    reached = np.full(panel.n_customers, -1)
    found = push_seen(fitted()._fitted, panel, reached)
    assert found == PushSeen(0.0, found.sd, 0, 0)
    assert found.sd > 4
    reached[:] = len(panel.periods) - 1  # nothing is seen after the last period
    assert push_seen(fitted()._fitted, panel, reached).n_reached == 0


@pytest.mark.slow
def test_intervals_hold_the_effect() -> None:
    """30 companies: the 95% interval holds 0.9 in at least 26 of them (chance of fewer at 95%: 1 in 60)."""
    held = []
    for seed in range(100, 130):
        drawn = draw(2000, 14, asked=0.2, seed=seed, effect=(0.9, -0.6), lift=0.3)
        fit = Ladder(n_classes=1, **PLAIN).fit(drawn.panel, uncertainty=False)
        reached, beside = told_apart(drawn, seed)
        found = push_seen(fit._fitted, drawn.panel, reached, beside=beside, kind="invitation")
        held.append(abs(found.mean - 0.9) < 1.96 * found.sd)
    assert sum(held) >= 26
