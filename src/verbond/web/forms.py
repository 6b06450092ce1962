"""Forms: Django checks them, our own words label them."""

from __future__ import annotations

from typing import TypeVar

from django import forms
from django.contrib.auth.password_validation import MinimumLengthValidator
from django.http import HttpRequest, QueryDict

from verbond.results import sentence
from verbond.results.wording import entries
from verbond.web.templating import spoken

__all__ = ["LongEnough", "posted", "worded"]

F = TypeVar("F", bound=forms.BaseForm)


def worded(form: F, name: str, room: str = "web") -> F:
    """Label each field: `ROOM.field_NAME_FIELD`, else `ROOM.field_FIELD`, else `web.field_FIELD`.

    The same code with `_help` behind it is its help.
    """
    language, known = spoken(), entries(spoken())
    for field_name, field in form.fields.items():
        codes = [f"{room}.field_{name}_{field_name}", f"{room}.field_{field_name}"]
        code = next((one for one in codes if one in known), f"web.field_{field_name}")
        field.label = sentence(code, language)
        if f"{code}_help" in known:
            field.help_text = sentence(f"{code}_help", language)
    form.label_suffix = ""
    return form


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form is filled with: what was posted, be it nothing; None where the page is only looked at."""
    return request.POST if request.method == "POST" else None


class LongEnough(MinimumLengthValidator):
    """A password of enough characters, refused in our own words: Django's own are not in Dutch."""

    def get_error_message(self) -> str:
        """What is wrong with it, in the reader's language."""
        return sentence("web.password_short", spoken(), n=self.min_length)
