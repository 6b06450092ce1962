"""The small form of each kind of question, and of a page: Dutch and English beside each other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from django import forms

from verbond.listen import Condition, Page, Question, Questionnaire, Test, Variant
from verbond.listen.conditions import OPERATORS
from verbond.listen.questionnaire import LIMITS
from verbond.method.types import Text
from verbond.results import LANGUAGES, sentence
from verbond.web.listening import changing, pictures
from verbond.web.templating import spoken

__all__ = ["OF_EMPLOYEES", "PRESETS", "PageForm", "QuestionForm", "WordsForm", "filled", "offered", "preset"]

LONGEST = LIMITS.words
LONGEST_HEADING = 1000
PRESETS = ("agree", "ten", "choice", "several", "ranking", "text", "values", "stimulus")
"""What can be added: a kind, or a scale that is often used."""
OF_EMPLOYEES = ("department",)
"""What can be added beside these where employees are asked."""
_WITHOUT = ("answered", "not_answered")
_CHOSEN = ("choice", "several", "stimulus")


def word(key: str, **values: Any) -> str:
    """A sentence of the builder in the reader's language."""
    return sentence(f"web_listen.{key}", spoken(), **values)


_BRACED = re.compile(r"\{\s*(\w[^{}\n]{0,39}?)\s*\}")


def no_other_braces(text: str) -> None:
    """Refuse `{name}`: only `{company}` is filled in, and who answers would read the braces."""
    for name in _BRACED.findall(text):
        if name != "company":
            raise forms.ValidationError(word("wrong_braces", name=name))


def offered(group: str) -> tuple[str, ...]:
    """What can be added to a questionnaire for customers or employees."""
    return (*PRESETS, *(OF_EMPLOYEES if group == "employee" else ()))


def preset(name: str, group: str) -> Question:
    """A question to begin with; its id and words are still to be made.

    Parameters
    ----------
    name : str
        One of `PRESETS`, or of `OF_EMPLOYEES`.
    group : {"customer", "employee"}
    """
    nothing = Text(en="", nl="")
    match name:
        case "agree":
            ends = tuple(_both(f"ends_{end}") for end in ("disagree", "agree"))
            return Question("", "scale", nothing, labels=ends)  # type: ignore[arg-type]
        case "ten":
            return Question("", "scale", nothing, min=0, max=10)
        case "department":
            return Question("", "choice", _both("department_text"), role="department")
        case "values":
            sides = ("own", "seen") if group == "customer" else ("seen",)
            return Question("", "values", nothing, sides=sides)
        case _:
            return Question("", name, nothing)  # type: ignore[arg-type]


def _both(key: str) -> Text:
    return Text(**{code: sentence(f"web_listen.{key}", code) for code in LANGUAGES})


class _Worded(forms.Form):
    """Texts come in pairs, `NAME_nl` and `NAME_en`; the language is said in their labels."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        self.pairs: list[str] = []

    def add_pair(
        self, name: str, text: Text, *, longest: int = LONGEST, rows: int = 2, key: str = "", **values: Any
    ) -> None:
        """Two fields for a text."""
        self.pairs.append(name)
        for code in LANGUAGES:
            widget = (
                forms.Textarea(attrs={"rows": rows, "lang": code})
                if rows
                else forms.TextInput({"lang": code})
            )
            self.fields[f"{name}_{code}"] = forms.CharField(
                required=False,
                max_length=longest,
                initial=text.say(code),
                validators=[no_other_braces],
                widget=widget,
                label=f"{word(f'label_{key or name}', **values)} ({word(f'in_{code}')})",
            )

    def text(self, name: str) -> Text:
        """What was written."""
        return Text(
            **{
                code: self.cleaned_data.get(f"{name}_{code}", "").replace("\r\n", "\n").strip()
                for code in LANGUAGES
            }
        )

    def pair(self, name: str) -> list[Any]:
        """The fields of a text, the reader's own language first."""
        order = sorted(LANGUAGES, key=lambda code: code != spoken())
        return [self[f"{name}_{code}"] for code in order]

    def refuse(self, name: str, key: str, **values: Any) -> None:
        """Say what is wrong at a field."""
        self.add_error(name, word(key, **values))

    def refuse_pair(self, name: str, key: str, **values: Any) -> None:
        """Say what is wrong at the field in the reader's own language."""
        self.refuse(f"{name}_{spoken()}", key, **values)


class WordsForm(_Worded):
    """What stands before the first question and behind the last."""

    def __init__(self, data: Any = None, *, asked: Questionnaire) -> None:
        super().__init__(data)
        self.add_pair("title", asked.title, longest=LONGEST_HEADING, rows=0)
        self.add_pair("introduction", asked.introduction, longest=LIMITS.words, rows=5)
        self.add_pair("thanks", asked.thanks, longest=LIMITS.words, rows=3)

    def clean(self) -> dict[str, Any]:
        """There is a title."""
        if not any(self.text("title").say(code) for code in LANGUAGES):
            self.refuse_pair("title", "wrong_nothing")
        return self.cleaned_data

    def put_into(self, asked: Questionnaire) -> Questionnaire:
        """The questionnaire with these words."""
        return replace(asked, **{name: self.text(name) for name in self.pairs})


class _Conditional(_Worded):
    """With the question when it is asked: a few tests on answers on earlier pages."""

    def add_condition(self, condition: Condition | None, earlier: Sequence[Question]) -> None:
        """Three choices a test, one test more than there are."""
        self.earlier = {one.id: one for one in earlier}
        tests = condition.tests if condition is not None else ()
        self.n_tests = min(len(tests) + 1, LIMITS.tests) if earlier else 0
        for n in range(1, self.n_tests + 1):
            self._add_test(n, tests[n - 1] if n <= len(tests) else None)
        if self.n_tests > 1:
            self.fields["together"] = forms.ChoiceField(
                choices=[(one, word(f"together_{one}")) for one in ("all", "any")],
                initial=condition.together if condition is not None else "all",
                label=word("label_together"),
            )

    def _add_test(self, n: int, test: Test | None) -> None:
        questions = [("", word("always" if n == 1 else "no_more"))]
        questions += [(id, _short(one)) for id, one in self.earlier.items()]
        self.fields[f"if_{n}_question"] = forms.ChoiceField(
            required=False, choices=questions, initial=test.question if test else "", label=word("label_if")
        )
        self.fields[f"if_{n}_operator"] = forms.ChoiceField(
            required=False,
            choices=[(one, word(f"operator_{one}")) for one in OPERATORS],
            initial=test.operator if test else "is",
            label=word("label_operator"),
        )
        values = [("", word("value_none")), *filter(None, map(_values, self.earlier.values()))]
        self.fields[f"if_{n}_value"] = forms.ChoiceField(
            required=False,
            choices=values,
            initial=f"{test.question}:{test.value}" if test and test.value is not None else "",
            label=word("label_value"),
        )

    def freeze_condition(self) -> None:
        """Leave it as it is, whatever is posted."""
        for name in self.fields:
            if name == "together" or name.startswith("if_"):
                self.fields[name].disabled = True

    @property
    def tests(self) -> list[tuple[Any, Any, Any]]:
        """The fields of each test."""
        names = ("question", "operator", "value")
        return [tuple(self[f"if_{n}_{name}"] for name in names) for n in range(1, self.n_tests + 1)]

    def condition(self) -> Condition | None:
        """What was chosen; what is wrong with it is said at its fields."""
        tests = tuple(filter(None, map(self._test, range(1, self.n_tests + 1))))
        together = self.cleaned_data.get("together") or "all"
        return Condition(tests, together) if tests else None

    def _test(self, n: int) -> Test | None:
        names = {name: f"if_{n}_{name}" for name in ("question", "operator", "value")}
        chosen = {name: self.cleaned_data.get(field, "") for name, field in names.items()}
        if not chosen["question"]:
            return None
        looked_at, operator = self.earlier[chosen["question"]], chosen["operator"] or "is"
        if operator in _WITHOUT:
            return Test(looked_at.id, operator)
        scale = looked_at.kind == "scale"
        if not scale and (looked_at.kind not in _CHOSEN or operator not in ("is", "is_not")):
            self.refuse(names["operator"], "wrong_operator")
            return None
        of, _, value = chosen["value"].partition(":")
        if of != looked_at.id:
            self.refuse(names["value"], "wrong_value" if of else "wrong_no_value")
            return None
        return Test(looked_at.id, operator, int(value) if scale else value)


def filled(questions: Iterable[Question], company: str) -> tuple[Question, ...]:
    """Questions as they are read: with the company's name in them."""

    def said(text: Text) -> Text:
        return Text(**{code: text.say(code).replace("{company}", company) for code in LANGUAGES})

    return tuple(
        replace(
            one,
            text=said(one.text),
            options=tuple(replace(option, text=said(option.text)) for option in one.options),
            variants=tuple(replace(variant, text=said(variant.text)) for variant in one.variants),
        )
        for one in questions
    )


def _short(one: Question, most: int = 60) -> str:
    text = one.text.say(spoken()) or one.text.nl or one.text.en or word(f"kind_{one.kind}")
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"


def _values(one: Question) -> tuple[str, list[tuple[str, str]]] | None:
    if one.kind == "scale":
        return _short(one), [(f"{one.id}:{n}", str(n)) for n in range(one.min, one.max + 1)]
    if one.kind not in _CHOSEN:
        return None
    named = [(option.id, option.text) for option in one.options]
    named += [(variant.id, variant.text) for variant in one.variants]
    said = [(id, text.say(spoken()) or text.nl or text.en or id) for id, text in named]
    return _short(one), [(f"{one.id}:{id}", text if len(text) < 80 else text[:79] + "…") for id, text in said]


class PageForm(_Conditional):
    """A page: its heading, a few words, and when it is asked."""

    def __init__(
        self, data: Any = None, *, page: Page, earlier: Sequence[Question], frozen: bool = False
    ) -> None:
        super().__init__(data)
        self.add_pair("title", page.title, longest=LONGEST_HEADING, rows=0, key="heading")
        self.add_pair("text", page.text, rows=3, key="page_text")
        self.add_condition(page.asked_if, earlier)
        if frozen:
            self.freeze_condition()

    def clean(self) -> dict[str, Any]:
        """The condition holds together."""
        self.asked_if = self.condition()
        return self.cleaned_data


class QuestionForm(_Conditional):
    """One question, as its kind needs it.

    Parameters
    ----------
    data, files
        What was posted.
    question : Question
        As it is, or as it begins (`preset`).
    earlier : sequence of Question
        Those on pages before it.
    group : {"customer", "employee"}
    frozen : bool
        Whether it was asked already: then only words change.
    """

    def __init__(
        self, data: Any = None, files: Any = None, *, question: Question, earlier: Sequence[Question],
        group: str, frozen: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(data, files)
        self.question, self.group, self.frozen = question, group, frozen
        self.n_variants = 0
        if question.asks:
            self.add_pair("text", question.text)
        else:
            self.fields["about"] = forms.CharField(
                required=False,
                max_length=LONGEST_HEADING,
                initial=question.text.say(spoken()) or question.text.nl or question.text.en,
                label=word("label_about"),
            )
        adds = getattr(self, f"_add_{question.kind}", None)
        if adds is not None:
            adds(question, earlier)
        if question.asks:
            self.add_pair("help", question.help, rows=0, longest=LONGEST)
            self.fields["required"] = forms.BooleanField(
                required=False, initial=question.required, label=word("label_required"),
                help_text=word("help_required"), disabled=frozen,
            )  # fmt: skip
        self.add_condition(question.asked_if, earlier)
        if frozen:
            self.freeze_condition()

    def _add_scale(self, question: Question, earlier: Sequence[Question]) -> None:
        for name in ("min", "max"):
            self.fields[name] = forms.IntegerField(
                initial=getattr(question, name), label=word(f"label_{name}"), disabled=self.frozen,
                min_value=-LIMITS.number, max_value=LIMITS.number,
            )  # fmt: skip
        low, high = question.labels or (Text(en="", nl=""), Text(en="", nl=""))
        self.add_pair("low", low, longest=80, rows=0)
        self.add_pair("high", high, longest=80, rows=0)

    def _add_options(self, question: Question, earlier: Sequence[Question]) -> None:
        for code in LANGUAGES:
            self.fields[f"options_{code}"] = forms.CharField(
                required=False,
                validators=[no_other_braces],
                max_length=LIMITS.options * 300,
                initial="\n".join(one.text.say(code) for one in question.options).strip("\n"),
                widget=forms.Textarea(attrs={"rows": max(4, len(question.options) + 1), "lang": code}),
                label=f"{word('label_options')} ({word(f'in_{code}')})",
            )
        self.pairs.append("options")
        if question.kind == "choice" and (self.group == "employee" or question.role):
            self.fields["department"] = forms.BooleanField(
                required=False, initial=question.role == "department", label=word("label_department"),
                help_text=word("help_department"), disabled=self.frozen,
            )  # fmt: skip

    _add_choice = _add_several = _add_ranking = _add_options

    def _add_text(self, question: Question, earlier: Sequence[Question]) -> None:
        self.fields["longest"] = forms.IntegerField(
            initial=question.longest, min_value=1, max_value=LIMITS.answer_words,
            label=word("label_longest"), disabled=self.frozen,
        )  # fmt: skip

    def _add_values(self, question: Question, earlier: Sequence[Question]) -> None:
        self.fields["sides"] = forms.MultipleChoiceField(
            choices=[(side, word(f"side_{side}")) for side in ("own", "seen")], initial=question.sides,
            widget=forms.CheckboxSelectMultiple, label=word("label_sides"), disabled=self.frozen,
        )  # fmt: skip

    def _add_stimulus(self, question: Question, earlier: Sequence[Question]) -> None:
        known = question.variants
        self.n_variants = min(max(len(known) + 1, 2), LIMITS.variants)
        if self.frozen:
            self.n_variants = len(known)
        for n in range(1, self.n_variants + 1):
            one = known[n - 1] if n <= len(known) else Variant("", Text(en="", nl=""))
            self.add_pair(f"variant_{n}_text", one.text, rows=3, key="variant_text")
            self.fields[f"variant_{n}_picture"] = forms.FileField(
                required=False, label=word("label_picture"), help_text=word("help_picture"),
                widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
            )  # fmt: skip
            self.add_pair(f"variant_{n}_alt", one.alt, longest=300, rows=0, key="alt")
            if one.picture:
                self.fields[f"variant_{n}_bare"] = forms.BooleanField(
                    required=False, label=word("label_picture_off")
                )
        choices = [one for one in earlier if one.kind == "choice"]
        if choices or question.strata:
            self.fields["strata"] = forms.ChoiceField(
                required=False, initial=question.strata, label=word("label_strata"), disabled=self.frozen,
                help_text=word("help_strata"),
                choices=[("", word("strata_none")), *((one.id, _short(one)) for one in choices)],
            )  # fmt: skip
        if self.frozen:
            for name in self.fields:
                if name.startswith("variant_"):
                    self.fields[name].disabled = True

    @property
    def variants(self) -> list[dict[str, Any]]:
        """The fields of each variant."""
        found = []
        for n in range(1, self.n_variants + 1):
            known = self.question.variants[n - 1] if n <= len(self.question.variants) else None
            bare = f"variant_{n}_bare"
            found.append(
                {
                    "n": n,
                    "text": self.pair(f"variant_{n}_text"),
                    "picture": self[f"variant_{n}_picture"],
                    "alt": self.pair(f"variant_{n}_alt"),
                    "bare": self[bare] if bare in self.fields else None,
                    "known": known,
                }
            )
        return found

    def clean(self) -> dict[str, Any]:
        """Make the question of what was filled in; each mistake is said at its field."""
        made = self.question
        if made.asks:
            made = replace(made, text=self.text("text"), help=self.text("help"))
        elif "about" in self.changed_data:  # for who makes it only: no language can be missing
            about = self.cleaned_data.get("about", "").strip()
            made = replace(made, text=Text(en=about, nl=about))
        if made.asks and not (made.text.nl or made.text.en):
            self.refuse_pair("text", "wrong_nothing")
        made = replace(made, required=bool(self.cleaned_data.get("required")), asked_if=self.condition())
        reads = getattr(self, f"_read_{made.kind}", None)
        self.made = reads(made) if reads is not None else made
        return self.cleaned_data

    def _read_scale(self, made: Question) -> Question:
        low, high = self.cleaned_data.get("min"), self.cleaned_data.get("max")
        if low is not None and high is not None and not 1 <= high - low <= LIMITS.span:
            self.refuse("max", "wrong_scale", n=LIMITS.span)
            return made
        labels = self.text("low"), self.text("high")
        said = any(text.say(code) for text in labels for code in LANGUAGES)
        return replace(made, min=low or 0, max=high or 0, labels=labels if said else None)

    def _read_options(self, made: Question) -> Question:
        texts = {code: self.cleaned_data.get(f"options_{code}", "") for code in LANGUAGES}
        options, wrong = changing.options_from(
            texts["nl"], texts["en"], self.question.options, in_place=self.frozen
        )
        if not wrong and len(options) < 2:
            wrong = "few"
        if not wrong and len(options) > LIMITS.options:
            wrong = "many"
        if not wrong and self.frozen and [o.id for o in options] != [o.id for o in self.question.options]:
            wrong = "frozen"
        if wrong:
            self.refuse_pair("options", f"wrong_options_{wrong}", n=LIMITS.options)
            return made
        role = "department" if self.cleaned_data.get("department") else ""
        return replace(made, options=options, role=role)

    _read_choice = _read_several = _read_ranking = _read_options

    def _read_text(self, made: Question) -> Question:
        return replace(made, longest=self.cleaned_data.get("longest") or made.longest)

    def _read_values(self, made: Question) -> Question:
        chosen = self.cleaned_data.get("sides") or ()
        return replace(made, sides=tuple(side for side in ("own", "seen") if side in chosen))

    def _read_stimulus(self, made: Question) -> Question:
        made = replace(made, strata=self.cleaned_data.get("strata", made.strata))
        if self.frozen:
            return made
        variants: list[Variant] = []
        self.uploads: dict[str, Any] = {}
        for n in range(1, self.n_variants + 1):
            variant = self._variant(n)
            if variant is not None:
                variants.append(variant)
        if len(variants) < 2:
            self.refuse_pair(f"variant_{min(len(variants) + 1, self.n_variants)}_text", "wrong_variants")
        taken = {one.id for one in variants if one.id}
        for at, one in enumerate(variants):
            if not one.id:
                id = named_variant(one, taken)
                taken.add(id)
                variants[at] = replace(one, id=id)
        return replace(made, variants=tuple(variants))

    def _variant(self, n: int) -> Variant | None:
        known = self.question.variants[n - 1] if n <= len(self.question.variants) else None
        text, alt = self.text(f"variant_{n}_text"), self.text(f"variant_{n}_alt")
        brought = self.cleaned_data.get(f"variant_{n}_picture")
        digest = known.picture if known and not self.cleaned_data.get(f"variant_{n}_bare") else ""
        if brought is not None:
            digest = self._picture(n, brought)
        if not (text.nl or text.en or digest or brought):
            return None
        if digest and not (alt.nl or alt.en):
            self.refuse_pair(f"variant_{n}_alt", "wrong_alt")
        return Variant(known.id if known else "", text, digest, alt if digest else Text(en="", nl=""))

    def _picture(self, n: int, brought: Any) -> str:
        """The digest of a picture that was brought; it is put away by `keep_pictures`."""
        content = brought.read(pictures.MOST_BYTES + 1)
        try:
            digest = pictures.digest_of(content)
        except pictures.Unfit as refused:
            self.add_error(f"variant_{n}_picture", refused.reason.sentence(spoken()))
            return ""
        self.uploads[digest] = content
        return digest

    def keep_pictures(self, organisation_id: int) -> None:
        """Put the pictures away that came with it."""
        for content in getattr(self, "uploads", {}).values():
            pictures.keep(organisation_id, content)

    def sections(self) -> Iterator[str]:
        """Names of the single fields that stand between the texts and the condition."""
        single = ("min", "max", "longest", "sides", "department", "strata", "required")
        return (name for name in single if name in self.fields)


def named_variant(one: Variant, taken: set[str]) -> str:
    """An id for a variant, made of its first words."""
    words = " ".join((one.text.nl or one.text.en or one.alt.nl or one.alt.en).split()[:3])
    return changing.named(words, taken, "variant")
