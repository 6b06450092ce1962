"""Pictures of what a relationship looks like: functions that take figures and give SVG.

- `ladder`: `draw_ladder_result` and `draw_ladder`, the ladder drawn as a ladder, the customers on it.
- `circle`: `draw_circle`, value profiles on the value circle; `draw_lit_circle`, chosen values on it;
  `draw_circles`, a circle a side; `draw_mark`, the mark of the house.
- `values`: `draw_value_map`, where values lie by people's own answers; `draw_contour`, a response surface.
- `bars`: `draw_interval_bars`, shares and scores with intervals, what was said beside what was done.
- `changes`: `draw_changes`, what was added and lost, with intervals.
- `odds`: `draw_odds`, odds ratios with intervals, open where there may be no difference.
- `power`: `draw_power`, how likely an experiment shows its effect, by how many take part.
- `effects`: `draw_differences`, what something did to several outcomes, side by side.
- `referral`: `draw_referral_fields`, what customers buy against what they bring, in four fields.
- `reliability`: `draw_reliability`, predicted chances beside what happened.
- `tracking`: `draw_tracking`, purchases expected and made over time; `draw_frequency_classes`, by class.
- `spans`: `draw_spans`, what was different at once beside what is left of it later.
- `strips`: `draw_shares_over_time`, the ladder over time; `draw_segments`, the ladder of each segment.
- `survival`: `draw_survival`, who is still there, with bands and how many were under observation.
- `expressions`: `draw_share_grid`, shares side by side; `expressions_months`: `draw_month_lines`, by month.
- `frontier`: `draw_frontier`, what steps bring soon against what they bring later.
- `figures`: what `result.plot()` gives in a notebook.
- `charts`: Altair specifications (`chart_...`) for a notebook, and `to_svg` for a page.
- `tokens`: colours, type and spacing of `styles/0-tokens.css`, for light and dark.
- `canvas`: `draw_canvas`, what came out of a relationship canvas, on one sheet.
- `sheet`, `lettering`: where words stand on a sheet, for every format; how wide they are at most.
- `rows`: rows of a picture, those of a group under its name.
- `svg`: how it is written; `as_file` makes a picture that stands alone.
- `people`, `timber`: the figures on the ladder and what it is made of.

Every picture is the same for the same input, has words for those who do not see it, follows the page into
the dark, and needs nothing from outside.
"""

from verbond.plots.bars import Bar, draw_interval_bars
from verbond.plots.canvas import draw_canvas
from verbond.plots.changes import Change, draw_changes
from verbond.plots.charts import chart_intentions, chart_segments, chart_shares_over_time, to_svg
from verbond.plots.circle import (
    CircleSide,
    CircleTie,
    CircleValue,
    draw_circle,
    draw_circles,
    draw_lit_circle,
    draw_mark,
)
from verbond.plots.effects import Difference, draw_differences
from verbond.plots.expressions import ShareCell, ShareColumn, ShareRow, draw_share_grid
from verbond.plots.expressions_months import MonthLine, draw_month_lines
from verbond.plots.figures import Figure, figure, kinds_of
from verbond.plots.frontier import FrontierDot, draw_frontier
from verbond.plots.ladder import crossings, draw_ladder, draw_ladder_result, flow_window, state_names
from verbond.plots.odds import Odds, draw_odds
from verbond.plots.power import draw_power
from verbond.plots.referral import draw_referral_fields
from verbond.plots.reliability import Chance, draw_reliability
from verbond.plots.spans import SpanColumn, SpanFigure, SpanRow, SpanWord, draw_spans
from verbond.plots.strips import draw_segments, draw_shares_over_time
from verbond.plots.survival import SurvivalLine, draw_survival
from verbond.plots.svg import as_file
from verbond.plots.tokens import tokens, tokens_css
from verbond.plots.tracking import draw_frequency_classes, draw_tracking
from verbond.plots.values import draw_contour, draw_value_map

__all__ = [
    "Bar",
    "Chance",
    "Change",
    "CircleSide",
    "CircleTie",
    "CircleValue",
    "Difference",
    "Figure",
    "FrontierDot",
    "MonthLine",
    "Odds",
    "ShareCell",
    "ShareColumn",
    "ShareRow",
    "SpanColumn",
    "SpanFigure",
    "SpanRow",
    "SpanWord",
    "SurvivalLine",
    "as_file",
    "chart_intentions",
    "chart_segments",
    "chart_shares_over_time",
    "crossings",
    "draw_canvas",
    "draw_changes",
    "draw_circle",
    "draw_circles",
    "draw_contour",
    "draw_differences",
    "draw_frequency_classes",
    "draw_frontier",
    "draw_interval_bars",
    "draw_ladder",
    "draw_ladder_result",
    "draw_lit_circle",
    "draw_mark",
    "draw_month_lines",
    "draw_odds",
    "draw_power",
    "draw_referral_fields",
    "draw_reliability",
    "draw_segments",
    "draw_share_grid",
    "draw_shares_over_time",
    "draw_spans",
    "draw_survival",
    "draw_tracking",
    "draw_value_map",
    "figure",
    "flow_window",
    "kinds_of",
    "state_names",
    "to_svg",
    "tokens",
    "tokens_css",
]
