"""A company is the same for the same seed, keeps to the canonical tables, and says that it is simulated."""

from __future__ import annotations

import dataclasses
import tomllib
import tracemalloc
from pathlib import Path

import duckdb
import numpy as np
import pytest

from verbond.errors import OptionError
from verbond.results import Progress
from verbond.tables import open_tables
from verbond.tables.reads import panel
from verbond.tables.schema import TABLES
from verbond.tables.simulate import WORLDS, Company, Wave, simulate

Arrays = dict[str, dict[str, np.ndarray]]
N_FEW = 700
LAST_DAY = np.datetime64("2026-07-01")
"""No simulated company reaches beyond June 2026, so that nothing in it lies in the future."""


@pytest.fixture(scope="module", params=sorted(WORLDS))
def company(request: pytest.FixtureRequest) -> Company:
    return simulate(request.param, N_FEW, seed=1)


def assert_equal(left: Arrays, right: Arrays) -> None:
    assert list(left) == list(right)
    for name, columns in left.items():
        assert list(columns) == list(right[name])
        for column, values in columns.items():
            np.testing.assert_array_equal(values, right[name][column], err_msg=f"{name}.{column}")
            assert values.dtype == right[name][column].dtype


def differs(left: Arrays, right: Arrays, table: str, column: str) -> bool:
    return not np.array_equal(left[table][column], right[table][column])


# seeds and streams


def test_one_seed_gives_one_company(company: Company) -> None:
    again = simulate(company.world.name, N_FEW, seed=1)
    assert_equal(again.tables, company.tables)
    np.testing.assert_array_equal(again.truth.rungs, company.truth.rungs)


def test_another_seed_gives_another_company(company: Company) -> None:
    other = simulate(company.world.name, N_FEW, seed=2)
    assert differs(other.tables, company.tables, "events", "occurred_at")
    assert differs(other.tables, company.tables, "customers", "since")


def test_the_survey_does_not_change_behaviour() -> None:
    asked, silent = simulate("textbook", N_FEW, seed=3), simulate("silent", N_FEW, seed=3)
    assert "responses" not in silent.tables
    assert_equal(silent.tables, {n: c for n, c in asked.tables.items() if n != "responses"})
    noisy = dataclasses.replace(
        WORLDS["textbook"],
        waves=(Wave("other", 3, 0.9, "short"),),
        answering=dataclasses.replace(WORLDS["textbook"].answering, noise_sd=30.0),
    )
    other = simulate(noisy, N_FEW, seed=3)
    assert_equal({n: other.tables[n] for n in silent.tables}, silent.tables)


def test_messages_and_effects_do_not_change_who_people_are() -> None:
    plain = dataclasses.replace(WORLDS["zonnewende"], messages=(), effects=())
    one, other = simulate(plain, N_FEW, seed=4), simulate("zonnewende", N_FEW, seed=4)
    assert_equal({"customers": one.tables["customers"]}, {"customers": other.tables["customers"]})
    assert differs(one.tables, other.tables, "events", "occurred_at")


def test_blocks_draw_from_streams_of_their_own() -> None:
    company = simulate("quiet", 400, seed=5, block_customers=200)
    first, second = company.blocks()
    assert not np.array_equal(first.truth.rungs, second.truth.rungs)
    alone = next(simulate("quiet", 200, seed=5, block_customers=200).blocks())
    assert_equal(dict(alone.tables), dict(first.tables))


# canonical tables


def test_tables_keep_to_the_schema(company: Company) -> None:
    kinds = {"text": "O", "number": "f", "integer": "i", "boolean": "b", "date": "M", "timestamp": "M"}
    for name, columns in company.tables.items():
        table = TABLES[name]
        assert table.given
        assert len({len(values) for values in columns.values()}) == 1
        for column in table.columns.values():
            if column.required:
                assert column.name in columns
        for column, values in columns.items():
            if column not in table.columns:
                assert table.free_columns, (name, column)
                continue
            known = table.columns[column]
            assert values.dtype.kind == kinds[known.type], (name, column, values.dtype)
            if known.choices and not known.open_choices:
                assert set(values[values != None]) <= set(known.choices)  # noqa: E711  elementwise
            if known.required:
                assert all(v is not None for v in values.tolist())


def test_keys_do_not_repeat(company: Company) -> None:
    for name, columns in company.tables.items():
        if TABLES[name].key:
            rows = list(zip(*(columns[k].tolist() for k in TABLES[name].key), strict=True))
            assert len(set(rows)) == len(rows), name


def test_references_hold(company: Company) -> None:
    checked = 0
    for name, columns in company.tables.items():
        for column, values in columns.items():
            known = TABLES[name].columns.get(column)
            if known is not None and known.refers_to:
                target, key = known.refers_to.split(".")
                there = set(company.tables[target][key].tolist()) if target in company.tables else set()
                assert set(values.tolist()) - {None} <= there, (name, column)
                checked += 1
    assert checked >= 3


def test_nothing_lies_in_the_future(company: Company) -> None:
    first = company.world.months[0]
    for columns in company.tables.values():
        for column, values in columns.items():
            if values.dtype.kind == "M":
                assert values.max() < LAST_DAY
                if column != "since":
                    assert values.min() >= first


def test_everything_happens_while_people_are_customers(company: Company) -> None:
    customers, events = company.tables["customers"], company.tables["events"]
    since = dict(zip(customers["customer_id"], customers["since"], strict=True))
    gone = events["kind"] == "cancellation"
    until = dict(zip(events["customer_id"][gone], events["occurred_at"][gone], strict=True))
    for name in ("events", "exposures", "responses"):
        if name not in company.tables:
            continue
        columns = company.tables[name]
        for who, at in zip(columns["customer_id"], columns["occurred_at"], strict=True):
            if who is not None:
                assert at >= since[who]
                assert at <= until.get(who, at)


def test_rungs_are_known_exactly_while_people_are_customers(company: Company) -> None:
    truth, customers = company.truth, company.tables["customers"]
    there = truth.rungs >= 0
    assert set(np.unique(truth.rungs)) <= set(range(-1, 6))
    first = np.maximum(customers["since"], company.world.months[0]).astype("datetime64[M]")
    np.testing.assert_array_equal(truth.periods[there.argmax(axis=1)].astype("datetime64[M]"), first)
    length = there.sum(axis=1)
    last = there.argmax(axis=1) + length - 1
    np.testing.assert_array_equal(
        np.diff(there.astype(int), axis=1).clip(-1, 0).sum(axis=1),
        -(last < company.world.n_periods - 1).astype(int),
    )
    events = company.tables["events"]
    left = set(events["customer_id"][events["kind"] == "cancellation"])
    early = last < company.world.n_periods - 1
    assert {who for who, e in zip(truth.customer_ids, early, strict=True) if e} <= left


def test_shares_are_counts_over_those_present(company: Company) -> None:
    truth = company.truth
    for t in (0, company.world.n_periods - 1):
        present = truth.rungs[:, t][truth.rungs[:, t] >= 0]
        np.testing.assert_allclose(truth.shares[t], [(present == k).mean() for k in range(6)])
        assert sum(truth.types_at(t).values()) == pytest.approx(1)


# opening and saving


def test_opened_tables_say_that_they_are_simulated(company: Company) -> None:
    with company.open() as tables:
        assert tables.simulated
        assert tables.name == company.world.title
        assert set(tables) == set(company.tables)
        for name, columns in company.tables.items():
            assert tables.n_rows(name) == len(next(iter(columns.values())))
        assert "region" in tables.attributes


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(OptionError, match="unknown engine"):
        simulate("quiet", 10).open(engine="abacus")


def test_the_panel_of_opened_tables_is_the_truth(company: Company) -> None:
    """Two roads to the same months: the panel's SQL over events, and the simulator's own rungs."""
    with company.open() as tables:
        found = panel(tables)
    there = company.truth.rungs >= 0
    np.testing.assert_array_equal(found.customer_ids, company.truth.customer_ids)
    np.testing.assert_array_equal(found.periods, company.truth.periods)
    np.testing.assert_array_equal(found.first_period, there.argmax(axis=1))
    np.testing.assert_array_equal(np.diff(found.offsets), there.sum(axis=1))
    np.testing.assert_array_equal(
        found.is_new, company.tables["customers"]["since"] >= company.world.months[0]
    )
    events = company.tables["events"]
    for kind, counts in found.counts.items():
        assert counts.sum() == (events["kind"] == kind).sum()
    reached = sum(int(counts.sum()) for counts in found.exposures.values())
    shown = [one.action_id for one in company.world.stimuli]
    assert reached == (~np.isin(company.tables["exposures"]["action_id"].astype(str), shown)).sum()


def test_unknown_numbers_are_nulls_when_opened() -> None:
    with simulate("quiet", 100, seed=1).open() as tables:
        found = tables.engine.fetch(
            "SELECT count(*) FILTER (WHERE amount IS NULL) AS n_null, count(*) AS n FROM events "
            "WHERE kind = 'visit'"
        )
    assert found["n_null"][0] == found["n"][0] > 0


def rows_of(path: Path) -> list[tuple]:
    reader = "read_parquet(?)" if path.suffix == ".parquet" else "read_csv(?, all_varchar = true)"
    return duckdb.execute(f"SELECT * FROM {reader}", [str(path)]).fetchall()


def plain(values: np.ndarray) -> list:
    if values.dtype.kind == "M":
        unit = "D" if np.datetime_data(values.dtype)[0] == "D" else "us"
        return values.astype(f"datetime64[{unit}]").tolist()
    return [None if v is None or v != v else v for v in values.tolist()]


@pytest.mark.parametrize("block_customers", [64, 16_384])
def test_written_block_by_block_is_what_is_in_memory(tmp_path: Path, block_customers: int) -> None:
    company = simulate("zonnewende", 300, seed=6, block_customers=block_customers)
    saved = company.save(tmp_path / "z")
    assert {f.table for f in saved.files if "/" not in f.table} == set(company.tables)
    for name, columns in company.tables.items():
        assert rows_of(tmp_path / "z" / f"{name}.parquet") == list(
            zip(*map(plain, columns.values()), strict=True)
        )
    truth = company.truth
    row, period = np.nonzero(truth.rungs >= 0)
    expected = zip(
        truth.customer_ids[row], plain(truth.periods[period]), truth.rungs[row, period].tolist(), strict=True
    )
    assert rows_of(tmp_path / "z" / "truth" / "rungs.parquet") == list(expected)
    shares = np.array([r[3] for r in rows_of(tmp_path / "z" / "truth" / "shares.parquet")])
    np.testing.assert_allclose(shares.reshape(-1, 6), truth.shares)


def test_one_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        simulate("quiet", 150, seed=7).save(tmp_path / folder, "csv")
    files = sorted(p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*") if p.is_file())
    assert len(files) > 10
    for file in files:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_csv_holds_the_same_rows(tmp_path: Path) -> None:
    company = simulate("quiet", 150, seed=8)
    saved = company.save(tmp_path, "csv", with_truth=False)
    for file in saved.files:
        assert len(rows_of(tmp_path / file.file)) == file.n_rows
    assert not (tmp_path / "truth").exists()
    amounts = [r[3] for r in rows_of(tmp_path / "events.csv") if r[3] is not None]
    known = company.tables["events"]["amount"]
    np.testing.assert_allclose(np.array(amounts, dtype=float), known[~np.isnan(known)])


def test_a_saved_folder_says_everywhere_that_it_is_simulated(tmp_path: Path) -> None:
    saved = simulate("quiet", 60, seed=9).save(tmp_path)
    mark = tomllib.loads((tmp_path / "simulated.toml").read_text("utf-8"))
    assert mark["simulated"] is True
    assert (mark["world"], mark["seed"], mark["n_customers"]) == ("quiet", 9, 60)
    assert mark["name"] == saved.title
    readme = (tmp_path / "README.md").read_text("utf-8")
    assert "simulated data" in readme
    assert "simulator van Verbond" in readme
    assert saved.simulated
    assert saved.to_dict()["simulated"] is True


def test_a_saved_folder_keeps_its_name_and_its_mark(tmp_path: Path) -> None:
    saved = simulate("quiet", 60, seed=9).save(tmp_path / "first", with_truth=False)
    with open_tables(tmp_path / "first") as tables:
        assert (tables.name, tables.simulated) == (saved.title, True)
        tables.save(tmp_path / "second")
    with open_tables(tmp_path / "second") as again:
        assert (again.name, again.simulated) == (saved.title, True)


def test_saving_again_replaces_what_was_saved(tmp_path: Path) -> None:
    simulate("zonnewende", 60, seed=1).save(tmp_path, "csv")
    saved = simulate("silent", 60, seed=1).save(tmp_path, "parquet", with_truth=False)
    kept = {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()}
    assert kept == {"simulated.toml", "README.md", *(f.file for f in saved.files)}


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text("customer_id\nreal\n", "utf-8")
    with pytest.raises(OptionError, match="no simulation wrote"):
        simulate("quiet", 60).save(tmp_path)
    assert (tmp_path / "customers.csv").read_text("utf-8") == "customer_id\nreal\n"
    assert len(list(tmp_path.iterdir())) == 1


def test_memory_follows_the_block_and_not_the_company(tmp_path: Path) -> None:
    peaks = []
    for n_blocks in (2, 8):
        tracemalloc.start()
        simulate("quiet", 250 * n_blocks, seed=1, block_customers=250).save(tmp_path / str(n_blocks))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    four_times_the_customers_may_cost = 1.5
    assert peaks[1] < four_times_the_customers_may_cost * peaks[0]


def test_progress_is_told_block_by_block(tmp_path: Path) -> None:
    heard: list[Progress] = []
    simulate("quiet", 90, seed=1, block_customers=30).save(tmp_path, progress=heard.append)
    assert [round(p.done, 3) for p in heard] == [0.333, 0.667, 1.0]


# wrong calls


@pytest.mark.parametrize(
    ("arguments", "options", "says"),
    [
        (("atlantis",), {}, "unknown world"),
        (("quiet", 0), {}, "number of customers"),
        (("quiet", 10), {"seed": -1}, "seed"),
        (("quiet", 10), {"block_customers": 0}, "block"),
    ],
)
def test_wrong_calls_are_refused(arguments: tuple, options: dict, says: str) -> None:
    with pytest.raises(OptionError, match=says):
        simulate(*arguments, **options)


def test_an_unknown_form_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="unknown file form"):
        simulate("quiet", 10).save(tmp_path / "x", "xlsx")
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("n_customers", [1, 2, 7])
@pytest.mark.parametrize("name", sorted(WORLDS))
def test_the_smallest_companies_can_be_made(name: str, n_customers: int) -> None:
    company = simulate(name, n_customers, seed=0)
    assert len(company.tables["customers"]["customer_id"]) == n_customers
