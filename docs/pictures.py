"""Draw the picture of the README from the demo company: `python -m docs.pictures`."""

from __future__ import annotations

from pathlib import Path

import verbond
from verbond.plots import as_file, draw_ladder_result

FOLDER = Path(__file__).parent / "images"


def main() -> None:
    """Diagnose the demo company and draw its ladder."""
    with verbond.open_tables("demo") as tables:
        diagnosis = verbond.diagnose(tables)
    FOLDER.mkdir(exist_ok=True)
    picture = as_file(draw_ladder_result(diagnosis.ladder, "en", simulated=True))
    (FOLDER / "ladder.svg").write_text(picture, "utf-8")


if __name__ == "__main__":
    main()
