"""A diagnosis as slides of which every word, shape and chart can be changed.

- `files`: `write_pptx` and `pptx`, the file.
- `telling`: which slides there are, what each says, and what a presenter can say with it.
- `steps`: the slides of a plan; `told`: what a slide is before it is drawn.
- `charts`: from the tables behind a report to charts.
- `deck`, `drawn`: how a slide and a chart are drawn.
"""

from verbond.reports.slides.files import pptx, write_pptx

__all__ = ["pptx", "write_pptx"]
