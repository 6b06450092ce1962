"""What `verbond loyalty fit` is given: a file with a row a customer, survivors, or events."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from verbond.results import Reason

__all__ = ["CONTRACTS", "read_buying"]

CONTRACTS = ("sbg", "bdw")
_SURVIVORS = ("survivors", "n_survivors", "customers", "n_customers", "active")


def read_buying(
    data: str, model: str, unit_days: int, covariates: Sequence[str] = ()
) -> tuple[Any, tuple[Reason, ...]]:
    """A summary (or survivors) and what there is to say about it.

    Parameters
    ----------
    data : str
        A file or a folder.
    model : str
    unit_days : int
        Unit of time, where there are events.
    covariates : sequence of str
        Columns of the file, or attributes of customers.
    """
    from verbond.errors import NotFoundError
    from verbond.loyalty.summary import summary_columns, summary_of
    from verbond.tables.column_file import ColumnFile

    if Path(data).is_file():
        with ColumnFile(data) as file:
            if model in CONTRACTS:
                column = next((name for name in _SURVIVORS if name in file.names), None)
                if column is None:
                    raise NotFoundError(
                        "no column 'survivors'", got=", ".join(file.names), expected=" or ".join(_SURVIVORS)
                    )
                return file.numbers([column])[column], ()
            if columns := summary_columns(file.names):
                more = {name: _column(file, name) for name in covariates}
                return summary_of(file.numbers(columns) | more, covariates), ()
    return _of_events(data, model, unit_days, covariates)


def _column(file: Any, name: str) -> np.ndarray:
    from verbond.errors import ReadError

    try:
        return file.numbers([name])[name]
    except ReadError:
        return file.texts(name)


def _of_events(
    source: str, model: str, unit_days: int, covariates: Sequence[str]
) -> tuple[Any, tuple[Reason, ...]]:
    from verbond.errors import OptionError
    from verbond.loyalty.buying.reading import bought_until
    from verbond.tables.reads.histories import purchase_money

    if model in (*CONTRACTS, "bg-bb"):
        raise OptionError(
            f"{model} is not fitted to events", expected="a file with a row a period or customer"
        )
    with _opened(source) as tables:
        money = purchase_money(tables)
        reasons = (Reason("loyalty_buying.refunds", {"n": money.n_refunds}),) if money.n_refunds else ()
        if model == "gamma-gamma":
            summary, more = _spending(tables, unit_days, money.currencies)
            return summary, reasons + more
        if covariates:
            summary, more = _with_attributes(tables, unit_days, covariates)
            return summary, reasons + more
        return bought_until(tables, unit_days).summary, reasons


def _opened(source: str) -> Any:
    """The tables of a source; a single file that is neither a summary nor events is told what it lacks."""
    from verbond.errors import DataError
    from verbond.tables import open_tables

    try:
        return open_tables(source)
    except DataError as error:
        if not Path(source).is_file():
            raise
        raise DataError(
            f"{Path(source).name} is neither a row a customer nor events",
            expected="columns frequency, recency and T (and weight, monetary_value)",
            hint=f"As events: {error}",
        ) from error  # fmt: skip


def _spending(tables: Any, unit_days: int, currencies: tuple[str, ...]) -> tuple[Any, tuple[Reason, ...]]:
    from verbond.errors import DataError
    from verbond.loyalty.summary import Summary
    from verbond.tables.reads.purchases import purchases

    if len(currencies) > 1:
        raise DataError(
            "amounts are in several currencies", got=", ".join(currencies), expected="one currency",
            hint="Bring them to one currency, or fit each apart.",
        )  # fmt: skip
    bought = purchases(tables, unit_days)
    known = (bought.frequency == 0) | (bought.monetary_value > 0)
    n = int((~known).sum())
    reasons = (Reason("loyalty_buying.money_unknown", {"n": n}),) if n else ()
    summary = Summary(
        bought.frequency, bought.recency, bought.T, known.astype(np.float64), bought.monetary_value
    )
    return summary, reasons


def _with_attributes(
    tables: Any, unit_days: int, covariates: Sequence[str]
) -> tuple[Any, tuple[Reason, ...]]:
    from verbond.errors import NotFoundError
    from verbond.loyalty.summary import summary_of
    from verbond.tables.reads.purchases import purchases

    here = tables.columns("customers") if "customers" in tables else ()
    if missing := [name for name in covariates if name not in here]:
        raise NotFoundError(
            f"customers have no attribute {missing[0]!r}", got=", ".join(here) or "no table customers",
            expected="one of them",
        )  # fmt: skip
    bought = purchases(tables, unit_days)
    customers = tables.fetch("customers", ["customer_id", *covariates])
    place = {who: row for row, who in enumerate(customers["customer_id"].tolist())}
    rows = np.array([place.get(who, -1) for who in bought.customer_ids.tolist()], dtype=np.int64)
    known = rows >= 0
    values = {}
    for name in covariates:
        column = customers[name][np.maximum(rows, 0)]
        known &= np.array([v is not None and v == v for v in column.tolist()], dtype=bool)
        values[name] = column
    columns = {"frequency": bought.frequency, "recency": bought.recency, "T": bought.T} | values
    n = int((~known).sum())
    reasons = (Reason("loyalty_buying.covariate_unknown", {"n": n}),) if n else ()
    return summary_of({name: v[known] for name, v in columns.items()}, covariates), reasons
