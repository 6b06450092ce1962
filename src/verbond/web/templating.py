"""Jinja2 for Django: the application's templates, and the report's parts, which pages share."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

import jinja2
from django.urls import reverse
from django.utils import translation
from markupsafe import Markup

from verbond.plots import draw_mark
from verbond.results import Language, sentence
from verbond.results.wording import format_value
from verbond.web.access import may
from verbond.web.assets import asset_url
from verbond.web.motifs import motif

__all__ = ["environment", "spoken"]


def spoken() -> Language:
    """The language of the page that is being made."""
    return "nl" if (translation.get_language() or "en").startswith("nl") else "en"


@lru_cache(maxsize=1024)
def _url(name: str, /, **parts: Any) -> str:
    return reverse(name, kwargs=parts)


@cache
def _mark(size: int = 32) -> Markup:
    return Markup(draw_mark(size))


def environment(**options: Any) -> jinja2.Environment:
    """What Django asks for.

    The report's templates are found from the top: to import the room would bring in every method.
    """
    made = jinja2.Environment(
        **{
            **options,
            "loader": jinja2.ChoiceLoader(
                [jinja2.PackageLoader("verbond", f"{room}/templates") for room in ("web", "reports")]
            ),
            "autoescape": True,
            "undefined": jinja2.StrictUndefined,
            "trim_blocks": True,
            "lstrip_blocks": True,
            "auto_reload": False,
        }
    )
    made.globals.update(
        say=lambda code, **values: sentence(f"report.{code}", spoken(), **values),
        tell=lambda code, **values: sentence(f"web.{code}", spoken(), **values),
        sentence_of=lambda code, **values: sentence(code, spoken(), **values),
        language=spoken,
        url=_url,
        asset=asset_url,
        may=may,
        mark=_mark,
        motif=motif,
    )
    made.filters.update(
        picture=Markup,
        written=lambda value, kind: format_value(value, kind, spoken()),
        said=lambda reason: reason.sentence(spoken()),
        spoken=lambda text: text.say(spoken()),
    )
    return made
