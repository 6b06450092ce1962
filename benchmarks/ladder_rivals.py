"""The ladder beside its rivals in predicting the next month, losses shown like wins.

    python benchmarks/ladder_rivals.py [--customers 4000] [--source demo --source complete-journey]

Prints a Markdown table a source. The last months are put aside; every way learns from the earlier ones and
predicts the later ones, one month ahead, on the same rows: the log mass of the observed number of purchases
(log score, higher is better), its root mean squared error, and the Brier score and area under the curve of
whether there is a purchase at all. "Gain" is what the ladder has over that way in log score.

BG/NBD and Pareto/NBD read months, not days, as all others do here; Pareto/NBD has no chance of a purchase in
closed form, and neither has a log score. Gradient boosting needs scikit-learn, which Verbond does not need:
without it the script says so.
"""

from __future__ import annotations

import argparse

import numpy as np

import verbond
from verbond.ladder import Ladder, Predicted, RivalScore, Task
from verbond.ladder.rivals import Rival, features
from verbond.loyalty import BuyTillYouDie, Summary
from verbond.survey import Survey
from verbond.tables import Panel
from verbond.tables.reads import panel as read_panel

try:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
except ImportError:
    HistGradientBoostingClassifier = HistGradientBoostingRegressor = None


def summaries(task: Task, rows: np.ndarray) -> tuple[Summary, np.ndarray]:
    """Recency and frequency before each row, in months, and who had bought at all."""
    panel, counts = task.panel, task.counts
    owner = np.searchsorted(panel.offsets, rows, side="right") - 1
    start = panel.offsets[owner]
    total = np.concatenate(([0.0], np.cumsum(counts)))
    position = np.arange(panel.n_rows)
    last = np.maximum.accumulate(np.where(counts > 0, position, -1))
    following = np.minimum.accumulate(np.where(counts > 0, position, panel.n_rows)[::-1])[::-1]
    first, latest = following[start], last[rows - 1]
    bought = (latest >= start) & (first < rows)
    frequency = np.where(bought, total[rows] - total[start] - 1, 0.0)
    recency = np.where(bought & (frequency > 0), latest - first, 0.0)
    return Summary(frequency, recency, np.where(bought, rows - first, 1.0), np.ones(len(rows))), bought


def buy_till_you_die(model: str) -> Rival:
    """A rival that knows purchases only."""

    def rival(task: Task) -> Predicted:
        owner = np.searchsorted(task.panel.offsets, task.train, side="right")
        ends = np.flatnonzero(np.diff(owner, append=-1))
        seen, bought = summaries(task, task.train[ends] + 1)
        kept = Summary(*(getattr(seen, n)[bought] for n in ("frequency", "recency", "T", "weight")))
        fitted = BuyTillYouDie(model).fit(kept)
        now, known = summaries(task, task.test)
        never = task.counts[task.train].mean() / 2  # of somebody who never bought, nothing is known to it
        expected = np.where(known, fitted.expected_purchases(now, 1.0), never)
        chance = None
        if model == "bg-nbd":
            r, alpha, *_ = fitted.params.values()
            alive = fitted.probability_alive(now)
            quiet = ((alpha + now.T) / (alpha + now.T + 1)) ** (r + now.frequency)
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
    rivals = {"BG/NBD": buy_till_you_die("bg-nbd"), "Pareto/NBD": buy_till_you_die("pareto-nbd")}
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
