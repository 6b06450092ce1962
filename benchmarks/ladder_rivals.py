"""The ladder beside its rivals in predicting the next month, losses shown like wins.

    python benchmarks/ladder_rivals.py [--customers 4000] [--source demo --source complete-journey]

Prints a Markdown table a source. The last months are put aside; every way learns from the earlier ones and
predicts the later ones, one month ahead, on the same rows: the log mass of the observed number of purchases
(log score, higher is better), its root mean squared error, and the Brier score and area under the curve of
whether there is a purchase at all. "Gain" is what the ladder has over that way in log score.

BG/NBD and Pareto/NBD read the days of purchases, and are fitted to what had happened by the first month put
aside; Pareto/NBD has no chance of a purchase in closed form, and neither has a log score. Gradient boosting
needs scikit-learn, which Verbond does not need: without it the script says so.
"""

from __future__ import annotations

import argparse

import numpy as np
from sqlglot import parse_one

import verbond
from verbond.ladder import Ladder, Predicted, RivalScore, Task
from verbond.ladder.judging.rivals import Rival, features
from verbond.loyalty import BuyTillYouDie, Summary
from verbond.survey import Survey
from verbond.tables import Panel, Tables
from verbond.tables.reads import panel as read_panel

try:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
except ImportError:
    HistGradientBoostingClassifier = HistGradientBoostingRegressor = None

FAR = 10_000_000
"""More days than there are: a customer's number and a day in one sortable number."""


class Days:
    """The days on which each customer of a panel bought."""

    def __init__(self, tables: Tables, panel: Panel) -> None:
        query = """
            SELECT customer_id, CAST(occurred_at AS DATE) AS bought_on, count(DISTINCT order_id) AS n_orders
            FROM events WHERE kind = 'purchase' GROUP BY ALL ORDER BY customer_id, bought_on
        """
        found = tables.select(parse_one(query, dialect="duckdb"))
        owner = np.searchsorted(panel.customer_ids.astype(str), found["customer_id"].astype(str))
        owner = np.minimum(owner, panel.n_customers - 1)
        known = panel.customer_ids[owner] == found["customer_id"]
        self.days = found["bought_on"].astype("datetime64[D]").astype(np.int64)[known]
        self.key = owner[known] * FAR + self.days

    def n_between(self, task: Task, rows: np.ndarray) -> int:
        """Days with a purchase in the months of these rows."""
        panel = task.panel
        owner = np.searchsorted(panel.offsets, rows, side="right") - 1
        ends = np.append(panel.periods[1:], panel.periods[-1] + 31).astype(np.int64)
        low = panel.periods[panel.row_periods[rows]].astype(np.int64)
        high = ends[panel.row_periods[rows]]
        inside = np.searchsorted(self.key, owner * FAR + high) - np.searchsorted(self.key, owner * FAR + low)
        return int(inside.sum())

    def before(self, task: Task, rows: np.ndarray) -> tuple[Summary, np.ndarray]:
        """Recency and frequency, in weeks, before the first day of each row; and who had bought at all."""
        panel = task.panel
        owner = np.searchsorted(panel.offsets, rows, side="right") - 1
        today = panel.periods[panel.row_periods[rows]].astype(np.int64)
        start, end = np.searchsorted(self.key, owner * FAR), np.searchsorted(self.key, owner * FAR + today)
        bought = end > start
        at = np.minimum(start, len(self.days) - 1)
        first, last = self.days[at], self.days[np.maximum(end - 1, 0)]
        frequency = np.where(bought, end - start - 1.0, 0.0)
        recency = np.where(bought, (last - first) / 7, 0.0)
        until = np.where(bought, (today - first) / 7, 1.0)
        return Summary(frequency, recency, until, np.ones(len(rows))), bought


def buy_till_you_die(model: str, days: Days) -> Rival:
    """A rival that knows on which days people bought, and nothing else."""

    def rival(task: Task) -> Predicted:
        month = int(task.panel.row_periods[task.test].min())
        opening = task.test[task.panel.row_periods[task.test] == month]
        seen, bought = days.before(task, opening)
        kept = Summary(*(getattr(seen, n)[bought] for n in ("frequency", "recency", "T", "weight")))
        fitted = BuyTillYouDie(model).fit(kept)
        now, known = days.before(task, task.test)
        weeks = 365.25 / 12 / 7
        per_day = task.counts[task.train].sum() / max(days.n_between(task, task.train), 1)
        never = task.counts[task.train].mean() / 2  # of somebody who never bought it knows nothing
        expected = np.where(known, per_day * fitted.expected_purchases(now, weeks), never)
        chance = None
        if model == "bg-nbd":
            r, alpha, *_ = fitted.params.values()
            alive = fitted.probability_alive(now)
            quiet = ((alpha + now.T) / (alpha + now.T + weeks)) ** (r + now.frequency)
            chance = np.where(known, alive * (1 - quiet), 1 - np.exp(-never))
        return Predicted(expected, chance)

    return rival


def boosting(task: Task) -> Predicted:
    """Gradient boosting on the features of the regression."""
    x, y = features(task), task.counts
    count = HistGradientBoostingRegressor(loss="poisson", random_state=0).fit(x[task.train], y[task.train])
    whether = HistGradientBoostingClassifier(random_state=0).fit(x[task.train], y[task.train] > 0)
    return Predicted(count.predict(x[task.test]), whether.predict_proba(x[task.test])[:, 1])


def run(source: str, customers: int) -> tuple[Panel, tuple[RivalScore, ...], int]:
    """Fit the ladder and try it with all rivals."""
    tables = verbond.open_tables(source)
    if "responses" in tables:
        tables = tables.add("scores", Survey().fit(tables).scores)
    panel = read_panel(tables, "month")
    chosen = np.sort(np.random.default_rng(0).permutation(panel.n_customers)[:customers])
    panel = panel.select(chosen)
    states = 6 if len(panel.scored_rows) else 4
    result = Ladder(n_states=states, n_starts=3).fit(panel, uncertainty=False)
    days = Days(tables, panel)
    rivals = {"BG/NBD": buy_till_you_die("bg-nbd", days), "Pareto/NBD": buy_till_you_die("pareto-nbd", days)}
    if HistGradientBoostingRegressor is not None:
        rivals["gradient boosting"] = boosting
    trial = result.check(panel, rivals=rivals)
    for reason in trial.reasons:
        print(f"- {reason}")
    return panel, trial.rivals, len(trial.periods)


def shown(value: float, digits: int = 4) -> str:
    return f"{value:.{digits}f}" if np.isfinite(value) else "–"


def main() -> None:
    """Print a table a source."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--customers", type=int, default=4000)
    parser.add_argument("--source", action="append")
    options = parser.parse_args()
    for source in options.source or ["demo", "complete-journey"]:
        print(f"\n### {source}\n", flush=True)
        panel, scores, n_periods = run(source, options.customers)
        print(f"\n{panel.n_customers} customers, the last {n_periods} of {len(panel.periods)} months.\n")
        print("| way | predictions | log score | RMSE | Brier | AUC | gain of the ladder |")
        print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
        for s in scores:
            gain = s.ladder_gain
            against = f"{gain.value:+.4f} ({gain.ci_lower:+.4f} to {gain.ci_upper:+.4f})" if gain else ""
            figures = " | ".join(shown(v) for v in (s.log_score, s.rmse, s.brier, s.auc))
            print(f"| {s.way} | {s.n} | {figures} | {against} |")
        if HistGradientBoostingRegressor is None:
            print("\nscikit-learn is not installed: no gradient boosting.")


if __name__ == "__main__":
    main()
