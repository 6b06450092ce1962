"""Segments drawn towards all of them: the marginal likelihood, known parameters, and what is not shown."""

import numpy as np
import pytest
from scipy.optimize import minimize

from verbond.errors import DataError, OptionError
from verbond.loyalty import BuyTillYouDie, Summary
from verbond.loyalty.buying import segments as room
from verbond.loyalty.buying.kernel import LogLikelihood
from verbond.loyalty.buying.segments import Segments
from verbond.tables import Tables


def simulated(rng, n, r, alpha, a, b, weeks=40.0):
    rate, leave = rng.gamma(r, 1 / alpha, n), rng.beta(a, b, n)
    x, t_x, now, here = np.zeros(n), np.zeros(n), np.zeros(n), np.ones(n, bool)
    while here.any():
        now = now + rng.exponential(1, n) / np.maximum(rate, 1e-300)
        bought = here & (now <= weeks)
        x, t_x = x + bought, np.where(bought, now, t_x)
        here = bought & (rng.random(n) >= leave)
    return Summary(x, t_x, np.full(n, weeks), np.ones(n))


def shop(rng, sizes):
    """Segments whose mean rates, spread of rates and odds to leave differ; (truths, summaries)."""
    truths, parts = [], {}
    for j, n in enumerate(sizes):
        rate, r = np.exp(np.log(0.15) + 0.4 * rng.normal()), 0.8 * np.exp(0.15 * rng.normal())
        odds, alike = 0.36 * np.exp(0.3 * rng.normal()), 1.5 * np.exp(0.1 * rng.normal())
        truths.append((r, r / rate, alike * np.sqrt(odds), alike / np.sqrt(odds)))
        parts[f"s{j}"] = simulated(rng, n, *truths[-1])
    return truths, parts


def test_common_means_and_spreads_are_those_of_the_marginal_likelihood():
    """With normal likelihoods the marginal one is known: its maximum by scipy, in each direction alone."""
    rng = np.random.default_rng(3)
    found_at, error = rng.normal([0.5, -1, 2, 0], [0.6, 0.3, 0.5, 0.4], (9, 4)), rng.uniform(0.1, 0.7, (9, 4))

    def normal(at, precision):
        def of_theta(theta):
            away = room._TURN @ theta - at
            bend = -room._TURN.T @ (precision[:, None] * room._TURN)
            return LogLikelihood(
                -0.5 * float(away @ (precision * away)), -room._TURN.T @ (precision * away), bend
            )

        return of_theta

    drawn = room._drawn([normal(y, 1 / e**2) for y, e in zip(found_at, error, strict=True)], np.zeros(4))
    for j in range(4):
        y, e = found_at[:, j], error[:, j]

        def marginal(p, y=y, e=e):
            total = np.exp(p[1]) + e**2  # and the prior of the variance: one segment more, 0.3 away
            mean = np.log((1 / total).sum()) / 2  # restricted: the mean is estimated too
            alike = (np.log(total) + (y - p[0]) ** 2 / total).sum() / 2
            return alike + mean + (p[1] + 0.09 / np.exp(p[1])) / 2

        middle, log_variance = minimize(marginal, [0.0, -2.0], tol=1e-10).x
        assert drawn.spread[j] == pytest.approx(
            np.exp(log_variance / 2), rel=0.02
        )  # EM stops at 0.1% a round
        variance = drawn.spread[j] ** 2
        weight = variance / (variance + e**2)
        places = np.array([(room._TURN @ theta)[j] for theta in drawn.thetas])
        assert places == pytest.approx(middle + weight * (y - middle), abs=0.01)
        # what is not known of the mean counts: Kass & Steffey 1989, section 3, exact for normals
        spread_of_mean = 1 / (1 / (variance + e**2)).sum()
        by_hand = weight * e**2 + (1 - weight) ** 2 * spread_of_mean
        by_hand += ((1 - weight) * (places - places.mean())) ** 2 * 2 / 10  # and of the variance
        whole = [(room._TURN @ c @ room._TURN.T)[j, j] for c in drawn.covariances]
        assert whole == pytest.approx(by_hand, rel=5e-3)  # of the round before
    assert drawn.own[0] == pytest.approx(
        drawn.spread[0] ** 2 / (drawn.spread[0] ** 2 + error[0, 0] ** 2), rel=5e-3
    )


def test_small_segments_are_nearer_the_truth_than_alone():
    """Four shops of eight segments, three of 15 people: purchases expected in the next 20 weeks."""
    rng, drawn, alone = np.random.default_rng(5), [], []
    for _ in range(4):
        truths, parts = shop(rng, [15, 15, 15, 40, 40, 40, 200, 400])
        found = Segments().fit_parts(parts)
        for truth, segment in zip(truths[:6], found.segments, strict=False):
            part = parts[segment.name]
            right = segment.fit.at(np.log(truth)).expected_purchases(part, 20).sum()
            drawn.append(np.log(segment.fit.expected_purchases(part, 20).sum() / right))
            own = BuyTillYouDie("bg-nbd").fit(part)  # of 15 people: no estimate at all
            guess = own if np.isfinite(own.loglik) else found.together
            alone.append(np.log(guess.expected_purchases(part, 20).sum() / right))
    assert np.sqrt(np.mean(np.square(drawn))) < 0.8 * np.sqrt(np.mean(np.square(alone)))
    assert found.segments[0].own < found.segments[-1].own
    assert found.reasons[0].code == "loyalty_buying.segments_association"
    assert {row["segment"] for row in found.to_dicts()} == set(parts)


def test_large_segments_keep_to_themselves():
    rng = np.random.default_rng(7)
    parts = {
        name: simulated(rng, 6_000, 0.8, alpha, 0.9, 2.5)
        for name, alpha in zip("abc", (2, 5, 12), strict=True)
    }
    found = Segments("", "mbg-nbd").fit_parts(parts)
    for segment in found.segments:
        own = BuyTillYouDie("mbg-nbd").fit(parts[segment.name])
        for name, value in own.params.items():
            assert abs(segment.fit.params[name] - value) < own.standard_errors[name], name
        assert segment.own > 0.95
    assert found.spread["rate"] > 0.4 > found.spread["leave"]


def test_from_tables_groups_that_tell_of_few_people_are_left_out():
    rng = np.random.default_rng(9)
    regions = np.array(
        ["north"] * 60 + ["south"] * 60 + ["east"] * 40 + ["west"] * 6 + ["isle"] * 3, dtype=object
    )
    people = np.array([f"c{j:03d}" for j in range(len(regions))], dtype=object)
    who, day = [], []
    for person, rate, leave in zip(
        people, rng.gamma(0.8, 1 / 35, len(people)), rng.beta(0.9, 2.5, len(people)), strict=True
    ):
        now = float(rng.integers(0, 60))
        while now < 300:
            who.append(person)
            day.append(int(now))
            if len(who) > 1 and who[-2] == person and rng.random() < leave:
                break
            now += rng.exponential(1 / rate)
    events = {
        "customer_id": np.array(who, dtype=object),
        "occurred_at": np.datetime64("2024-01-01", "s") + np.array(day) * np.timedelta64(86_400, "s"),
        "kind": np.full(len(who), "purchase", dtype=object),
    }
    with Tables.from_columns(
        {"customers": {"customer_id": people, "region": regions}, "events": events}
    ) as tables:
        found = Segments("region").fit(tables)
    # "isle" is too small, and the smallest other one would give it away by subtraction
    assert {s.name: s.n_obs for s in found.segments} == {"north": 60, "south": 60, "east": 40}
    assert found.reasons[-1].values == {"n": 2}
    assert np.isfinite(found.segments[0].fit.interval(lambda at: at.values).ci_lower).all()


def test_what_cannot_be_is_named():
    with pytest.raises(OptionError, match="no segments of that model"):
        Segments("region", "bg-bb")
    two = {name: simulated(np.random.default_rng(1), 50, 0.8, 5, 0.9, 2.5) for name in "ab"}
    with pytest.raises(DataError, match="too few segments"):
        Segments().fit_parts(two)
    never = Summary(np.zeros(30), np.zeros(30), np.full(30, 9.0), np.ones(30))
    found = Segments().fit_parts(dict.fromkeys("abc", never))
    assert (found.segments, found.reasons[0].code) == ((), "loyalty.nobody_came_back")


@pytest.mark.slow
def test_intervals_of_segments_cover_the_truth():
    """60 shops of ten segments of 15 to 400: intervals of what they differ in, and of purchases ahead."""
    rng, inside = np.random.default_rng(11), []
    for _ in range(60):
        truths, parts = shop(rng, [15, 15, 15, 30, 30, 60, 60, 120, 200, 400])
        for truth, segment in zip(truths, Segments().fit_parts(parts).segments, strict=True):
            part, fit = parts[segment.name], segment.fit
            away = room._TURN @ (fit.theta - np.log(truth))
            error = np.sqrt(np.diag(room._TURN @ fit.covariance @ room._TURN.T))
            ahead = fit.interval(lambda at, p=part: np.array([at.expected_purchases(p, 20).sum()]))
            right = fit.at(np.log(truth)).expected_purchases(part, 20).sum()
            inside.append([*(np.abs(away) <= 1.96 * error), ahead.ci_lower[0] <= right <= ahead.ci_upper[0]])
    shares = np.mean(inside, axis=0)
    assert (shares >= 0.9).all(), shares  # Laplace's approximation is a rough one where people are few
    assert shares.mean() >= 0.93, shares
