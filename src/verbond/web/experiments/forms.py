"""The steps of the wizard: a form each. What the data say already stands in it as a start."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.utils import timezone

from verbond.results import sentence
from verbond.tables import ACTION_KINDS
from verbond.web.experiments import telling
from verbond.web.experiments.agreeing import outcome_said
from verbond.web.experiments.ground import Ground
from verbond.web.experiments.settings import LOTS, Settings
from verbond.web.experiments.sizing import Level, Measured, from_said, levels_of, plan_of
from verbond.web.forms import worded
from verbond.web.templating import spoken

__all__ = ["EXAMPLES", "AgreeForm", "LotForm", "OutcomeForm", "SizeForm", "WhatForm", "WhomForm"]

ROOM = "web_experiments"
EXAMPLES = ("folder", "call", "discount")
UNASKED = 0.2
LEAST = 10
"""Customers that a lot is drawn over."""
FAR = dt.timedelta(days=2 * 365)
"""What is known of customers now says little of how they are later than this."""
_DAYS = (30, 60, 90, 180, 365)
_SHARES = ("0.5", "0.75", "0.9")
_JOINED = "\x1f"
_OWN = "own"


class _StepForm(forms.Form):
    """A step, begun with what was answered before."""

    def word(self, key: str, **values: Any) -> str:
        """A sentence of ours in the reader's language."""
        return sentence(f"{ROOM}.{key}", spoken(), **values)

    def put_into(self, settings: Settings) -> Settings:
        """The settings with the answers of this step."""
        raise NotImplementedError


class WhatForm(_StepForm):
    """What some get, and what the others get."""

    action = forms.CharField(max_length=200)
    kind = forms.ChoiceField()
    control = forms.ChoiceField(widget=forms.RadioSelect)
    control_text = forms.CharField(max_length=200, required=False)
    holdout = forms.BooleanField(required=False)

    def __init__(self, data: Any = None, *, settings: Settings) -> None:
        super().__init__(data, initial={name: getattr(settings, name) for name in type(self).base_fields})
        self.fields["kind"].choices = [(one, self.word(f"kind_{one}")) for one in ACTION_KINDS]
        self.fields["control"].choices = [
            (one, self.word(f"control_choice_{one}")) for one in ("nothing", "later", "other")
        ]
        worded(self, "experiment", ROOM)

    def clean(self) -> dict[str, Any]:
        """What the others get is said where it is something else."""
        given = super().clean() or {}
        if given.get("control") == "other" and not given.get("control_text"):
            self.add_error("control_text", self.word("control_text_none"))
        return given

    def put_into(self, settings: Settings) -> Settings:
        """The settings with the answers of this step."""
        given = self.cleaned_data
        other = given["control"] == "other"
        return replace(
            settings,
            action=given["action"],
            kind=given["kind"],
            control=given["control"],
            control_text=given["control_text"] if other else "",
            holdout=given["holdout"] and other,
        )


class WhomForm(_StepForm):
    """Who may take part, and who decides who gets it."""

    group = forms.ChoiceField(required=False)
    lot = forms.ChoiceField(widget=forms.RadioSelect)
    cluster = forms.ChoiceField(required=False)
    spills = forms.BooleanField(required=False)

    def __init__(self, data: Any = None, *, settings: Settings, ground: Ground) -> None:
        chosen = f"{settings.group_by}{_JOINED}{settings.group}" if settings.group_by else ""
        super().__init__(
            data,
            initial={
                "group": chosen, "lot": settings.lot or "people", "cluster": settings.cluster,
                "spills": settings.spills,
            },
        )  # fmt: skip
        self.fields["group"].choices = [
            ("", self.word("everybody", n=ground.n)),
            *(
                (
                    name.replace("_", " "),
                    [(f"{name}{_JOINED}{value}", f"{value} ({n})") for value, n in of.items()],
                )
                for name, of in ground.groups.items()
            ),
        ]
        self.fields["lot"].choices = [(one, self.word(f"lot_{one}")) for one in LOTS]
        self.fields["cluster"].choices = [
            ("", self.word("cluster_none")),
            *((name, f"{name.replace('_', ' ')} ({n})") for name, n in ground.wholes.items()),
        ]
        worded(self, "experiment", ROOM)
        if not ground.groups:
            del self.fields["group"]
        if not ground.wholes:
            del self.fields["cluster"]
        self.has_wholes = bool(ground.wholes)

    def clean(self) -> dict[str, Any]:
        """Over wholes means: over which."""
        given = super().clean() or {}
        if self._over_wholes(given) and not given.get("cluster"):
            if self.has_wholes:
                self.add_error("cluster", self.word("cluster_needed"))
            else:
                self.add_error("spills" if given.get("spills") else "lot", self.word("cluster_unknown"))
        return given

    def _over_wholes(self, given: Mapping[str, Any]) -> bool:
        return given.get("lot") == "clusters" or (given.get("lot") == "people" and bool(given.get("spills")))

    def put_into(self, settings: Settings) -> Settings:
        """The settings with the answers of this step."""
        given = self.cleaned_data
        name, _, value = given.get("group", "").partition(_JOINED)
        wholes = self._over_wholes(given)
        return replace(
            settings,
            group_by=name,
            group=value,
            lot=given["lot"],
            control="later" if given["lot"] == "steps" else settings.control,
            cluster=given.get("cluster", "") if wholes else "",
            spills=given["spills"],
        )


class OutcomeForm(_StepForm):
    """What is looked at."""

    main = forms.ChoiceField(widget=forms.RadioSelect)
    others = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    days = forms.TypedChoiceField(coerce=int)

    def __init__(self, data: Any = None, *, settings: Settings, ground: Ground) -> None:
        names = ground.outcomes
        start = "trust" if "trust" in names else names[0]
        super().__init__(
            data,
            initial={"main": settings.main or start, "others": list(settings.others), "days": settings.days},
        )
        self.source_of = {name: self._source(name, ground) for name in names}
        choices = [(name, _upper(outcome_said(name, spoken()))) for name in names]
        self.fields["main"].choices = self.fields["others"].choices = choices
        self.fields["days"].choices = [(n, self.word("days_choice", n=n)) for n in _DAYS]
        worded(self, "experiment", ROOM)

    def _source(self, name: str, ground: Ground) -> str:
        """Where it comes from, in words: a heading above the choices of one source."""
        source = "recorded" if name in ground.behaviour else "asked" if name in ground.asked else "to_ask"
        return self.word(f"source_{source}")

    def put_into(self, settings: Settings) -> Settings:
        """The settings with the answers of this step; another main outcome has another effect."""
        given = self.cleaned_data
        others = tuple(name for name in given["others"] if name != given["main"])
        is_new = given["main"] != settings.main or given["days"] != settings.days
        return replace(
            settings,
            main=given["main"],
            others=others,
            days=given["days"],
            effect=0.0 if is_new else settings.effect,
        )


class SizeForm(_StepForm):
    """Which difference would be worth knowing, and how it goes."""

    level = forms.ChoiceField(widget=forms.RadioSelect)
    own = forms.FloatField(required=False, min_value=0, localize=True)
    share = forms.ChoiceField()
    response = forms.IntegerField(min_value=1, max_value=100)
    unasked = forms.BooleanField(required=False)
    any_look = forms.BooleanField(required=False)
    starts_on = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def __init__(
        self, data: Any = None, *, settings: Settings, ground: Ground, measured: Measured, response: float
    ) -> None:
        start = settings
        if settings.asks and not settings.effect:
            start = replace(settings, response=settings.response or response, unasked=UNASKED)
        self.measured, self.settings = measured, start
        self.is_known = ground.n > 0
        self.levels: tuple[Level, ...] = levels_of(
            start, measured, lambda n: ground.holds(n, settings.group_by, settings.group)
        )
        super().__init__(data, initial=self._initial(start))
        said = [
            (str(n), telling.level_said(start, measured, level, spoken()))
            for n, level in enumerate(self.levels)
        ]
        self.fields["level"].choices = [*said, (_OWN, self.word("level_own"))]
        self.fields["share"].choices = [(one, self.word(f"share_{one[2:]}")) for one in _SHARES]
        worded(self, "experiment", ROOM)
        self.fields["own"].label = self.word(f"own_{telling.unit_of(start, measured)}")
        if settings.holdout:
            del self.fields["share"]
        if not settings.asks:
            del self.fields["response"], self.fields["unasked"]

    def _initial(self, start: Settings) -> dict[str, Any]:
        level = self._level(start.effect)
        said = telling.as_said(start, self.measured, start.effect) if level == _OWN and start.effect else None
        return {
            "level": level,
            "own": None if said is None else float(f"{said:.4g}"),
            "share": f"{start.share:g}",
            "response": round(100 * start.response),
            "unasked": start.unasked > 0,
            "any_look": start.any_look,
            "starts_on": start.starts_on or _next_monday(),
        }

    def _level(self, effect: float) -> str:
        """The one chosen before; else the smallest that there are people for, and where that is not known
        the middle one."""
        known = {level.effect: str(n) for n, level in enumerate(self.levels)}
        if effect:
            return known.get(effect, _OWN)
        if not self.is_known and len(known) > 1:
            return "1"
        fitting = [str(n) for n, level in enumerate(self.levels) if level.fits]
        return next(iter([*fitting, *reversed(known.values()), _OWN]))

    def clean_starts_on(self) -> dt.date:
        """Not in the past: what happened before cannot come of it; nor so far off that nobody plans it."""
        day, today = self.cleaned_data["starts_on"], timezone.localdate()
        if day < today:
            raise forms.ValidationError(self.word("starts_past"))
        if day > today + FAR:
            raise forms.ValidationError(self.word("starts_far"))
        return day

    def clean(self) -> dict[str, Any]:
        """A difference of one's own is said, and can be."""
        given = super().clean() or {}
        if given.get("level") == _OWN and "own" in given and not given["own"]:
            self.add_error("own", self.word("own_none"))
        elif not self.errors and plan_of(self.put_into(self.settings), self.measured) is None:
            self.add_error("own" if given["level"] == _OWN else "level", self.word("own_beyond"))
        return given

    def put_into(self, settings: Settings) -> Settings:
        """The settings with the answers of this step."""
        given = self.cleaned_data
        if given["level"] == _OWN:
            effect = from_said(settings, self.measured, given["own"])
        else:
            effect = self.levels[int(given["level"])].effect
        return replace(
            settings,
            effect=effect,
            share=float(given.get("share", 0.5)),
            response=given["response"] / 100 if settings.asks else 0.0,
            unasked=UNASKED if given.get("unasked") else 0.0,
            any_look=given["any_look"],
            starts_on=given["starts_on"].isoformat(),
        )


def _upper(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"


def _next_monday() -> str:
    today = timezone.localdate()
    return (today + dt.timedelta(days=7 - today.weekday())).isoformat()


class AgreeForm(_StepForm):
    """What is expected, and who does not count."""

    hypothesis = forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 4}))
    exclusions = forms.CharField(max_length=500, required=False)

    def __init__(self, data: Any = None, *, hypothesis: str) -> None:
        super().__init__(data, initial={"hypothesis": hypothesis})
        worded(self, "experiment", ROOM)


class LotForm(_StepForm):
    """How many take part, and within what the lot is drawn."""

    n = forms.IntegerField(min_value=LEAST)
    strata = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, data: Any = None, *, n_wanted: int, ground: Ground, settings: Settings) -> None:
        from verbond.web.experiments.drawing import BOUGHT

        self.most = ground.n_of(settings.group_by, settings.group)
        bought = [BOUGHT] if "purchases" in ground.behaviour else []
        super().__init__(data, initial={"n": min(n_wanted, self.most), "strata": bought})
        columns = [name for name in ground.groups if name != settings.group_by]
        self.fields["strata"].choices = [
            *((one, self.word("stratum_bought")) for one in bought),
            *((name, name.replace("_", " ")) for name in columns),
        ]
        worded(self, "lot", ROOM)
        if settings.cluster:
            del self.fields["n"], self.fields["strata"]
        elif not self.fields["strata"].choices:
            del self.fields["strata"]

    def clean(self) -> dict[str, Any]:
        """There is somebody to draw."""
        if self.most < LEAST:
            self.add_error(None, self.word("lot_too_few"))
        return super().clean() or {}

    def clean_n(self) -> int:
        """No more than there are."""
        if self.cleaned_data["n"] > self.most:
            raise forms.ValidationError(self.word("lot_too_many", n=self.most))
        return self.cleaned_data["n"]
