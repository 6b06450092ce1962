"""What methods ask of tables: each read is an aggregate query in the engine and a pure step to arrays.

- `panel`, `panel_chunks`: what every customer did, period by period.
"""

from verbond.tables.reads.panel import panel, panel_chunks

__all__ = ["panel", "panel_chunks"]
