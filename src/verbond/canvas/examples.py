"""Five example canvases of invented companies, from first note to first steps, to learn from.

Nobody in them exists; nor do their figures. Each has a contradiction that was decided, with what the company
stops doing, and each takes another way out of it.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from verbond.canvas.outcome import Outcome
from verbond.errors import OptionError
from verbond.results import Language
from verbond.results.wording import check_language

__all__ = ["EXAMPLES", "example"]

EXAMPLES = ("bank", "insurer", "energy", "shop", "municipality")
"""Names of the examples."""


@cache
def example(name: str, language: Language = "en") -> Outcome:
    """What came out of an invented company's workshop.

    Parameters
    ----------
    name : str
        One of `EXAMPLES`.
    language : {"en", "nl"}

    Raises
    ------
    OptionError
        If there is no such example, or no such language.

    Examples
    --------
    >>> example("shop").mission.text
    'People cook with things that they keep for life, and know how to keep them whole.'
    """
    if name not in EXAMPLES:
        raise OptionError("unknown example", got=repr(name), expected=", ".join(EXAMPLES))
    file = files("verbond.canvas") / "data" / "examples" / f"{name}.{check_language(language)}.json"
    return Outcome.from_json(json.loads(file.read_text("utf-8")))
