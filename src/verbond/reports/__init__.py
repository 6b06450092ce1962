"""Reports: a diagnosis for people.

- `html`: `write_html` and `html_report`, one page that needs nothing from outside.
- `folder`: `write_report`, the page and its tables in one folder; `write_tables`, the tables alone, as CSV
  with their definitions.
- `page`, `sections`: what the page says and shows, and in which order.
- `behind`, `tables`: the tables behind the pictures, from results to rows.
- `filters`: what a page can be narrowed to, a segment or periods.
- `slides/`: `write_pptx`, slides with charts that can be changed; `workbook`: `write_xlsx`, the tables.
- `templates/`, `styles/`: the page's skeleton and its clothes; the tokens come from `plots/styles/`.

Names are imported when they are first used: paper (`typeset`, `canvas/`) waits for no method.
"""

import importlib as _importlib

__all__ = [
    "Column",
    "Filters",
    "Table",
    "available_filters",
    "html_report",
    "ladder_section",
    "report_css",
    "tables_behind",
    "write_html",
    "write_pptx",
    "write_report",
    "write_tables",
    "write_xlsx",
]

_HOME = {
    "Column": "verbond.reports.tables",
    "Filters": "verbond.reports.filters",
    "Table": "verbond.reports.tables",
    "available_filters": "verbond.reports.filters",
    "html_report": "verbond.reports.html",
    "ladder_section": "verbond.reports.sections",
    "report_css": "verbond.reports.html",
    "tables_behind": "verbond.reports.behind",
    "write_html": "verbond.reports.html",
    "write_pptx": "verbond.reports.slides",
    "write_report": "verbond.reports.folder",
    "write_tables": "verbond.reports.folder",
    "write_xlsx": "verbond.reports.workbook",
}


def __getattr__(name: str) -> object:
    if name in _HOME:
        return getattr(_importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module 'verbond.reports' has no attribute {name!r}")
