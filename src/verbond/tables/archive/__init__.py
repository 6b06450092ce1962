"""What an installation keeps of one organisation's data, and how it is erased.

- `archive`: `Archive`, the one door: imports come and go, tables are opened, people are found and erased.
- `layout`: the folders; changes are whole or not there, one process writes at a time.
- `keeping`, `pseudonyms`, `contacts`: how an import is written, and what is put apart.
- `merging`: what all imports say together.
- `finding`, `people`, `words`: who somebody is, whose a row is, and where text names them.
- `erasing`, `rules`: how somebody, or what is too old, is taken out and stays out.
- `kept`: what is said of an import.
"""

from verbond.tables.archive.archive import Archive
from verbond.tables.archive.erasing import ErasureReport, RetentionReport
from verbond.tables.archive.kept import KeptImport
from verbond.tables.archive.words import redactor

__all__ = ["Archive", "ErasureReport", "KeptImport", "RetentionReport", "redactor"]
