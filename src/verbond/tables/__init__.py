"""The only door to data: canonical tables, what reads them and what holds them.

- `open_tables`: the user's files or frames as `Tables` (`readers/` does the reading).
- `recognise`: what wrote a file and what its columns are, before anything of it is used.
- `schema`: the canonical tables as data (`TABLES`).
- `tables`: `Tables`, the tables of one company.
- `archive`: `Archive`, what an installation keeps on disk, pseudonymous, an import at a time.
- `panel`: `Panel`, what every customer did, period by period.
- `reads`: what methods ask of tables; each is an aggregate query and a pure step to arrays.
- `engines`: DuckDB or Spark, behind one door for SQL; `queries/` holds the SQL.
"""

from verbond.tables.archive import Archive, ErasureReport, KeptImport, RetentionReport, redactor
from verbond.tables.checks import FileCheck, LostReference, Refusal, RefusedRows, TableCheck, TablesCheck
from verbond.tables.open import open_tables
from verbond.tables.panel import Panel
from verbond.tables.readers.vendors.proposals import Question
from verbond.tables.readers.vendors.recognise import FoundColumn, Recognition, recognise
from verbond.tables.schema import ACTION_KINDS, CONSTRUCTS, EVENT_KINDS, RUNG_CONSTRUCTS, STIMULUS, TABLES
from verbond.tables.tables import Tables
from verbond.tables.writing import check_writable, read_columns, write_columns

__all__ = [
    "ACTION_KINDS",
    "CONSTRUCTS",
    "EVENT_KINDS",
    "RUNG_CONSTRUCTS",
    "STIMULUS",
    "TABLES",
    "Archive",
    "ErasureReport",
    "FileCheck",
    "FoundColumn",
    "KeptImport",
    "LostReference",
    "Panel",
    "Question",
    "Recognition",
    "Refusal",
    "RefusedRows",
    "RetentionReport",
    "TableCheck",
    "Tables",
    "TablesCheck",
    "check_writable",
    "open_tables",
    "read_columns",
    "recognise",
    "redactor",
    "write_columns",
]
