"""What came out of a canvas, as a picture: on a page, in a file, on a wall.

- `whole`: `canvas_sheet`, everything on one sheet; `draw_canvas`, that sheet as an SVG.
- `overlap`: identity, image, and the values that they share.
- `row`: mission, promise and first steps.
- `hand`: where the great parts stand, and what found no room.
"""

from verbond.plots.canvas.whole import canvas_sheet, draw_canvas

__all__ = ["canvas_sheet", "draw_canvas"]
