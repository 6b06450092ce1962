"""Reports: a diagnosis for people.

- `html`: `write_html` and `html_report`, one page that needs nothing from outside.
- `folder`: `write_report`, the page and its tables in one folder; `write_tables`, the tables alone, as CSV
  with their definitions.
- `page`, `sections`: what the page says and shows, and in which order.
- `behind`, `tables`: the tables behind the pictures, from results to rows.
- `filters`: what a page can be narrowed to, a segment or periods.
- `groups`: groups under five are never shown, and cannot be computed from what is shown.
- `templates/`, `styles/`: the page's skeleton and its clothes; the tokens come from `plots/styles/`.
"""

from verbond.reports.behind import tables_behind
from verbond.reports.filters import Filters, available_filters
from verbond.reports.folder import write_report, write_tables
from verbond.reports.html import html_report, report_css, write_html
from verbond.reports.sections import ladder_section
from verbond.reports.tables import Column, Table

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
    "write_report",
    "write_tables",
]
