"""A simulated company: its tables, its truth, and how both are written block by block."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from verbond.errors import OptionError
from verbond.results import ProgressFunction, silent
from verbond.tables.engines import DuckDBEngine, Engine
from verbond.tables.simulate.answers import customer_answers, employee_answers
from verbond.tables.simulate.behaviour import live
from verbond.tables.simulate.movement import transition_matrix
from verbond.tables.simulate.people import People, draw_people
from verbond.tables.simulate.rows import Columns, action_rows, customer_rows, event_rows, exposure_rows, text
from verbond.tables.simulate.saving import SavedCompany, save_company
from verbond.tables.simulate.speech import message_rows
from verbond.tables.simulate.stimuli import stimulus_rows
from verbond.tables.simulate.truth import Truth
from verbond.tables.simulate.world import TYPES, World
from verbond.tables.simulate.worlds import WORLDS
from verbond.tables.tables import Tables

__all__ = ["BLOCK_CUSTOMERS", "Block", "Company", "simulate"]

BLOCK_CUSTOMERS = 16_384
"""Customers that are made together; memory follows this number, not the size of the company."""
_LARGEST_SEED = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a company: some of its customers with all that is theirs.

    Attributes
    ----------
    tables : mapping of str to mapping of str to ndarray
        Canonical tables, those without rows left out. The first block also holds what belongs to the
        company as a whole: actions, messages, employees' answers.
    truth : Truth
    """

    tables: Mapping[str, Columns]
    truth: Truth


class Company:
    """A company of which the truth is known. Made by `simulate`; everything in it is invented.

    Parameters
    ----------
    world : World
        All settings; its `n_customers` is how many there are.
    seed : int
    block_customers : int

    Attributes
    ----------
    tables : dict of str to dict of str to ndarray
        The canonical tables as arrays; made when first asked for.
    truth : Truth

    Examples
    --------
    >>> company = simulate("quiet", n_customers=50, seed=1)
    >>> company.truth.rungs.shape, len(company.tables["customers"]["customer_id"])
    ((50, 18), 50)
    """

    def __init__(self, world: World, seed: int = 0, block_customers: int = BLOCK_CUSTOMERS) -> None:
        self.world, self.seed, self.block_customers = world, seed, block_customers

    def __repr__(self) -> str:
        return f"Company({self.name!r}, n_customers={self.n_customers}, seed={self.seed})"

    @property
    def n_customers(self) -> int:
        """How many people were ever a customer in the window."""
        return self.world.n_customers

    @property
    def n_blocks(self) -> int:
        """How many blocks the customers are made in."""
        return -(-self.n_customers // self.block_customers)

    @property
    def name(self) -> str:
        """What the company is called; that nobody in it exists is said by `simulated`."""
        return self.world.title

    def blocks(self) -> Iterator[Block]:
        """Make the company block by block; each is made when it is asked for and not kept."""
        for block in range(self.n_blocks):
            yield self._block(block)

    def _block(self, block: int) -> Block:
        world, seed = self.world, self.seed
        first = block * self.block_customers
        people = draw_people(world, seed, block, first, min(self.block_customers, self.n_customers - first))
        histories = live(world, people, seed, block)
        sheets = customer_answers(world, people, histories, seed, block)
        answers = [one.responses for one in sheets]
        shown = stimulus_rows(world, people, sheets, seed, block)
        reached = exposure_rows(world, people, histories, seed, block)
        tables = {
            "customers": customer_rows(world, people),
            "events": event_rows(world, people, histories, seed, block),
            "exposures": _stacked([reached, *(exposures for exposures, _ in shown)]),
        }
        if block == 0:
            tables["actions"] = action_rows(world)
            tables["messages"] = message_rows(world, people, histories, seed)
            answers += [employee_answers(world, seed)] if world.departments and world.waves else []
        answers += [responses for _, responses in shown]
        if answers:
            tables["responses"] = _stacked(answers)
        filled = {name: columns for name, columns in tables.items() if len(next(iter(columns.values())))}
        return Block(filled, _truth(world, people, histories.rungs))

    @cached_property
    def _whole(self) -> tuple[dict[str, Columns], Truth]:
        blocks = list(self.blocks())
        names = list(dict.fromkeys(name for block in blocks for name in block.tables))
        tables = {n: _stacked([b.tables[n] for b in blocks if n in b.tables]) for n in names}
        per_customer = [f.name for f in dataclasses.fields(Truth) if f.name in _PER_CUSTOMER]
        joined = {n: np.concatenate([getattr(b.truth, n) for b in blocks]) for n in per_customer}
        return tables, dataclasses.replace(blocks[0].truth, **joined)

    @property
    def tables(self) -> dict[str, Columns]:
        """The canonical tables as arrays."""
        return self._whole[0]

    @property
    def truth(self) -> Truth:
        """What is known and no real company would tell."""
        return self._whole[1]

    def open(self, *, engine: str = "duckdb") -> Tables:
        """The company as `Tables`, marked as simulated.

        Parameters
        ----------
        engine : {"duckdb", "spark"}

        Raises
        ------
        OptionError
            If the engine is unknown.
        """
        if engine == "duckdb":
            held: Engine = DuckDBEngine()
        elif engine == "spark":
            from verbond.tables.engines import SparkEngine

            held = SparkEngine()
        else:
            raise OptionError("unknown engine", got=repr(engine), expected="'duckdb' or 'spark'")
        return Tables.from_columns(self.tables, name=self.name, simulated=True, engine=held)

    def save(
        self,
        folder: str | Path,
        form: str = "parquet",
        *,
        with_truth: bool = True,
        progress: ProgressFunction = silent,
    ) -> SavedCompany:
        """Write the canonical tables, a file each, block by block; memory does not grow with the company.

        Beside them: `simulated.toml` and `README.md`, which say that nobody here exists, and the truth in the
        folder `truth/`.

        Parameters
        ----------
        folder : str or Path
            New, empty, or written by this method before.
        form : {"parquet", "csv"}
        with_truth : bool
        progress : callable

        Raises
        ------
        OptionError
            If the form is unknown, or the folder holds something else.
        """
        return save_company(self, Path(folder), form, with_truth, progress)


def simulate(
    world: World | str,
    n_customers: int | None = None,
    *,
    seed: int = 0,
    block_customers: int = BLOCK_CUSTOMERS,
) -> Company:
    """Make a company of which the truth is known.

    Parameters
    ----------
    world : World or str
        Settings, or the name of some in `WORLDS`.
    n_customers : int, optional
        Otherwise the world's own number.
    seed : int
        The same world, number and seed give the same company, byte for byte.
    block_customers : int
        Customers made together. It is part of what decides the outcome, as each block draws from streams of
        its own; leave it as it is.

    Returns
    -------
    Company

    Raises
    ------
    OptionError
        If there is no such world, or a number is out of range.
    """
    if isinstance(world, str):
        if world not in WORLDS:
            raise OptionError("unknown world", got=repr(world), expected=", ".join(WORLDS))
        world = WORLDS[world]
    if n_customers is not None:
        if n_customers < 1 or n_customers > 10**8:
            raise OptionError("number of customers", got=str(n_customers), expected="1 to 100,000,000")
        world = dataclasses.replace(world, n_customers=n_customers)
    if not 0 <= seed <= _LARGEST_SEED:
        raise OptionError("seed out of range", got=str(seed), expected=f"0 to {_LARGEST_SEED}")
    if block_customers < 1:
        raise OptionError("customers in a block", got=str(block_customers), expected="1 or more")
    return Company(world, seed, block_customers)


_PER_CUSTOMER = (
    "customer_ids", "rungs", "relationship_type", "behaviour_class", "skips", "own_values", "seen_values",
)  # fmt: skip


def _truth(world: World, people: People, rungs: np.ndarray) -> Truth:
    there = rungs >= 0
    last = rungs[np.arange(people.n), world.n_periods - 1 - there[:, ::-1].argmax(axis=1)]
    return Truth(
        customer_ids=people.ids,
        periods=world.months,
        rungs=rungs,
        relationship_type=text(TYPES, people.relationship_type),
        behaviour_class=text([c.name for c in world.classes], people.behaviour_class),
        skips=people.skips,
        own_values=people.own_values,
        seen_values=people.seen_values(world, last),
        transition_matrix=transition_matrix(world),
        effects=world.effects,
        stimuli=world.stimuli,
    )


def _stacked(parts: list[Columns]) -> Columns:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
