"""A diagnosis as slides of which every word, shape and chart can be changed.

- `files`: `write_pptx` and `pptx`, the file.
- `telling`: which slides there are, what each says, and what a presenter can say with it.
- `charts`: from the tables behind a report to charts.
- `deck`: how a slide is drawn.
"""

from verbond.reports.slides.files import pptx, write_pptx

__all__ = ["pptx", "write_pptx"]
