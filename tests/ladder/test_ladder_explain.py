"""Contributions add up, agree with brute force over orders, and speak."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from ladder_fitted import company, fitted, fitted_classes, fitted_rich

from verbond.errors import NotFoundError
from verbond.ladder import Explanation, LadderResult, explain_customer, findings
from verbond.ladder.scoring.explain import _shapley


def respondents(n: int) -> list[str]:
    panel = company().panel
    owners = np.unique(np.searchsorted(panel.offsets, panel.scored_rows, side="right") - 1)
    return [str(panel.customer_ids[i]) for i in owners[:n]]


@pytest.mark.parametrize(
    "result", [fitted, fitted_classes, fitted_rich], ids=["one class", "two classes", "everything"]
)
def test_contributions_add_up_to_the_log_odds_of_the_score(result: object) -> None:
    found: LadderResult = result()  # type: ignore[operator]
    panel = company().panel
    ids = [*respondents(5), *map(str, panel.customer_ids[[3, 50, 700]])]
    rows = found.score(panel, "filtered", n_draws=0).probs[panel.offsets[1:] - 1].astype(float)
    for customer in ids:
        one = explain_customer(found, panel, customer)
        assert sum(c.log_odds for c in one.contributions) == pytest.approx(one.log_odds, abs=1e-10)
        i = int(np.searchsorted(panel.customer_ids, customer))
        scored = np.log(rows[i, one.likeliest] / rows[i, one.neighbour])
        assert one.log_odds == pytest.approx(scored, abs=1e-4)  # scores are float32
        assert one.likeliest == rows[i].argmax()
        assert abs(one.likeliest - one.neighbour) == 1


def test_shares_are_those_over_all_orders() -> None:
    """Shapley's definition, order by order."""
    rng, n = np.random.default_rng(2), 4
    worth = rng.normal(size=2**n)
    shares = np.zeros(n)
    orders = list(permutations(range(n)))
    for order in orders:
        known = 0
        for j in order:
            shares[j] += (worth[known | 1 << j] - worth[known]) / len(orders)
            known |= 1 << j
    np.testing.assert_allclose(_shapley(worth, n), shares, atol=1e-12)


def test_with_one_class_and_one_row_a_share_is_a_likelihood_ratio() -> None:
    """Nothing to share out: the log odds of what was bought is that of its two densities."""
    from verbond.ladder.coding.panels import between

    result, panel = fitted(), company().panel
    first = between(panel, 0, 1)
    i = int(np.flatnonzero((first.lengths == 1) & (first.counts["purchase"][first.offsets[:-1]] > 1))[0])
    one = explain_customer(result, first, str(first.customer_ids[i]))
    model, theta = result._fitted.model, result._fitted.theta
    j = next(j for j, e in enumerate(model.emissions) if e.name == "purchase")
    own = theta[model.slices[2 + j]]
    y = int(first.counts["purchase"][first.offsets[i]])
    reached = int(first.exposures["invitation"][first.offsets[i]])
    lift = dict(zip(model.emissions[j].slopes, own[6:], strict=False)).get("invitation", 0.0) * reached
    size = np.exp(own[-1])
    mean = np.exp(own[[one.likeliest, one.neighbour]] + lift)
    logs = y * np.log(mean / (mean + size)) - size * np.log1p(mean / size)
    share = next(c.log_odds for c in one.contributions if c.evidence == "purchase")
    assert share == pytest.approx(logs[0] - logs[1], abs=1e-9)


def test_it_speaks_both_languages() -> None:
    one: Explanation = explain_customer(fitted(), company().panel, respondents(1)[0])
    english = [r.sentence("en") for r in one.reasons]
    dutch = [r.sentence("nl") for r in one.reasons]
    assert english[0].startswith("In February 2025 customer c0")
    assert any("questionnaire" in s for s in english)
    assert any("vragenlijst" in s for s in dutch)
    assert one.to_dicts()[0]["evidence"] == one.contributions[0].evidence


def test_an_unknown_customer_is_refused() -> None:
    with pytest.raises(NotFoundError, match=r"no such customer: found 'nobody', expected one of 2000"):
        explain_customer(fitted(), company().panel, "nobody")


def test_findings_say_what_was_found_once() -> None:
    result = fitted()
    found = findings(result)
    codes = [r.code for r in found]
    assert codes[0] == "ladder.most_stand"
    assert "ladder.movement" in codes
    assert result.order.reason in found
    assert len(found) == len({(r.code, str(r.values)) for r in found})
    for reason in found:
        assert reason.sentence("nl") != reason.sentence("en")
