"""What came out of a canvas, as files: pictures, paper, slides, words, data.

- `files`: `canvas_file`, any form by its name; `FORMS`, what there is.
- `paper`: `canvas_pdf` (in full, A4), `canvas_wall` (one sheet, A1), `canvas_png`.
- `slides`: `canvas_pptx`, of which every shape can be changed.
- `kit`: what a workshop without screens needs on paper.
"""

from verbond.reports.canvas.files import FORMS, Form, canvas_file, file_name
from verbond.reports.canvas.paper import canvas_pdf, canvas_png, canvas_wall

__all__ = ["FORMS", "Form", "canvas_file", "canvas_pdf", "canvas_png", "canvas_wall", "file_name"]
