"""Jinja2 for Django: the application's templates, and the report's parts, which pages share."""

from __future__ import annotations

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


def environment(**options: Any) -> jinja2.Environment:
    """What Django asks for."""
    made = jinja2.Environment(
        **{
            **options,
            "loader": jinja2.ChoiceLoader(
                [jinja2.PackageLoader("verbond.web"), jinja2.PackageLoader("verbond.reports")]
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
        url=lambda name, **parts: reverse(name, kwargs=parts),
        asset=asset_url,
        may=may,
        mark=lambda size=32: Markup(draw_mark(size)),
        motif=motif,
    )
    made.filters.update(
        picture=Markup,
        written=lambda value, kind: format_value(value, kind, spoken()),
        said=lambda reason: reason.sentence(spoken()),
        spoken=lambda text: text.say(spoken()),
    )
    return made
