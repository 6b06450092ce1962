"""What somebody says of a message."""

from __future__ import annotations

from typing import Any

from django import forms

from verbond.expressions.kinds import RELATIONSHIPS, VALUES, VERDICTS

__all__ = ["LabelForm"]


class LabelForm(forms.Form):
    """A relationship, values, whether it keeps the promise, and why."""

    relationship = forms.ChoiceField(choices=[(one, one) for one in RELATIONSHIPS], required=False)
    values = forms.MultipleChoiceField(choices=[(one, one) for one in VALUES], required=False)
    verdict = forms.ChoiceField(choices=[(one, one) for one in VERDICTS], required=False)
    why = forms.CharField(max_length=500, required=False)

    def clean(self) -> dict[str, Any]:
        """One answer at least."""
        given = super().clean() or {}
        if not given.get("relationship") and not given.get("verdict"):
            raise forms.ValidationError("nothing")
        return given
