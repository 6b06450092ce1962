"""What all imports say together equals a merge in plain Python, whatever comes, overlaps and goes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from verbond.errors import NothingImportedError
from verbond.tables import TABLES, Archive, Tables
from verbond.tables.archive.pseudonyms import keyed_hash

KEY = b"merge" * 4
Rows = list[dict[str, Any]]
_DAYS = st.sampled_from(["2024-01-01", "2024-01-02"])
_PEOPLE = st.sampled_from(["anna", "bert", "cees"])


def _table(columns: dict[str, st.SearchStrategy], must: tuple[str, ...], key: tuple[str, ...] = ()) -> Any:
    """Rows with all of some columns; the same columns in every row, a key at most once."""
    optional = [c for c in columns if c not in must]
    some = st.lists(st.sampled_from(optional), unique=True).map(lambda more: (*must, *more))

    def rows(chosen: tuple[str, ...]) -> st.SearchStrategy:
        row = st.fixed_dictionaries({c: columns[c] for c in columns if c in chosen})
        unique = (lambda r: tuple(r.get(k) for k in key)) if key else None
        return st.lists(row, min_size=1, max_size=6, unique_by=unique)

    return some.flatmap(rows)


IMPORTS = st.fixed_dictionaries(
    {},
    optional={
        "customers": _table(
            {
                "customer_id": _PEOPLE,
                "consent": st.sampled_from([True, False, None]),
                "region": st.sampled_from(["north", None]),
                "floor": st.integers(1, 2),
            },
            ("customer_id",),
            ("customer_id",),
        ),
        "events": _table(
            {
                "customer_id": _PEOPLE,
                "occurred_at": _DAYS,
                "kind": st.just("purchase"),
                "amount": st.sampled_from([1.5, None]),
                "channel": st.sampled_from(["web", None]),
            },
            ("customer_id", "occurred_at", "kind"),
        ),
        "responses": _table(
            {
                "respondent_id": _PEOPLE,
                "item": st.sampled_from(["q1", "q2"]),
                "value": st.sampled_from([1.0, 7.0, None]),
                "wave": st.sampled_from(["1", None]),
            },
            ("respondent_id", "item"),
            ("respondent_id", "wave", "item"),
        ),
    },
).filter(bool)
STEPS = st.lists(st.one_of(IMPORTS, st.integers(0, 5)), min_size=2, max_size=5)
"""An import, or the place of one to undo."""


def merged(imports: list[dict[str, Rows]]) -> dict[str, Counter]:
    """Brute force: by key, the newest that has the key and the column; else as often as in one import."""
    found: dict[str, Counter] = {}
    for name in TABLES:
        tables = [one[name] for one in imports if name in one]
        columns = sorted({c for table in tables for c in table[0]})
        if not tables:
            continue
        if key := TABLES[name].key:
            cells: dict[tuple, dict[str, Any]] = {}
            for table in tables:
                for row in table:
                    cells.setdefault(tuple(row.get(k) for k in key), {}).update(row)
            found[name] = Counter(tuple(row.get(c) for c in columns) for row in cells.values())
        else:
            found[name] = Counter()
            for table in tables:
                found[name] |= Counter(tuple(row.get(c) for c in columns) for row in table)
    return found


def opened(archive: Archive) -> dict[str, Counter]:
    """The archive's rows, with ids in place of their pseudonyms."""
    names = {keyed_hash(KEY, who): who for who in ("anna", "bert", "cees")}
    found = {}
    with archive.open() as tables:
        for name in tables:
            columns = tables.fetch(name)
            lists = [_plain(columns[c]) for c in sorted(columns)]
            found[name] = Counter(tuple(names.get(v, v) for v in row) for row in zip(*lists, strict=True))
    return found


def _plain(values: np.ndarray) -> list[Any]:
    if values.dtype.kind == "M":
        return [str(day) for day in values.astype("datetime64[D]")]
    return [None if v != v else v for v in values.tolist()]


def arrays(rows: Rows) -> dict[str, Any]:
    columns = {c: [row[c] for row in rows] for c in rows[0]}
    if "occurred_at" in columns:
        columns["occurred_at"] = np.array(columns["occurred_at"], "datetime64[s]")
    return columns


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(STEPS)
def test_the_merge_is_that_of_plain_python(steps: list[Any]) -> None:
    with TemporaryDirectory() as folder:
        archive, kept = Archive(folder, KEY), {}
        for number, step in enumerate(steps):
            if isinstance(step, int):
                if kept:
                    undone = sorted(kept)[step % len(kept)]
                    archive.undo(undone)
                    del kept[undone]
                continue
            name = f"i{number}"
            facts = {"source_sha256": name, "file_name": name, "product": "csv"}
            with Tables.from_columns({t: arrays(rows) for t, rows in step.items()}) as tables:
                archive.add(tables, import_id=name, **facts)
            kept[name] = step
        try:
            assert opened(archive) == merged([kept[name] for name in sorted(kept)])
        except NothingImportedError:
            assert not kept


def test_the_next_export_that_holds_the_earlier_rows_again_adds_what_is_new(tmp_path: Path) -> None:
    """Two equal purchases in one export are two; the same two in the next are no four."""
    purchase = {"customer_id": "anna", "occurred_at": "2024-01-01", "kind": "purchase", "amount": 10.0}
    exports = [[purchase] * 2, [purchase] * 2 + [purchase | {"amount": 5.0}], [purchase] * 3]
    archive, expected = Archive(tmp_path, KEY), [2, 3, 4]
    for number, (rows, n_rows) in enumerate(zip(exports, expected, strict=True)):
        facts = {"source_sha256": str(number), "file_name": "", "product": "csv"}
        archive.add(Tables.from_columns({"events": arrays(rows)}), import_id=f"i{number}", **facts)
        with archive.open() as tables:
            assert tables.n_rows("events") == n_rows


def test_attributes_of_two_products_stand_side_by_side(tmp_path: Path) -> None:
    shop = {"customer_id": ["anna", "bert"], "region": ["north", "south"], "floor": [1, 2]}
    crm = {"customer_id": ["bert", "cees"], "segment": ["a", "b"], "floor": ["2nd", None]}
    archive = Archive(tmp_path, KEY)
    for name, customers in (("shop", shop), ("crm", crm)):
        facts = {"source_sha256": name, "file_name": "", "product": name}
        archive.add(Tables.from_columns({"customers": customers}), import_id=name, **facts)
    found = opened(archive)["customers"]
    assert found == Counter(
        [("anna", "1", "north", None), ("bert", "2nd", "south", "a"), ("cees", None, None, "b")]
    )
