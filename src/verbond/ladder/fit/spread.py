"""The same fit over customers who stand elsewhere: in chunks, on a cluster.

Everything that a fit asks of the sequences is a sum over customers. `SpreadSequences` asks each chunk for its
sums, with the same kernel, and adds them up in the order of the chunks; to the model it is what `Sequences`
are. What comes back is a row for every combination of observations, never a row for every customer. Only
respondents are known one by one, because the rungs hang on their answers.

Respondents, and a sample of the others by lot, also come here as a panel (`Elsewhere.panel`): for the starts,
the number of classes, the verdict on the order and what can be seen without asking.

References
----------
Chu et al. (2007), Map-reduce for machine learning on multicore, NIPS 19 (expectation-maximisation as sums).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from verbond.ladder.coding.encoding import Codebook, Encoded, book_of, encode
from verbond.ladder.coding.histories import merged
from verbond.ladder.coding.layout import Layout, Summary, look
from verbond.ladder.fit.figures import Group, gone_variance, groups_of, present_at_end, shown_groups
from verbond.ladder.fit.uncertainty import N_GROUPS, group_scores, posterior_variance
from verbond.ladder.kernel import Sequences, Statistics, expected_statistics
from verbond.ladder.kernel import Tables as Probabilities
from verbond.ladder.model.model import LadderModel
from verbond.ladder.model.scores import SurveyScores
from verbond.ladder.results import LadderResult
from verbond.results import Reason
from verbond.tables import Panel, Tables
from verbond.tables.reads import PanelParts, panel_parts, together
from verbond.tables.reads import panel as read_panel

__all__ = ["OTHERS", "Coded", "Elsewhere", "Here", "SpreadSequences", "Sums", "people_of"]

OTHERS = 20_000
"""Customers without answers in the panel that comes here."""


@dataclass(frozen=True, slots=True)
class Sums:
    """What a chunk gives; `a + b` is what both give.

    Attributes
    ----------
    of : mapping of str to ndarray or float
    rows : list of ((n,) int64, (n, n_states))
        Of single rows: their places among all scored rows, and the probabilities of their states.
    """

    of: Mapping[str, Any]
    rows: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)

    def __add__(self, other: Sums) -> Sums:
        return Sums({name: sums + other.of[name] for name, sums in self.of.items()}, self.rows + other.rows)


@dataclass(frozen=True, slots=True)
class Coded:
    """One chunk as codes, as it is kept.

    Attributes
    ----------
    sequences : Sequences
        Scored rows have codes of their own within the chunk: `n_shared`, `n_shared + 1`, …
    own : (n_scored,) int64
        Where these rows stand among the scored rows of all chunks.
    base : (n_scored,) int64
        The combination behind each.
    units : (n_attributes, n_customers) int64
        The segment of each customer, numbered through all attributes; -1 where there is none.
    n_units : int
    """

    sequences: Sequences
    own: np.ndarray
    base: np.ndarray
    units: np.ndarray
    n_units: int

    def __reduce__(self) -> tuple[Any, ...]:
        """Into as few bytes as they need: most codes fit in two, most moves in one."""
        s = self.sequences
        small = {name: _small(getattr(s, name)) for name in _WIDE}
        weights = s.weights if (s.weights != 1).any() else np.zeros(0)
        small |= {"offsets": _small(np.diff(s.offsets)), "order": _small(s.order)}
        if s.stands_for is not None:
            small["stands_for"] = _small(s.stands_for)
        packed = replace(s, weights=weights, **small)
        return _restored, (packed, self.own, self.base, _small(self.units + 1), self.n_units)

    def present_units(self) -> list[np.ndarray]:
        """The customers of each segment who are there in the last period."""
        here = present_at_end(self.sequences)
        found: list[np.ndarray] = [np.zeros(0, np.int64)] * self.n_units
        for units in self.units:
            for unit in np.unique(units[here & (units >= 0)]):
                found[unit] = np.flatnonzero(here & (units == unit))
        return found


_WIDE = {"codes": np.uint32, "moves": np.uint32, "starts": np.uint32, "first_period": np.int64}


def _small(values: np.ndarray) -> np.ndarray:
    return values.astype(np.min_scalar_type(int(values.max(initial=0))))


def _restored(s: Sequences, own: np.ndarray, base: np.ndarray, units: np.ndarray, n_units: int) -> Coded:
    offsets = np.concatenate(([0], np.cumsum(s.offsets, dtype=np.int64)))
    weights = s.weights if len(s.weights) else np.ones(len(offsets) - 1)
    arrays = {name: getattr(s, name).astype(kind) for name, kind in _WIDE.items()}
    if s.stands_for is not None:
        arrays["stands_for"] = s.stands_for.astype(np.int64)
    whole = replace(s, offsets=offsets, weights=weights, order=s.order.astype(np.int64), **arrays)
    return Coded(whole, own, base, units.astype(np.int64) - 1, n_units)


@dataclass(frozen=True, slots=True)
class SpreadSequences:
    """What was observed, as codes, in chunks that stand elsewhere; to a model, what `Sequences` are.

    Attributes
    ----------
    chunks : Chunks of Coded
    n_chunks, n_customers, n_rows : int
    n_shared, n_codes, n_moves, n_starts, n_periods : int
    unit_sizes : (n_units,) int64
        Customers in each segment who are there in the last period.
    cells : Counter
        Customers who are there in the last period, by the segments that they are in (as in `Coded.units`).
    """

    chunks: Any
    n_chunks: int
    n_customers: int
    n_rows: int
    n_shared: int
    n_codes: int
    n_moves: int
    n_starts: int
    n_periods: int
    unit_sizes: np.ndarray
    cells: Counter[tuple[int, ...]]

    def expected_statistics(
        self, model: LadderModel, theta: np.ndarray, *, by_period: bool = False
    ) -> Statistics:
        """The sums of one pass over all chunks, rows by code folded into what the emissions ask for.

        `last` has a row a segment instead of one a customer.
        """
        light = replace(model, emissions=tuple(e for e in model.emissions if not e.own_rows))
        found = self.chunks.total(_expect, (light, model.tables(theta), by_period))
        sums = found.of
        own = np.zeros((self.n_codes - self.n_shared, model.space.n_states))
        for places, rows in found.rows:
            own[places] = rows
        periods = [sums.get(name) for name in ("period_states", "period_edges", "last", "folded")]
        return Statistics(float(sums["loglik"]), own, sums["edges"], sums["starts"], *periods)

    def groups(self, labels: Mapping[str, tuple[str, ...]], least: int) -> tuple[Group, ...]:
        """Segments with at least `least` customers in the last period (see `figures.groups_of`)."""
        by_attribute, unit, first = {}, 0, []
        for attribute, names in labels.items():
            by_attribute[attribute] = [
                Group(attribute, str(name), np.array([unit + j]), int(self.unit_sizes[unit + j]))
                for j, name in enumerate(names)
            ]
            first.append(unit)
            unit += len(names)
        cells = {
            tuple(-1 if u < 0 else u - f for u, f in zip(units, first, strict=True)): n
            for units, n in self.cells.items()
        }
        return shown_groups(by_attribute, cells, least)

    def group_scores(self, model: LadderModel, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
        """Sum of the groups' scores, sum of their outer products, and how many groups (see `uncertainty`)."""
        each = -(-N_GROUPS // self.n_chunks)
        sums = self.chunks.total(_scores, (model, theta, each)).of
        return sums["scores"], sums["squares"], int(sums["n"])

    def posterior_variance(
        self, model: LadderModel, theta: np.ndarray, groups: tuple[Group, ...]
    ) -> tuple[np.ndarray, np.ndarray]:
        """See `uncertainty.posterior_variance`."""
        sums = self.chunks.total(_variances, (model, theta)).of
        present = np.maximum(sums["present"], 1)
        units = sums["units"] / np.maximum(self.unit_sizes, 1)[:, None] ** 2
        by_group = np.array([units[g.customers[0]] for g in groups])
        return sums["periods"] / present[:, None] ** 2, by_group.reshape(len(groups), units.shape[1])

    def gone_variance(self, model: LadderModel, theta: np.ndarray) -> np.ndarray:
        """See `figures.gone_variance`."""
        sums = self.chunks.total(_gone, (model, theta)).of
        return sums["gone"] / np.maximum(sums["present"], 1) ** 2


# what a chunk gives, where it stands


def _expect(coded: Coded, sent: tuple[LadderModel, Probabilities, bool]) -> Sums:
    model, tables, by_period = sent
    n = coded.sequences.n_shared
    mine = np.concatenate((np.arange(n), n + coded.own))
    here = replace(tables, emission=tables.emission[mine], log_scale=tables.log_scale[mine])
    found = expected_statistics(coded.sequences, here, by_period=by_period)
    folded = replace(model, base=coded.base).fold(found)
    sums = {"loglik": found.loglik, "folded": folded, "edges": found.edges, "starts": found.starts}
    if by_period:
        units = [found.last[customers].sum(axis=0) for customers in coded.present_units()]
        sums["last"] = np.array(units).reshape(coded.n_units, found.last.shape[1])
        sums |= {"period_states": found.period_states, "period_edges": found.period_edges}
    return Sums(sums, [(coded.own, found.codes[n:])] if len(coded.own) else [])


def _own_model(model: LadderModel, coded: Coded) -> LadderModel:
    """The model over the scored rows of this chunk."""
    emissions = tuple(
        replace(e, scores=e.scores[coded.own], measured=e.measured[coded.own], pattern=e.pattern[coded.own])
        if isinstance(e, SurveyScores)
        else e
        for e in model.emissions
    )
    return replace(model, emissions=emissions, base=coded.base)


def _scores(coded: Coded, sent: tuple[LadderModel, np.ndarray, int]) -> Sums:
    model, theta, n_groups = sent
    scores = group_scores(_own_model(model, coded), coded.sequences, theta, n_groups)
    return Sums({"scores": scores.sum(axis=0), "squares": scores.T @ scores, "n": len(scores)})


def _variances(coded: Coded, sent: tuple[LadderModel, np.ndarray]) -> Sums:
    model, theta = _own_model(sent[0], coded), sent[1]
    members, present = coded.present_units(), _present(coded.sequences)
    groups = tuple(Group("", "", customers, len(customers)) for customers in members if len(customers))
    periods, by_group = posterior_variance(model, coded.sequences, theta, groups)
    units = np.zeros((coded.n_units, model.space.n_rungs))
    sizes = np.array([len(customers) for customers in members], np.int64)
    units[sizes > 0] = by_group * sizes[sizes > 0, None] ** 2
    return Sums({"periods": periods * present[:, None] ** 2, "present": present, "units": units})


def _gone(coded: Coded, sent: tuple[LadderModel, np.ndarray]) -> Sums:
    present = _present(coded.sequences)
    variance = gone_variance(_own_model(sent[0], coded), coded.sequences, sent[1])
    return Sums({"gone": variance * present**2, "present": present})


def _present(sequences: Sequences) -> np.ndarray:
    """(n_periods,) customers in each period."""
    lengths = np.diff(sequences.offsets)
    size = sequences.n_periods + 1
    came = np.bincount(sequences.first_period, lengths > 0, size)
    left = np.bincount(sequences.first_period + lengths, lengths > 0, size)
    return np.cumsum(came - left)[:-1]


# whom a fit is about


class Here:
    """Customers whose panel stands here as a whole.

    Attributes
    ----------
    panel : Panel
    summary : Summary
    n_customers : int
    reasons : tuple of Reason
        What to keep in mind about what was looked at: nothing.
    """

    reasons: tuple[Reason, ...] = ()

    def __init__(self, panel: Panel) -> None:
        self.panel, self.summary, self.n_customers = panel, look(panel), panel.n_customers

    def code(self, layout: Layout, coded: Encoded) -> Encoded:
        """The panel as codes: those that are there, where the layout is the same."""
        return coded if layout == coded.layout else encode(self.panel, layout)

    def sequences(self, encoded: Encoded, segments: tuple[str, ...]) -> Sequences:
        """Everybody's sequences; `segments` are the attributes that will be broken out."""
        return merged(encoded.sequences)

    def groups(self, sequences: Sequences, segments: tuple[str, ...], least: int) -> tuple[Group, ...]:
        """See `figures.groups_of`."""
        chosen = {name: self.panel.segments[name] for name in segments}
        return groups_of(chosen, dict(self.panel.segment_labels), present_at_end(sequences), least)

    def told_of_all(self, result: LadderResult) -> LadderResult:
        """A result made beside the panel that is here, with the numbers of all customers."""
        return result


class Elsewhere:
    """Customers who stand elsewhere, in parts.

    Attributes
    ----------
    panel : Panel
        Respondents, and others by lot, about `OTHERS`; everybody, where there are no more than that.
    summary : Summary
        Of all.
    n_customers : int
        All.
    reasons : tuple of Reason
        That some things were looked at on a sample, where they were.
    """

    def __init__(self, parts: PanelParts, stack: ExitStack, seed: int, others: int = OTHERS) -> None:
        share = 1.0 if parts.n_customers <= others else others / parts.n_customers
        self._parts, self._stack, self.n_customers = parts, stack, parts.n_customers
        self.summary: Summary = parts.chunks.total(_look)
        self.panel = together(parts.chunks.total(_sampled, (share, seed)))
        self._book: Codebook | None = None
        answered = len(np.unique(np.searchsorted(self.panel.offsets, self.panel.scored_rows, side="right")))
        drawn = self.panel.n_customers - answered
        self.reasons = () if share >= 1 else (Reason("ladder.by_sample", {"n": drawn}),)

    def code(self, layout: Layout, coded: Encoded) -> Encoded:
        """The panel that is here as codes, by the book of all."""
        self._book = self._parts.chunks.total(_book, layout)
        return encode(self.panel, layout, self._book)

    def sequences(self, encoded: Encoded, segments: tuple[str, ...]) -> SpreadSequences:
        """Everybody's sequences, kept where they are; the parts are given back."""
        panel, like = self.panel, encoded.sequences
        owner = np.searchsorted(panel.offsets, panel.scored_rows, side="right") - 1
        people, first = np.unique(owner, return_index=True)
        places = dict(zip(panel.customer_ids[people].tolist(), first.tolist(), strict=True))
        kept = self._parts.chunks.keep(_code, (encoded.layout, self._book, places, segments))
        self._stack.callback(kept.release)
        self._parts.chunks.release()
        n = kept.total(_count).of
        return SpreadSequences(
            kept, int(n["chunks"]), int(n["customers"]), int(n["rows"]), like.n_shared, like.n_codes,
            like.n_moves, like.n_starts, like.n_periods, n["units"], n["cells"],
        )  # fmt: skip

    def groups(self, sequences: SpreadSequences, segments: tuple[str, ...], least: int) -> tuple[Group, ...]:
        """See `figures.groups_of`."""
        return sequences.groups({name: self.panel.segment_labels[name] for name in segments}, least)

    def told_of_all(self, result: LadderResult) -> LadderResult:
        """A result made beside the panel that is here, with the numbers of all customers."""
        more = float(np.log(self.n_customers / max(result.n_customers, 1)))
        return replace(
            result,
            n_customers=self.n_customers,
            n_present=self.summary.get("present", size=len(self.summary.periods)),
            bic=result.bic + result.n_parameters * more,
        )


@contextmanager
def people_of(tables: Tables | Panel, period: str, seed: int) -> Iterator[Here | Elsewhere]:
    """The customers of these tables: elsewhere, when a cluster holds them.

    Parameters
    ----------
    tables : Tables or Panel
    period : str
    seed : int
        Of the lot that says which of the others come here.
    """
    if isinstance(tables, Panel):
        yield Here(tables)
    elif tables.engine_name != "spark":
        yield Here(read_panel(tables, period))
    else:
        with ExitStack() as stack:
            yield Elsewhere(stack.enter_context(panel_parts(tables, period)), stack, seed)


# what becomes of a panel, where it stands


def _look(panel: Panel, _: None) -> Summary:
    return look(panel)


def _book(panel: Panel, layout: Layout) -> Codebook:
    return book_of(panel, layout)


def _sampled(panel: Panel, sent: tuple[float, int]) -> list[Panel]:
    share, seed = sent
    chosen = np.ones(panel.n_customers, bool) if share >= 1 else _lots(panel.customer_ids, seed) < share
    owner = np.searchsorted(panel.offsets, panel.scored_rows, side="right") - 1
    chosen[owner] = True
    return [panel.select(chosen)]


def _lots(ids: np.ndarray, seed: int) -> np.ndarray:
    """A number in [0, 1) for each customer, which depends on nothing but their id and the seed."""
    key = str(seed).encode()
    drawn = [hashlib.blake2b(str(i).encode(), digest_size=6, key=key).digest() for i in ids]
    return np.array([int.from_bytes(d, "big") for d in drawn]) / 2.0**48


def _code(panel: Panel, sent: tuple[Layout, Codebook, dict[str, int], tuple[str, ...]]) -> Coded:
    layout, book, places, segments = sent
    encoded = encode(panel, layout, book)
    owner = np.searchsorted(panel.offsets, panel.scored_rows, side="right") - 1
    first = np.searchsorted(owner, owner, side="left")  # where the scored rows of the same person begin
    start = np.array([places[panel.customer_ids[i]] for i in owner], np.int64)
    units, n_units = np.full((len(segments), panel.n_customers), -1), 0
    for row, name in zip(units, segments, strict=True):
        codes = panel.segments[name].astype(np.int64)
        row[:] = np.where(codes >= 0, codes + n_units, -1)
        n_units += len(panel.segment_labels[name])
    own = start + np.arange(len(owner)) - first
    return Coded(merged(encoded.sequences), own, encoded.base, units, n_units)


def _count(coded: Coded, _: None) -> Sums:
    s = coded.sequences
    units = np.array([len(customers) for customers in coded.present_units()], np.int64)
    cells = Counter(map(tuple, coded.units[:, present_at_end(s)].T.tolist()))
    sizes = {"chunks": 1, "customers": s.n_customers, "rows": s.n_rows}
    return Sums({**sizes, "units": units, "cells": cells})
