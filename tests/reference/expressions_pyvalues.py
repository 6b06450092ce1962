"""Makes expressions_pyvalues*.tsv and .json: scores as pyvalues writes them, and its own ten of nineteen.

Needs pyvalues; made with 0.11.1. With a file as argument it reads that one and prints what it finds.
"""

import json
import sys
from pathlib import Path

import numpy as np
from pyvalues import OriginalValues, RefinedValues, RefinedValuesWithAttainment

HERE = Path(__file__).parent
TEXTS = ["We stand beside you.", 'Say "cheese",\nand smile.', "Een tab\ten een é.", "=1+1 is no formula here"]


def main() -> None:
    """Write the files, or read one."""
    if len(sys.argv) > 1:
        for one in OriginalValues.read_tsv(
            sys.argv[1], document_id_field="ID", language_field="Language", segment_field="Text"
        ):
            print(json.dumps([one.id, str(one.language), one.segments, [v.to_list() for v in one.values]]))
        return
    rng = np.random.default_rng(19)
    told = {}
    for name, kind, n in (("", RefinedValues, 19), ("_attained", RefinedValuesWithAttainment, 38)):
        scores = [kind.from_list((rng.random(n) * (0.5 if n > 19 else 1)).round(3).tolist()) for _ in TEXTS]
        with (HERE / f"expressions_pyvalues{name}.tsv").open("w", newline="") as file:
            writer = kind.writer_tsv_with_text(file)
            for i, (text, values) in enumerate(zip(TEXTS, scores, strict=True)):
                writer.write(values, text, document_id=f"d{i}", language="nl" if i == 2 else "en")
        totals = [one.total() if n > 19 else one for one in scores]
        told[name] = [one.original_values().model_dump() for one in totals]
    (HERE / "expressions_pyvalues.json").write_text(
        json.dumps({"texts": TEXTS, "ten": told}, indent=1) + "\n"
    )


if __name__ == "__main__":
    main()
