"""Writing a simulated company to a folder that says that it is simulated."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from verbond.errors import OptionError
from verbond.results import Progress, ProgressFunction, Result
from verbond.tables.engines import FORMS, DuckDBEngine
from verbond.tables.schema import TABLES, ColumnType
from verbond.tables.simulate.rows import Columns
from verbond.tables.simulate.truth import truth_rows, world_rows
from verbond.version import __version__

if TYPE_CHECKING:
    from verbond.tables.simulate.company import Company

__all__ = ["MARK", "SavedCompany", "SavedFile", "save_company"]

MARK = "simulated.toml"
"""The file by which a folder is known to hold simulated data."""


@dataclass(frozen=True, slots=True)
class SavedFile:
    """One file that was written.

    Attributes
    ----------
    table : str
        "truth/..." for the truth.
    n_rows : int
    file : str
    """

    table: str
    n_rows: int
    file: str


@dataclass(frozen=True, slots=True)
class SavedCompany(Result):
    """What was written, and where.

    Attributes
    ----------
    world, title : str
    n_customers, seed : int
    simulated : bool
        Always true.
    folder : str
    files : tuple of SavedFile
    """

    world: str
    title: str
    n_customers: int
    seed: int
    simulated: bool
    folder: str
    files: tuple[SavedFile, ...]

    def to_dicts(self) -> list[dict[str, Any]]:
        """A row a file."""
        return [{"table": f.table, "n_rows": f.n_rows, "file": f.file} for f in self.files]


def save_company(
    company: Company, folder: Path, form: str, with_truth: bool, progress: ProgressFunction
) -> SavedCompany:
    """Write a company; see `Company.save`."""
    if form not in FORMS:
        raise OptionError("unknown file form", got=repr(form), expected=" or ".join(map(repr, FORMS)))
    _make_way(folder)
    _say_simulated(company, folder)
    counts = np.zeros((company.world.n_periods, 6), dtype=np.int64)
    with DuckDBEngine() as engine:
        writer = _Writer(engine)
        for number, block in enumerate(company.blocks()):
            for name, columns in block.tables.items():
                writer.add(name, columns, _types(name, columns))
            counts += block.truth.counts
            if with_truth:
                for name, columns in truth_rows(company.world, block.truth).items():
                    writer.add(f"truth/{name}", columns)
            progress(Progress("simulate.step_write", (number + 1) / company.n_blocks))
        if with_truth:
            for name, columns in world_rows(company.world, counts).items():
                writer.add(f"truth/{name}", columns)
        files = writer.finish(folder, form)
    world = company.world
    return SavedCompany(
        world.name, world.title, company.n_customers, company.seed, True, str(folder), tuple(files)
    )


class _Writer:
    """Collects tables in parts, then writes each to one file.

    Parts are Parquet files in the engine's own temporary folder: what is in memory is one block.
    """

    def __init__(self, engine: DuckDBEngine) -> None:
        self.engine = engine
        self.parts: dict[str, list[Path]] = {}
        self.n_rows: dict[str, int] = {}

    def add(self, table: str, columns: Columns, types: Mapping[str, ColumnType] | None = None) -> None:
        parts = self.parts.setdefault(table, [])
        path = self.engine.folder / table / f"{len(parts):05d}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        self.engine.create("part", columns, types)
        self.engine.copy("SELECT * FROM part", path)
        parts.append(path)
        self.n_rows[table] = self.n_rows.get(table, 0) + len(next(iter(columns.values())))

    def finish(self, folder: Path, form: str) -> list[SavedFile]:
        self.engine.drop("part")
        files = []
        for table in sorted(self.parts, key=_place):
            target = folder / f"{table}.{form}"
            target.parent.mkdir(exist_ok=True)
            if form == "parquet" and len(self.parts[table]) == 1:
                shutil.move(self.parts[table][0], target)
            else:
                self.engine.open_parquet("part", self.parts[table][0].parent)
                self.engine.copy("SELECT * FROM part", target, form)  # type: ignore[arg-type]
            files.append(SavedFile(table, self.n_rows[table], str(target.relative_to(folder))))
        return files


def _place(table: str) -> tuple[int, str]:
    names = list(TABLES)
    return (names.index(table) if table in names else len(names), table)


def _types(table: str, columns: Columns) -> dict[str, ColumnType]:
    known = TABLES[table].columns
    return {name: known[name].type for name in columns if name in known}


def _make_way(folder: Path) -> None:
    """Make the folder; empty it only of what an earlier simulation wrote."""
    if folder.exists() and not folder.is_dir():
        raise OptionError("not a folder", got=str(folder), expected="a folder to write to")
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise OptionError(
            "the folder holds files that no simulation wrote",
            got=str(folder),
            expected="a new or empty folder",
        )
    folder.mkdir(parents=True, exist_ok=True)
    for form in FORMS:
        for place in (folder, folder / "truth"):
            for name in (*TABLES, "transitions", "shares", "effects", "stimuli"):
                (place / f"{name}.{form}").unlink(missing_ok=True)


def _say_simulated(company: Company, folder: Path) -> None:
    world = company.world
    first, last = world.months[0], world.months[-1].astype("datetime64[M]") + 1
    last_day = last.astype("datetime64[D]") - 1
    (folder / MARK).write_text(
        "# These data are simulated: nobody in them exists.\n"
        "# Deze gegevens zijn gesimuleerd: niemand erin bestaat.\n"
        "simulated = true\n"
        f'world = "{world.name}"\n'
        f'name = "{company.name}"\n'
        f"n_customers = {company.n_customers}\n"
        f"seed = {company.seed}\n"
        f"first_day = {first}\n"
        f"last_day = {last_day}\n"
        f'version = "{__version__}"\n',
        "utf-8",
    )
    (folder / "README.md").write_text(
        f"# {world.title}: simulated data\n\n"
        "These data were made by the simulator of Verbond. No customer, employee or company in them exists,\n"
        "and every message was written for the simulation. Do not present them as findings.\n\n"
        "Deze gegevens komen uit de simulator van Verbond. Geen klant, medewerker of bedrijf erin bestaat,\n"
        "en elk bericht is voor de simulatie geschreven. Presenteer ze niet als bevindingen.\n\n"
        f"- world: `{world.name}`, seed: {company.seed}\n"
        f"- {company.n_customers:,} customers, {first} to {last_day}\n"
        f"- the same again: `verbond simulate {world.name} --customers {company.n_customers} "
        f"--seed {company.seed} --out DIR`\n"
        "- the folder `truth/`, if it is there, holds what no real company would know: everybody's rung in\n"
        "  every month, relationship types, values, the true effects of the actions.\n",
        "utf-8",
    )
