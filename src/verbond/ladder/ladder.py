"""`Ladder`: the public door."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from verbond.errors import OptionError
from verbond.ladder.coding.encoding import Encoded, encode, subset
from verbond.ladder.coding.layout import Layout, Summary, acting_kinds, decide
from verbond.ladder.fit.anchoring import anchored as anchored_to_answers
from verbond.ladder.fit.choice import MOST_CLASSES, Built, Found, Parts, choose_parts
from verbond.ladder.fit.estimation import Fit, finish, search
from verbond.ladder.fit.figures import Group, gone_variance, read_figures
from verbond.ladder.fit.journal import fingerprint, journal, versions
from verbond.ladder.fit.looks import Looks, choose_looks
from verbond.ladder.fit.spread import Elsewhere, Here, SpreadSequences, people_of
from verbond.ladder.fit.starts import first_parameters, with_one_class_more
from verbond.ladder.fit.uncertainty import measure, posterior_variance, unmeasured
from verbond.ladder.judging.checks import fit_reasons, look_before, unfitted
from verbond.ladder.judging.heldout import judge_sight
from verbond.ladder.judging.order import judge_order
from verbond.ladder.kernel import Sequences
from verbond.ladder.model.emissions import Amounts, Counts
from verbond.ladder.model.model import LadderModel, emission_of
from verbond.ladder.model.movement import SHAPES, USUAL_MOVES, Movement, Start
from verbond.ladder.model.ordered import OrderedMovement
from verbond.ladder.model.scores import SurveyScores
from verbond.ladder.model.space import Space
from verbond.ladder.reading import Reading, compose
from verbond.ladder.results import LadderResult
from verbond.ladder.standing import Standing
from verbond.results import Progress, ProgressFunction, Provenance, listener, silent
from verbond.results.groups import MIN_GROUP
from verbond.tables import Panel, Tables

__all__ = ["Ladder"]

START_SAMPLE, CLASS_SAMPLE = 1_000, 4_000
"""Respondents, and as many others, on whom starts and numbers of baseline classes are tried."""
FAMILIES = ("none", "lognormal", "gamma")
DEVIATION_SD = 0.5
"""How far the effect of an action on one rung is expected to lie from that on all, in log odds."""
BEND_SD = 1.0
"""How far what is done on a rung is expected to lie off the line between the rungs beside it, in log odds."""
CLASS_SD = 0.5
"""How far the log odds of a move in one baseline class are expected to lie from those of all."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """An ordered hidden Markov model of customers on the ladder of engagement.

    Use it to learn from the answers of some and the behaviour of all where everybody stands, how sure that
    is, and how people move.

    Parameters
    ----------
    n_states : int
        2..12; six are the rungs 0..5 of the method.
    period : {"month", "week", "quarter"}
    n_starts : int
        Jittered starts on a sample of customers.
    seed : int
    segments : tuple of str
        Customer attributes for which the last period is broken out.
    movement : {"ladder", "neighbours", "ordered", "free"}, optional
        Which moves are possible: steps up and down and drops to the bottom; without the drops; an ordered
        logit from every rung, with all jumps; anything, for comparison only. With None the data choose
        between "ladder" and "ordered".
    counts : {"negative_binomial", "poisson"}
    amounts : {"none", "lognormal", "gamma"}, optional
        What purchases are worth; chosen on a sample when not given: none where people on one rung go on
        differing in it.
    rungs : {"answers", "jointly"}
        Whether the score profiles of the rungs come from the answers alone, or from answers and behaviour
        together.
    feedback : bool, optional
        Set every count against that of the period before; chosen by AIC on a sample when not given.
    n_classes : int, optional
        Baseline classes for stable differences between people, 1..4; chosen by AIC among 1..3 when not given.
    actions : bool
        Look at what the company's actions do to movement.
    by_rung : bool, optional
        Let the effect of an action differ by rung of origin, shrunk towards one effect for all. With None the
        data choose; that doubles the time.
    class_movement : bool, optional
        Let baseline classes move differently, shrunk towards moving alike; the data choose when not given.
    gone : bool, optional
        A state for customers who left without a word; the data choose when not given.
    carry_over : float, optional
        Share of an exposure that still acts on the move one period later. With None the data choose among 0,
        0.3 and 0.6; where actions were aimed at people for what they had done, what is left of an action also
        stands for that, so that the data choose well only where it was given by lot.
    ci_level : float

    Notes
    -----
    The model stands in `docs/guides/ladder.md`, formula by formula.

    References
    ----------
    Netzer, Lattin & Srinivasan (2008), Marketing Science 27(2), 185-204; Zhang, Netzer & Ansari and others
    for its multivariate descendants; Bartolucci, Farcomeni & Pennoni (2013), Latent Markov Models for
    Longitudinal Data.

    Examples
    --------
    >>> import verbond
    >>> result = Ladder(n_starts=4).fit(verbond.open_tables("demo"))  # doctest: +SKIP
    >>> result.shares[-1]  # doctest: +SKIP
    """

    n_states: int = 6
    period: str = "month"
    n_starts: int = 10
    seed: int = 0
    segments: tuple[str, ...] = ()
    movement: str | None = "ladder"
    counts: str = "negative_binomial"
    amounts: str | None = None
    feedback: bool | None = None
    rungs: str = "answers"
    n_classes: int | None = None
    actions: bool = True
    by_rung: bool | None = False
    class_movement: bool | None = None
    gone: bool | None = None
    carry_over: float | None = 0.0
    ci_level: float = 0.95

    def __post_init__(self) -> None:
        _check(2 <= self.n_states <= 12, "number of states", self.n_states, "2..12")
        _check(self.period in ("month", "week", "quarter"), "period", self.period, "month, week or quarter")
        _check(self.n_starts >= 1, "number of starts", self.n_starts, "1 or more")
        shapes = (*SHAPES, "ordered")
        _check(self.movement in (None, *shapes), "shape of movement", self.movement, ", ".join(shapes))
        share = self.carry_over
        _check(share is None or 0 <= share < 1, "carry-over of actions", share, "0 or more and below 1")
        families = ("negative_binomial", "poisson")
        _check(self.counts in families, "family of counts", self.counts, " or ".join(families))
        _check(self.rungs in ("answers", "jointly"), "source of the rungs", self.rungs, "answers or jointly")
        _check(self.amounts in (None, *FAMILIES), "family of amounts", self.amounts, ", ".join(FAMILIES))
        _check(self.n_classes in (None, 1, 2, 3, 4), "number of baseline classes", self.n_classes, "1..4")
        _check(0 < self.ci_level < 1, "level of the intervals", self.ci_level, "between 0 and 1")

    def fit(
        self,
        tables: Tables | Panel,
        progress: ProgressFunction = silent,
        *,
        uncertainty: bool = True,
        judging: bool = True,
        checkpoint: str | Path | None = None,
    ) -> LadderResult:
        """Fit the ladder.

        Parameters
        ----------
        tables : Tables or Panel
            With the table `scores` (see `verbond.survey`) the states are anchored to the rungs.
        progress : callable
        uncertainty : bool
            Without it the intervals are NaN, and single customers' chances are surer than they should be; it
            takes about half of the time.
        judging : bool
            Whether the order holds, and what behaviour tells without answers; only with `uncertainty`.
        checkpoint : path, optional
            A small file that keeps what has been found so far. A fit that was interrupted goes on from it,
            to the same bits, when called again with the same data and options.

        Returns
        -------
        LadderResult
            Where the data cannot carry a ladder: one without figures, and the reasons.

        Raises
        ------
        DataError
            If nothing in the tables has a date.
        OptionError
            For a segment that is not an attribute of the customers, and for a checkpoint of other data or
            another call.
        """
        with (
            people_of(tables, self.period, self.seed) as people,
            journal(checkpoint, lambda: self._about(people.panel, uncertainty)),
        ):
            made = self._provenance(tables)
            result = self._fit(people, made, progress, uncertainty, uncertainty and judging)
        progress(Progress("ladder.step_fit", 1.0))
        return result

    def _fit(
        self,
        people: Here | Elsewhere,
        provenance: Provenance,
        progress: ProgressFunction,
        uncertainty: bool,
        judging: bool,
    ) -> LadderResult:
        panel, summary = people.panel, people.summary
        for name in self.segments:
            _check(
                name in panel.segments, "segment", name, ", ".join(panel.segments) or "none in these tables"
            )
        moving, same = acting_kinds(summary) if self.actions else ((), ())
        encoded = encode(panel, self._layout(summary, moving))
        kinds = summary.names("reached") if self.actions else ()
        rarely = tuple(k for k in kinds if k not in (*moving, *same) and summary.get("reached", k).any())
        standing = look_before(panel, encoded, self.n_states, same, rarely)
        if standing.stops:
            return people.told_of_all(unfitted(panel, standing, self.ci_level, provenance))

        def tell(start: float, end: float) -> Callable[[float, str], None]:
            return listener(progress, "ladder.step_fit", start, end)

        looks = self._looks(panel, summary, moving, standing)
        chosen = replace(self, feedback=looks.feedback, amounts=looks.amounts)
        encoded = people.code(chosen._layout(summary, moving), encoded)
        found, at_best = chosen._search(panel, encoded, standing, tell(0.0, 0.45))
        if found.parts.carry_over:
            encoded = people.code(replace(encoded.layout, carry_over=found.parts.carry_over), encoded)
        model, theta = chosen._model(panel, encoded, standing.anchored, found.parts), found.theta
        sequences = people.sequences(encoded, self.segments)
        fit = finish(model, sequences, theta, listen=tell(0.45, 0.7))
        model, fit = _classes_in_order(model, fit, sequences)
        groups = people.groups(sequences, self.segments, MIN_GROUP)
        reading = self._measure(sequences, groups, model, fit, tell(0.7, 0.95) if uncertainty else None)
        reasons = (
            *standing.reasons,
            *people.reasons,
            *looks.reasons,
            *found.reasons,
            *fit_reasons(panel, encoded, model, fit, reading, standing),
        )
        order = None
        if judging and standing.anchored:
            order = judge_order(panel, self.n_states, np.random.default_rng(self.seed))
            reasons += () if order.verdict == "ladder" else (order.reason,)
        n_exposed = {kind: int(summary.get("reached", kind).sum()) for kind in moving}
        result = people.told_of_all(compose(
            panel, model, fit, reading, standing=standing, ci_level=self.ci_level, reasons=reasons,
            starts=(self.n_starts, at_best), provenance=provenance, layout=encoded.layout,
            n_exposed=n_exposed, order=order, choices=found.choices,
        ))  # fmt: skip
        if order is None or result._fitted is None:
            return result
        sight = judge_sight(result._fitted, panel, np.random.default_rng(self.seed))
        blind = () if sight.reason.code == "ladder.sight" else (sight.reason,)
        return replace(result, held_out=sight, reasons=(*reasons, *blind))

    def _layout(self, summary: Summary, moving: tuple[str, ...]) -> Layout:
        amounts = self.amounts not in (None, "none")
        return decide(summary, moving, amounts=amounts, feedback=bool(self.feedback))

    def _looks(self, panel: Panel, summary: Summary, moving: tuple[str, ...], standing: Standing) -> Looks:
        """What more is looked at, chosen on a sample of customers."""
        rng = np.random.default_rng(self.seed)
        layouts = tuple(one._layout(summary, moving) for one in (
            self, replace(self, feedback=True), replace(self, amounts="lognormal"),
        ))  # fmt: skip
        return choose_looks(
            panel.select(_sample(panel, START_SAMPLE, rng)), layouts,
            lambda part, codes, amounts, n_classes: replace(self, amounts=amounts)._model(
                part, codes, standing.anchored, Parts(n_classes)
            ),
            rng, most_classes=self.n_classes or MOST_CLASSES, feedback=self.feedback, amounts=self.amounts,
        )  # fmt: skip

    def _search(
        self, panel: Panel, encoded: Encoded, standing: Standing, listen: Callable[[float, str], None]
    ) -> tuple[Found, int]:
        """Best place on a sample of customers, and which parts the model has.

        Starts have as many baseline classes as there may be: states that must also stand for lasting
        differences between people end in many different places.
        """
        rng = np.random.default_rng(self.seed)
        sample = subset(encoded.sequences, _sample(panel, START_SAMPLE, rng))
        plain = Parts(movement=self.movement or "ladder")
        models = [self._model(panel, encoded, standing.anchored, plain)]
        if any(isinstance(e, Counts) for e in models[0].emissions):
            for n_classes in range(2, (self.n_classes or MOST_CLASSES) + 1):
                richer = replace(plain, n_classes=n_classes)
                models.append(self._model(panel, encoded, standing.anchored, richer))
        starts = []
        for number in range(self.n_starts):
            theta = first_parameters(models[0], encoded, rng, jitter=float(number > 0))
            for model, larger in pairwise(models):
                theta = with_one_class_more(model, theta, larger, rng)
            starts.append(theta)
        best, at_best = search(models[-1], sample, starts, listen=listen)
        some = panel.select(_sample(panel, CLASS_SAMPLE, rng))
        codes: dict[float, Encoded] = {}

        def build(parts: Parts) -> Built:
            if parts.carry_over not in codes:
                codes[parts.carry_over] = encode(some, replace(encoded.layout, carry_over=parts.carry_over))
            coded = codes[parts.carry_over]
            return self._model(some, coded, standing.anchored, parts), coded.sequences

        asked = {name: getattr(self, name) for name in Parts.__slots__}
        first = replace(plain, n_classes=models[-1].space.n_classes)
        return choose_parts(build, first, best.theta, asked, listen), at_best

    def _model(self, panel: Panel, encoded: Encoded, anchored: bool, parts: Parts) -> LadderModel:
        space = Space(self.n_states, parts.n_classes, parts.gone)
        anchor = None if anchored else anchoring_kind(encoded)
        emissions = [
            emission_of(
                s,
                encoded,
                space,
                self.period,
                self.counts == "poisson",
                s.name == anchor,
                self.amounts != "gamma",
            )
            for s in encoded.seen
        ]
        if anchored:
            scores = SurveyScores.from_scores(space.living, panel.scores, panel.standard_errors)
            emissions.append(anchored_to_answers(scores) if self.rungs == "answers" else scores)
        return LadderModel(
            space, Start(2, space), self._moves(space, encoded, parts), tuple(emissions),
            encoded.sequences.n_shared, encoded.base, BEND_SD,
        )  # fmt: skip

    def _moves(self, space: Space, encoded: Encoded, parts: Parts) -> Movement | OrderedMovement:
        free = parts.movement == "free"
        by_rung = parts.by_rung or parts.movement == "ordered"
        options: dict[str, Any] = {
            "covariates": encoded.exposures - encoded.exposure_means,
            "names": encoded.layout.moving,
            "centre": encoded.exposure_means,
            "deviation_sd": DEVIATION_SD if by_rung and not free else 0.0,
            "usual_moves": USUAL_MOVES[self.period],
            "class_sd": CLASS_SD if parts.class_movement and not free else 0.0,
        }
        if parts.movement == "ordered":
            return OrderedMovement(space, **options)
        return Movement(space, parts.movement, **options)

    def _measure(
        self,
        sequences: Sequences | SpreadSequences,
        groups: tuple[Group, ...],
        model: LadderModel,
        fit: Fit,
        listen: Callable[[float, str], None] | None,
    ) -> Reading:
        """Figures and, unless nobody listens, their variances."""
        end = model.evaluate(sequences, fit.theta, by_period=True)
        figures = read_figures(model, fit.theta, end.statistics, groups)
        if listen is None:
            nothing = unmeasured(figures, model.n_parameters)
            blanks = (np.full_like(part, np.nan) for part in (figures.shares, figures.groups, figures.gone))
            return Reading(figures, groups, nothing, *blanks, end.statistics)
        uncertainty = measure(model, sequences, fit.theta, groups, listen)
        periods, by_group = posterior_variance(model, sequences, fit.theta, groups)
        here = 1 - np.nan_to_num(figures.gone)[:, None]  # shares are of those who are not gone
        periods, by_group = periods / here**2, by_group / here[-1] ** 2
        gone = gone_variance(model, sequences, fit.theta)
        return Reading(figures, groups, uncertainty, periods, by_group, gone, end.statistics)

    def _about(self, panel: Panel, uncertainty: bool) -> dict[str, Any]:
        """What the passes of a fit rest on."""
        return versions() | asdict(self) | {"uncertainty": uncertainty, "data": fingerprint(panel)}

    def _provenance(self, tables: Tables | Panel) -> Provenance:
        options = asdict(self)
        if isinstance(tables, Panel):
            return Provenance(source="panel", options=options, seed=self.seed)
        return tables.provenance(options, seed=self.seed)


def anchoring_kind(encoded: Encoded) -> str | None:
    """The count whose rise orders the states when there are no scores: purchases, else the commonest."""
    counted = [s for s in encoded.seen if s.counted]
    if not counted:
        return None
    return max(counted, key=lambda s: (s.name == "purchase", s.n_events)).name


def _check(fine: bool, what: str, got: object, expected: str) -> None:
    if not fine:
        raise OptionError(f"unknown or impossible {what}", got=repr(got), expected=expected)


def _sample(panel: Panel, most: int, rng: np.random.Generator) -> np.ndarray:
    """Respondents and others, as many of each as there are up to `most`."""
    owner = np.searchsorted(panel.offsets, panel.scored_rows, side="right") - 1
    answered = np.zeros(panel.n_customers, bool)
    answered[owner] = True
    picked = [
        rng.permutation(np.flatnonzero(group & (panel.lengths > 0)))[:most] for group in (answered, ~answered)
    ]
    return np.sort(np.concatenate(picked))


def _classes_in_order(
    model: LadderModel, fit: Fit, sequences: Sequences | SpreadSequences
) -> tuple[LadderModel, Fit]:
    """Number the baseline classes from doing least to doing most."""
    space = model.space
    if space.n_classes == 1:
        return model, fit
    counts = [e for e in model.emissions if isinstance(e, Counts)]
    key = max(counts, key=lambda e: (e.name == "purchase", e.average))
    shifts = key.log_means(model.emission_theta(fit.theta, key.name)).reshape(space.n_classes, -1)[:, 0]
    order = np.argsort(shifts)
    start, movement, *rest = model.slices
    probs = space.living.by_class(model.start.living_probs(fit.theta[start]))[:, order]
    moves = fit.theta[movement]
    if model.movement.n_blocks > 1:
        moves = model.movement.with_class_shifts(moves, model.movement.class_shifts(moves)[order])
    pieces = [model.start.theta(probs.reshape(len(probs), -1)), moves]
    for emission, where in zip(model.emissions, rest, strict=True):
        piece = fit.theta[where]
        if isinstance(emission, Counts):
            table = emission.log_means(piece).reshape(space.n_classes, -1)[order]
            shifts, size = table[1:, 0] - table[0, 0], float(np.exp(piece[-1]))
            piece = emission.theta(np.exp(table[0]), shifts, emission.slopes_of(piece), size)
        elif isinstance(emission, Amounts):
            table = emission.log_levels(piece).reshape(space.n_classes, -1)[order]
            piece = emission.theta(np.exp(table[0]), table[1:, 0] - table[0, 0], float(np.exp(piece[-1])))
        pieces.append(piece)
    theta = np.concatenate(pieces)
    return model, replace(fit, theta=theta, evaluation=model.evaluate(sequences, theta))
