"""A diagnosis to read on paper or to paste: everything as a PDF, one page for the board, and Markdown.

- `files`: `write_pdf`, `write_board`, `write_markdown`.
- `telling`: the report as parts (headings, words, lists, tables, pictures), which both forms set.
- `report.typ`, `board.typ`: how Typst sets them; it holds the PDF to PDF/UA-1.
"""

from verbond.reports.document.files import (
    board,
    markdown,
    pdf,
    write_board,
    write_markdown,
    write_pdf,
)

__all__ = ["board", "markdown", "pdf", "write_board", "write_markdown", "write_pdf"]
