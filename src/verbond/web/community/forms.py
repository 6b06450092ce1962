"""The forms of a community: what it is, an answer, an idea."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import RegexValidator

from verbond.results import sentence
from verbond.web.community.ideas import LONGEST
from verbond.web.community.inviting import FEWEST, MOST
from verbond.web.forms import worded
from verbond.web.store.models import Community, Idea
from verbond.web.templating import spoken

__all__ = ["AnswerForm", "CommunityForm", "IdeaForm", "InviteForm"]

ROOM = "web_community"
_ONE_LINE = RegexValidator(r"^[^\x00-\x1f\x7f\u0085\u2028\u2029]*$", code="one_line")


def _word(code: str) -> str:
    return sentence(f"{ROOM}.{code}", spoken())


class CommunityForm(forms.Form):
    """What members read of a community."""

    name = forms.CharField(max_length=120, validators=[_ONE_LINE])
    company = forms.CharField(max_length=120, validators=[_ONE_LINE])
    intro = forms.CharField(max_length=2000, widget=forms.Textarea(attrs={"rows": 5}))
    contact = forms.CharField(max_length=200, required=False, validators=[_ONE_LINE])
    language = forms.ChoiceField()

    def __init__(self, data: Any = None, *, of: Community | None = None, company: str = "") -> None:
        fields = ("name", "company", "intro", "contact", "language")
        first = {"name": _word("name_first"), "company": company, "intro": _word("intro_first"),
                 "language": spoken()}  # fmt: skip
        super().__init__(data, initial={one: getattr(of, one) for one in fields} if of else first)
        self.fields["language"].choices = [("nl", _word("language_nl")), ("en", _word("language_en"))]
        worded(self, "community", ROOM)


class InviteForm(forms.Form):
    """How many to put on the list."""

    n = forms.IntegerField(min_value=FEWEST, max_value=MOST, initial=25)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        worded(self, "invite", ROOM)


class AnswerForm(forms.Form):
    """What is said to an idea, and what is done with it."""

    outcome = forms.ChoiceField(widget=forms.RadioSelect)
    answer = forms.CharField(max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 6}), required=False)

    def __init__(self, data: Any = None, *, idea: Idea) -> None:
        super().__init__(data, initial={"outcome": idea.outcome, "answer": idea.answer})
        self.fields["outcome"].choices = [(one, _word(f"outcome_{one}")) for one in Idea.Outcome.values]
        worded(self, "answer", ROOM)

    def clean(self) -> dict[str, Any]:
        """Whoever hears that something is done, or not, hears it in words."""
        given = super().clean() or {}
        if given.get("outcome") not in (None, "new") and not given.get("answer", "").strip():
            self.add_error("answer", _word("answer_needed"))
        return given


class IdeaForm(forms.Form):
    """An idea, and whether other members may read it."""

    text = forms.CharField(max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 5}))
    is_shown = forms.BooleanField(required=False)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        worded(self, "idea", ROOM)
        self.fields["text"].error_messages["required"] = _word("idea_empty")
