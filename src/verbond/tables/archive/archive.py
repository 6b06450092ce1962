"""`Archive`: what an installation keeps of one organisation's data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from verbond.errors import AlreadyImportedError, DataError, NotFoundError, NothingImportedError, OptionError
from verbond.results import Language, Progress, ProgressFunction, silent
from verbond.tables.archive.erasing import (
    Counts,
    ErasureReport,
    RetentionReport,
    erase_from,
    expire_from,
    expiring,
)
from verbond.tables.archive.finding import find_person, identities_of, kept_of, n_identities, tombstones_of
from verbond.tables.archive.keeping import Keeper
from verbond.tables.archive.kept import KeptImport, read_meanings
from verbond.tables.archive.layout import PARTIAL, Layout, publish, read_json, remove, write_json
from verbond.tables.archive.merging import merge
from verbond.tables.archive.pseudonyms import check_key, key_check, know_key, pseudonym_of
from verbond.tables.archive.rules import DATED, REFUSED, Rules
from verbond.tables.engines import DuckDBEngine, Engine
from verbond.tables.items import own_items
from verbond.tables.tables import Tables

__all__ = ["Archive"]

_FORMAT = 1


class Archive:
    """One organisation's data on disk, pseudonymous, an import at a time.

    ```
    archive.json                  the format, and what tells one key from another
    imports/ID/import.json        product, file, sha256, rows kept and refused, first and last day
    imports/ID/TABLE.parquet      canonical tables; ids are pseudonyms
    imports/ID/refused.csv        what reading refused, as the file had it
    identities/ID.parquet         pseudonym -> the id as given, e-mail, name, telephone, ...
    current/N/TABLE.parquet       what all imports say together; the highest N counts
    erased.json, retention.json   what holds for every import to come
    ```

    Parameters
    ----------
    folder : path
        Made where it is not there; nothing else may live in it.
    key : bytes
        At least 16, made by lot, kept elsewhere than the data. Without it nobody is found again, and with
        another one nothing fits together.

    Notes
    -----
    One process writes or looks for a person at a time, others wait; who opened tables keeps them. A process
    that is killed leaves what was there before, or what the next one ends.

    Raises
    ------
    OptionError
        If the key is too short, or the folder was made with another.
    DataError
        If a newer version made the folder.

    Examples
    --------
    >>> import tempfile
    >>> from verbond.tables import Tables
    >>> tables = Tables.from_columns({"customers": {"customer_id": ["a"], "email": ["a@example.org"]}})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     archive = Archive(folder, b"sixteen bytes or more")
    ...     facts = {"source_sha256": "00", "file_name": "a.csv", "product": "csv"}
    ...     kept = archive.add(tables, import_id="first", **facts)
    ...     with archive.open() as current:
    ...         print(kept.n_rows, current.columns("customers"), "a" in current.fetch("customers"))
    {'customers': 1} ('customer_id',) False
    """

    def __init__(self, folder: Path | str, key: bytes) -> None:
        self.layout, self.key = Layout(Path(folder).resolve()), check_key(key)
        stated = read_json(self.layout.folder / "archive.json")
        if stated is not None and stated["format"] > _FORMAT:
            raise DataError(
                "this archive was made by a newer version of Verbond",
                got=f"format {stated['format']}",
                expected=f"format {_FORMAT} or lower",
            )
        if stated is not None and stated["key_check"] != key_check(key):
            raise OptionError(
                "this archive was made with another key",
                got=str(folder),
                hint="Restore the key that the installation had when the first file was imported.",
            )

    # what is there

    def imports(self) -> list[KeptImport]:
        """What is kept, oldest import first."""
        found = map(KeptImport.from_json, self.layout.import_facts())
        return sorted(found, key=lambda one: one.number)

    def refused(self, import_id: str) -> Path | None:
        """The file of an import's refused rows, made for spreadsheets; None where nothing was refused."""
        self._known(import_id)
        file = self.layout.import_folder(import_id) / "refused.csv"
        return file if file.exists() else None

    def _known(self, import_id: str) -> KeptImport:
        found = self.layout.facts_of(import_id)
        if found is None:
            known = ", ".join(one.import_id for one in self.imports())
            raise NotFoundError(f"no import {import_id!r}", got=known or "none")
        return KeptImport.from_json(found)

    def state(self) -> str:
        """A short text that is another once what is kept may be another: for who remembers what was read."""
        return self.layout.state()

    def pseudonym(self, given: str) -> str:
        """The pseudonym of an id or an e-mail address as files give it, of a single one."""
        return pseudonym_of(self.key, given)

    # imports come and go

    def add(
        self,
        tables: Tables,
        *,
        import_id: str,
        source_sha256: str,
        file_name: str,
        product: str,
        language: Language = "en",
        progress: ProgressFunction = silent,
    ) -> KeptImport:
        """Keep tables as one import; `current/` follows at the next `rebuild` or `open`.

        Parameters
        ----------
        tables : Tables
            As `open_tables` gave them, on DuckDB.
        import_id : str
            A name of its own: letters, digits, dots, dashes, underscores.
        source_sha256 : str
            Of what was read; the same again is not imported twice.
        file_name, product : str
            For people.
        language : {"en", "nl"}
            Of the reasons in `refused.csv`.
        progress : function, optional

        Raises
        ------
        AlreadyImportedError
            If the same source was imported before; `earlier` names that import.
        OptionError
            If the id is taken or cannot be a file's name, or the tables are held by another engine.
        """
        place = self.layout.import_folder(import_id)
        with self._writing():
            number = self._room_for(import_id, source_sha256)
            facts = _facts(tables, import_id, number, product, file_name, source_sha256)
            draft, kept = self._written(tables, facts, language, progress)
            publish(draft, place)  # from here on the import is there
        return kept

    def put(
        self,
        tables: Tables,
        *,
        import_id: str,
        source_sha256: str,
        file_name: str,
        product: str,
        progress: ProgressFunction = silent,
    ) -> KeptImport:
        """Keep tables that grow elsewhere, in the place of what was kept under this id before.

        Who is in them is known by pseudonyms of this archive already, so that nothing is put apart; customers
        themselves are not among them. What is replaced counts until the new is whole, and never beside it.

        Parameters
        ----------
        tables, import_id, source_sha256, file_name, product, progress
            As for `add`; of the same source again nothing is written.

        Raises
        ------
        OptionError
            If the tables hold customers, or ids that are no pseudonyms (those of simulated ones may be
            anything).
        """
        place = self.layout.import_folder(import_id)
        with self._writing():
            earlier = next((one for one in self.imports() if one.import_id == import_id), None)
            if earlier is not None and earlier.source_sha256 == source_sha256:
                return earlier
            number = max((one.number for one in self.imports()), default=0) + 1
            facts = _facts(tables, import_id, number, product, file_name, source_sha256)
            draft, kept = self._written(tables, facts, "en", progress, pseudonymous=True)
            if earlier is None:
                publish(draft, place)
            else:
                publish(draft, self.layout.next_folder(import_id))  # from here on it counts
                self.layout.replace_imports()
        return kept

    def _written(
        self,
        tables: Tables,
        facts: KeptImport,
        language: Language,
        progress: ProgressFunction,
        *,
        pseudonymous: bool = False,
    ) -> tuple[Path, KeptImport]:
        """Write an import beside its place; its identities are in theirs already."""
        draft = self.layout.imports / f"{PARTIAL}{facts.import_id}"
        identities = self.layout.identities / f"{PARTIAL}{facts.import_id}.parquet"
        keeper = Keeper(tables, self.key, self._rules, draft, identities, pseudonymous=pseudonymous)
        draft.mkdir()
        kept = keeper.write(facts, language, progress)
        publish(identities, self.layout.identity_file(facts.import_id))
        return draft, kept

    def _room_for(self, import_id: str, source_sha256: str) -> int:
        """The number of the next import, if it may be one."""
        known = self.imports()
        for one in known:
            if one.source_sha256 == source_sha256:
                raise AlreadyImportedError(one)
            if one.import_id == import_id:
                raise OptionError("an import of this id is there", got=repr(import_id))
        return max((one.number for one in known), default=0) + 1

    def undo(self, import_id: str, progress: ProgressFunction = silent) -> None:
        """Remove an import with its identities, and merge again what is left.

        Raises
        ------
        NotFoundError
            If there is no such import.
        """
        with self._writing():
            self._known(import_id)
            gone = self.layout.imports / f"{PARTIAL}undone-{import_id}"
            publish(self.layout.import_folder(import_id), gone)
            self.layout.identity_file(import_id).unlink(missing_ok=True)
            remove(gone)
            self._merge(progress)

    def rebuild(self, progress: ProgressFunction = silent) -> None:
        """Make `current/` anew of all imports; who reads the old one goes on reading it."""
        with self._writing():
            self._merge(progress)

    def sweep(self) -> None:
        """Remove what killed processes left behind, and end what they began; for the start of a service."""
        with self._writing():
            self.layout.remove_old_generations()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self.layout.writing():
            self.layout.replace_imports()
            self.layout.sweep_partials()
            stated = self.layout.folder / "archive.json"
            if not stated.exists():
                write_json(stated, {"format": _FORMAT, "key_check": key_check(self.key)})
            if self._pending.exists():
                self._change(silent)
            yield

    @property
    def _pending(self) -> Path:
        """What an erasure or retention that is at work has still to do."""
        return self.layout.folder / "pending.json"

    def _merge(self, progress: ProgressFunction) -> None:
        """Write the merged tables beside the old ones, then let the new ones count."""
        imports = self.imports()
        place = self.layout.next_generation()
        draft = place.with_name(f"{PARTIAL}{place.name}")
        draft.mkdir()
        (draft / ".held").touch(mode=0o600)
        folders = {self.layout.import_folder(one.import_id): one for one in imports}
        with self._engine() as engine:
            n_rows = merge(engine, folders, draft, progress)
        items = {i: m for one in imports for i, m in one.to_json()["items"].items()}
        write_json(draft / "current.json", {**_merged(imports), "n_rows": n_rows, "items": items})
        publish(draft, place)
        self.layout.remove_old_generations()

    # people and days

    def person(self, asked: str) -> dict[str, Any]:
        """Everything that is kept of one person, for that person or for JSON.

        Parameters
        ----------
        asked : str
            The id as a file gave it, an e-mail address, or a pseudonym.

        Returns
        -------
        dict
            "pseudonyms"; "contact" (kind -> values); "imports": for each import that holds anything its
            facts, "tables" (table -> rows), "named_in" (rows of others whose text names the person, without
            who those others are: read it before handing it over) and "refused" (rows of `refused.csv`).
        """
        with self._writing(), self._engine() as engine, engine.connection.cursor() as cursor:
            know_key(cursor, self.key)
            imports = self.imports()
            person = find_person(cursor, self.layout, imports, asked)
            return kept_of(cursor, self.layout, self.key, imports, person)

    def erase(self, asked: str, progress: ProgressFunction = silent) -> ErasureReport:
        """Erase one person: from every import, from identities and refused rows, and from text of others.

        What stays is a hash by which the person is known, and left out, when an export brings them again.

        Parameters
        ----------
        asked : str
            The id as a file gave it, an e-mail address, or a pseudonym.
        progress : function, optional
        """
        with self._writing(), self._engine() as engine, engine.connection.cursor() as cursor:
            know_key(cursor, self.key)
            imports = self.imports()
            person = find_person(cursor, self.layout, imports, asked)
            self._rules.bury(tombstones_of(cursor, self.layout, imports, person))
            whom = {"pseudonyms": person.pseudonyms, "answered": person.answered, "words": person.words}
            write_json(self._pending, {"erase": whom})
            counts = self._change(progress)
        return ErasureReport(
            n_rows=dict(+counts.gone),
            n_redacted=dict(+counts.redacted),
            n_identities=counts.n_identities,
            n_refused=counts.n_refused,
            n_read=counts.n_read,
        )

    def retain(
        self, before: dt.date, tables: Iterable[str] | None = None, progress: ProgressFunction = silent
    ) -> RetentionReport:
        """Remove what happened before a day, and keep nothing so old from now on.

        Parameters
        ----------
        before : date
            The first day that is kept.
        tables : iterable of str, optional
            Tables with a date, and "refused" for the refused rows of imports made before that day; all of
            them where not given. Customers and actions stay.
        progress : function, optional

        Raises
        ------
        OptionError
            If a table has no date.
        """
        chosen = [*DATED, REFUSED] if tables is None else list(tables)
        if wrong := [name for name in chosen if name not in (*DATED, REFUSED)]:
            raise OptionError(
                "nothing to keep for a time", got=wrong[0], expected=", ".join((*DATED, REFUSED))
            )
        with self._writing():
            self._rules.keep_from(dict.fromkeys(chosen, before))
            write_json(self._pending, {"retain": sorted(chosen)})
            counts = self._change(progress)
        return RetentionReport(before, dict(+counts.gone), counts.n_refused, counts.n_read)

    def expiring(self, first_days: Mapping[str, dt.date]) -> dict[str, int]:
        """What `retain` would remove, and does not: rows over all imports, and files of refused rows.

        Parameters
        ----------
        first_days : mapping of str to date
            Table, or "refused" -> the first day that would be kept.

        Returns
        -------
        dict
            Table, or "refused" -> how many; only what there is.
        """
        imports, counts = self.imports(), Counts()
        if not imports:
            return {}
        with self._writing(), self._engine() as engine, engine.connection.cursor() as cursor:
            for one in imports:
                expiring(cursor, self.layout, one, first_days, counts)
        return dict(+counts.gone)

    def n_known(self) -> int:
        """How many pseudonyms have an identity; nobody who writes is waited for."""
        imports = self.imports()
        if not imports:
            return 0
        with DuckDBEngine([self.layout.identities]) as engine, engine.connection.cursor() as cursor:
            return n_identities(cursor, self.layout, imports)

    def identities(self, pseudonyms: Iterable[str] | None = None) -> dict[str, dict[str, str]]:
        """Who stands behind pseudonyms: pseudonym -> {"customer_id": ..., "email": ..., ...}.

        For an export to the company's own customer system, and for nothing else.

        Parameters
        ----------
        pseudonyms : iterable of str, optional
            All where not given; those that nobody knows are left out.
        """
        with self._writing(), self._engine() as engine, engine.connection.cursor() as cursor:
            return identities_of(cursor, self.layout, self.imports(), pseudonyms)

    @property
    def _rules(self) -> Rules:
        return Rules(self.layout.folder)

    def _engine(self) -> DuckDBEngine:
        """An engine that reads and writes here; its temporary files stay on this disk and are swept."""
        return DuckDBEngine([self.layout.imports, self.layout.identities], folder=self.layout.work)

    def _change(self, progress: ProgressFunction) -> Counts:
        """Do what is pending in every import, merge, and only then forget that it was pending."""
        task, counts, imports = read_json(self._pending), Counts(), self.imports()
        with self._engine() as engine, engine.connection.cursor() as cursor:
            for number, one in enumerate(imports):
                progress(Progress("tables.step_change", number / len(imports), one.file_name))
                if given := task.get("erase"):
                    erase_from(cursor, engine.folder, self.layout, self.key, one, given, counts)
                else:
                    first_days = {n: d for n, d in self._rules.first_days.items() if n in task["retain"]}
                    expire_from(cursor, engine.folder, self.layout, one, first_days, counts)
        self._merge(progress)
        counts.n_read = self.layout.remove_old_generations()
        self._pending.unlink()
        return counts

    # reading

    def open(self, engine: str = "duckdb", *, name: str | None = None) -> Tables:
        """Open what all imports say together; it is merged first where that was not done yet.

        Parameters
        ----------
        engine : {"duckdb", "spark"}
        name : str, optional
            What the tables are called on pages; the name of the newest import where not given.

        Raises
        ------
        NothingImportedError
            If nothing was imported.
        """
        if engine not in ("duckdb", "spark"):
            raise OptionError("unknown engine", got=repr(engine), expected="'duckdb' or 'spark'")
        imports = self.imports()
        if not imports:
            raise NothingImportedError(str(self.layout.folder))
        folder, let_go = self._newest(imports)
        try:
            stated = read_json(folder / "current.json")
            return Tables.from_parquet(
                folder,
                engine=_engine(engine, folder, let_go),
                name=name or imports[-1].name,
                simulated=any(one.simulated for one in imports),
                items={**own_items(), **read_meanings(stated["items"])},
            )
        except BaseException:
            let_go()
            raise

    def _newest(self, imports: list[KeptImport]) -> tuple[Path, Callable[[], None]]:
        """Hold the newest merged tables, made anew where imports came or went since."""
        if self.layout.generations() and not self._pending.exists():
            folder, let_go = self.layout.hold_newest()
            stated = read_json(folder / "current.json")
            if {**stated, **_merged(imports)} == stated:
                return folder, let_go
            let_go()
        self.rebuild()
        return self.layout.hold_newest()


def _facts(
    tables: Tables, import_id: str, number: int, product: str, file_name: str, source_sha256: str
) -> KeptImport:
    """What is said of an import before its rows are counted."""
    return KeptImport(
        import_id=import_id,
        number=number,
        product=product,
        file_name=file_name,
        source_sha256=source_sha256,
        imported_at=dt.datetime.now(dt.UTC).replace(microsecond=0),
        name=tables.name,
        simulated=tables.simulated,
        n_rows={},
        n_refused=0,
    )


def _merged(imports: list[KeptImport]) -> dict[str, list[Any]]:
    """What tells one merging from another: an import that was replaced has another number."""
    return {"imports": [one.import_id for one in imports], "numbers": [one.number for one in imports]}


def _engine(name: str, folder: Path, let_go: Callable[[], None]) -> Engine:
    local = DuckDBEngine([folder])
    local.when_closed(let_go)
    if name == "duckdb":
        return local
    from verbond.tables.engines import SparkEngine

    return SparkEngine(local)
