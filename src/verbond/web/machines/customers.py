"""Where each customer stands, for the company's own customer system: one file a diagnosis, under pseudonyms.

Names of customers are put in only at the moment that somebody who may see them asks for them.
"""

from __future__ import annotations

import csv
import io
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings

from verbond.results import plain, protect_cell
from verbond.web.diagnosing import archive_of
from verbond.web.store.models import Organisation, Run

if TYPE_CHECKING:
    from verbond.diagnosis import Diagnosis
    from verbond.tables import Tables

__all__ = ["customers_csv", "customers_of", "customers_parquet", "n_customers_of", "write_customers"]

BATCH = 50_000
ID = "customer_id"


def write_customers(diagnosis: Diagnosis, tables: Tables, run: uuid.UUID, organisation_id: int) -> None:
    """Write the customers' file of a diagnosis beside it; nothing where there is no fitted ladder."""
    from verbond.tables import write_columns

    ladder, survey = diagnosis.ladder, diagnosis.survey
    if ladder is None or not ladder.n_parameters:
        return
    if survey is not None and len(survey.scores["respondent_id"]):
        tables = tables.add("scores", survey.scores)
    columns = ladder.customer_file(tables).to_columns()
    order = np.argsort(columns[ID].astype(str), kind="stable")
    columns = {name: values[order] for name, values in columns.items()}
    columns |= _types(diagnosis, columns[ID])
    file = _file(organisation_id, run)
    beside = file.with_name(f".partial-{file.name}")
    write_columns(beside, columns)
    beside.replace(file)


def _types(diagnosis: Diagnosis, customers: np.ndarray) -> dict[str, np.ndarray]:
    """Relationship type of each customer who answered, and how sure that is; "" and NaN for the others."""
    types = diagnosis.answers.types if diagnosis.answers is not None else None
    if types is None or diagnosis.survey is None:
        return {}
    people, scores = types.people, diagnosis.survey.scores
    customer_of = dict(zip(scores["respondent_id"], scores[ID], strict=True))
    known = {}
    for row, respondent in enumerate(people["respondent_id"]):
        name = people["type"][row]
        known[customer_of.get(respondent)] = (name, people[name][row] if name in people else np.nan)
    found = [known.get(customer, ("", np.nan)) for customer in customers]
    return {
        "relationship_type": np.array([one[0] for one in found], object),
        "type_probability": np.array([one[1] for one in found], float),
    }


def n_customers_of(run: Run) -> int:
    """How many customers the file of a run holds; 0 where there is none."""
    from verbond.tables import read_columns

    file = _file(run.organisation_id, run.pk)
    return len(read_columns(file)[ID]) if file.exists() else 0


def customers_of(
    run: Run, organisation: Organisation, *, offset: int = 0, limit: int = BATCH
) -> list[dict[str, Any]]:
    """Rows of the customers' file, with the ids that the company itself uses.

    Parameters
    ----------
    run : Run
    organisation : Organisation
        That the run belongs to.
    offset, limit : int
        Which rows; sorted by pseudonym, so that pages stay what they are.
    """
    from verbond.tables import read_columns

    file = _file(run.organisation_id, run.pk)
    if not file.exists():
        return []
    columns = read_columns(file, offset=offset, limit=limit)
    known = _identities(organisation, columns[ID])
    rows = [plain(dict(zip(columns, row, strict=True))) for row in zip(*columns.values(), strict=True)]
    return [{**row, ID: known.get(row[ID], {}).get(ID, row[ID])} for row in rows]


def customers_csv(run: Run, organisation: Organisation) -> Iterator[bytes]:
    """The whole file as CSV for people, every cell safe in a spreadsheet."""
    offset, first = 0, True
    while rows := customers_of(run, organisation, offset=offset):
        text = io.StringIO()
        writer = csv.writer(text)
        if first:
            writer.writerow(rows[0])
        writer.writerows([protect_cell(value) for value in row.values()] for row in rows)
        yield text.getvalue().encode("utf-8-sig" if first else "utf-8")
        offset, first = offset + len(rows), False


def customers_parquet(run: Run, organisation: Organisation) -> bytes:
    """The whole file as Parquet; b"" where there is none."""
    from verbond.tables import read_columns, write_columns

    file = _file(run.organisation_id, run.pk)
    if not file.exists():
        return b""
    columns = read_columns(file)
    known = _identities(organisation, columns[ID])
    columns[ID] = np.array([known.get(one, {}).get(ID, one) for one in columns[ID]], object)
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".export-") as folder:
        beside = Path(folder) / "customers.parquet"
        write_columns(beside, columns)
        return beside.read_bytes()


def _identities(organisation: Organisation, pseudonyms: np.ndarray) -> Mapping[str, Mapping[str, str]]:
    if organisation.kind == Organisation.Kind.DEMO:
        return {}
    return archive_of(organisation).identities(pseudonyms)


def _file(organisation_id: int, run: uuid.UUID) -> Path:
    return settings.INSTALLATION.data_folder(organisation_id) / "results" / f"{run}.customers.parquet"
