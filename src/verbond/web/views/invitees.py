"""Whom a survey asks by name: the list, customers to choose from, the file for a mail merge."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from verbond.errors import VerbondError
from verbond.results import Spoken, protect_cell, sentence
from verbond.web.access import for_role, public
from verbond.web.forms import worded
from verbond.web.listening import invitees, lists, planning, reaching
from verbond.web.listening.letters import language_of, link_of, refusal_link_of, spoken_in
from verbond.web.listening.sheets import questionnaire_of
from verbond.web.middleware import LANGUAGE_COOKIE
from verbond.web.store import asking, letters, reads
from verbond.web.store.acts import note
from verbond.web.store.models import Invitee, Role, Survey
from verbond.web.templating import spoken
from verbond.web.views.surveys import found, framed, is_local

__all__ = [
    "LEAST", "ListForm", "Row", "collection", "customers", "merge_file", "new_list", "page_of", "refusal",
    "removal",
]  # fmt: skip

LEAST = 5
"""No figure about fewer people, where it is not known who is who."""
N_ON_A_PAGE = 50
MOST_REFUSED = 50


class ListForm(forms.Form):
    """A list that is pasted, or brought as a file."""

    pasted = forms.CharField(
        required=False,
        max_length=4_000_000,
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off", "spellcheck": "false"}),
    )
    file = forms.FileField(
        required=False, max_length=300, widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"})
    )

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        worded(self, "list", "web_letters")

    def clean(self) -> dict[str, Any]:
        """One of the two."""
        given = super().clean() or {}
        if not given.get("pasted", "").strip() and not given.get("file"):
            self.add_error("pasted", _word("list_empty"))
        return given


class CustomersForm(forms.Form):
    """Which customers: all, or those with one of some values of an attribute."""

    chosen = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, data: Any, attribute: str, values: dict[str, int]) -> None:
        super().__init__(data)
        self.fields["chosen"].choices = [
            (value, _word("customers_value", value=value or "–", n=n)) for value, n in values.items()
        ]
        self.fields["chosen"].label = attribute
        self.label_suffix = ""

    def clean_chosen(self) -> list[str]:
        """At least one."""
        if not self.cleaned_data["chosen"]:
            raise forms.ValidationError(_word("customers_choose"))
        return self.cleaned_data["chosen"]


@dataclass(frozen=True, slots=True)
class Row:
    """Somebody on the list, as the survey's mode lets her be seen.

    Attributes
    ----------
    pk : int
    email, name, department : str
    state : str
        Where the mode hides who said what, neither that she answered nor that she declined.
    removable : bool
        As long as nothing was sent.
    """

    pk: int
    email: str
    name: str
    department: str
    state: str
    removable: bool


@for_role(Role.FACILITATOR)
@require_safe
@never_cache
def collection(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Who is asked, how far that is, and how more come on the list."""
    return page_of(request, found(request, id))


@for_role(Role.FACILITATOR)
@require_POST
@never_cache
def new_list(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Put people on the list; each line that is not taken is shown with its reason."""
    survey = _changeable(request, id)
    form = ListForm(request.POST, request.FILES)
    if not form.is_valid():
        return page_of(request, survey, list_form=form, status=422)
    brought = form.cleaned_data["file"]
    try:
        if brought:
            rows = lists.candidates_of_file(
                brought.name, brought.read(lists.MOST_BYTES + 1), survey.organisation
            )
        else:
            rows = lists.candidates_in(form.cleaned_data["pasted"], survey.organisation)
    except VerbondError as error:
        form.add_error("file" if brought else "pasted", Spoken(error).say(spoken()))
        return page_of(request, survey, list_form=form, status=422)
    return _added(request, survey, rows)


def _added(request: HttpRequest, survey: Survey, rows: Iterable[invitees.Candidate]) -> HttpResponse:
    added = planning.add(survey, rows)
    if added.n:
        note(request, "invitees_added", survey.name, survey=str(survey.pk), n=added.n)
    return page_of(request, survey, added=added)


@for_role(Role.FACILITATOR)
@never_cache
def customers(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Choose among the customers who may be approached; colleagues are none of them."""
    survey = _changeable(request, id)
    if questionnaire_of(survey).group != "customer":
        raise Http404
    counts = lists.customers_by(survey.organisation)
    attribute = request.GET.get("by", "")
    values = dict(sorted(counts.get(attribute, {}).items()))
    form = CustomersForm(request.POST if request.method == "POST" else None, attribute, values)
    if request.method == "POST" and values and (not attribute or form.is_valid()):
        chosen = form.cleaned_data["chosen"] if attribute else ()
        return _added(request, survey, lists.candidates_of_customers(survey.organisation, attribute, chosen))
    context = framed(request, survey, "invitees") | {
        "n": counts.get("", {}).get("", 0),
        "attributes": sorted(name for name in counts if name),
        "by": attribute if values else "",
        "form": form,
    }
    return render(request, "invitees/customers.html", context, status=422 if form.is_bound else 200)


@for_role(Role.FACILITATOR)
@require_POST
def removal(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Take somebody off the list, to whom nothing was sent: who has her link could answer twice else."""
    survey = found(request, id)
    number = request.POST.get("invitee", "")
    one = survey.invitees.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 19 else None
    if one is None or not _removable(one):
        raise Http404
    invitees.remove(one)
    note(request, "invitee_removed", survey.name, survey=str(survey.pk))
    return redirect("survey_invitees", organisation=request.organisation.slug, id=survey.pk)


@for_role(Role.FACILITATOR)
@require_POST
@never_cache
def merge_file(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Addresses and personal links for a mail program of one's own; who took it is written down."""
    survey = found(request, id)
    if survey.state != Survey.State.OPEN:
        return page_of(request, survey, wrong=_word("merge_not_open"), status=422)
    with transaction.atomic():
        people = _to_merge(survey, everybody=request.POST.get("whom") == "all")
        if not people:
            return page_of(request, survey, wrong=_word("merge_nobody"), status=422)
        base = request.build_absolute_uri("/")
        content = "".join(_merged(survey, people, base))
        _mark_merged(survey, people)
        note(request, "invitees_taken", survey.name, survey=str(survey.pk), n=len(people))
    answer = HttpResponse(content.encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    name = f"{request.organisation.slug}-{timezone.localdate().isoformat()}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _to_merge(survey: Survey, *, everybody: bool) -> list[Invitee]:
    """Who stands in the file: those who were not asked yet and may be, or all who can still be written to.

    Where it must not be seen who answered, that is everybody, those who answered too.
    """
    if everybody:
        rows = letters.invitees_of(survey).filter(state__in=(Invitee.State.LISTED, Invitee.State.SENT))
        if survey.mode == Survey.Mode.IDENTIFIED:
            rows = rows.filter(answered=False)
        people = list(rows.exclude(email=""))
    else:
        people = list(letters.unasked(survey))
    barred = reaching.barred(survey, [one.email for one in people])
    return [one for one in people if one.email not in barred or (barred[one.email] == "rest" and one.n_sent)]


def _merged(survey: Survey, people: list[Invitee], base: str) -> Iterator[str]:
    asked = spoken_in(survey)
    text = io.StringIO()
    writer = csv.writer(text)
    headings = ("email", "name", "language", "company", "link", "refusal", "last_day")
    writer.writerow([_word(f"merge_{one}") for one in headings])
    last_day = survey.settings.get("last_day") or ""
    for one in people:
        one.survey = survey
        invitees.renew(one)
        row = (
            one.email, one.name, language_of(one, asked), survey.company, link_of(one, base),
            refusal_link_of(one, base), last_day,
        )  # fmt: skip
        writer.writerow([protect_cell(cell) for cell in row])
    yield text.getvalue()


def _mark_merged(survey: Survey, people: list[Invitee]) -> None:
    """Whoever stands in the file is taken for asked."""
    now = timezone.now()
    letters.mark_asked(survey, [one.pk for one in people], now)
    reaching.mark_asked(survey.organisation_id, [one.email for one in people])
    with asking.changing(survey) as fresh:  # who sends by herself gets no reminders sent for her
        if "reminders" not in fresh.settings:
            fresh.settings = {**fresh.settings, "reminders": False}
            fresh.save(update_fields=["settings"])


@public
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def refusal(request: HttpRequest, address: str, token: str) -> HttpResponse:
    """She does not want to be asked again. A mail program may post that for her (RFC 8058): no session asked.

    To look changes nothing: programs that guard mail open every link.
    """
    survey = asking.survey_at(address)
    one = invitees.find(token, survey) if survey is not None else None
    if survey is None or one is None:
        raise Http404
    if request.method == "POST":
        invitees.decline(one)
    asked = spoken_in(survey)
    wanted = (one.language, request.COOKIES.get(LANGUAGE_COOKIE), request.language)
    request.language = next((code for code in wanted if code in asked), asked[0])
    context = {
        "survey": survey,
        "company": survey.company,
        "origins": (),  # it stands in nobody's frame
        "done": request.method == "POST" or one.state == Invitee.State.DECLINED,
    }
    with translation.override(request.language):
        return render(request, "letters/refusal.html", context)


def page_of(
    request: HttpRequest,
    survey: Survey,
    *,
    list_form: ListForm | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """The page of whom a survey asks; `more` is what was just done, or what is wrong."""
    from verbond.web.views.letters import sending_of

    counts = letters.counts_of(survey)
    pages = Paginator(_rows(survey), N_ON_A_PAGE)
    page = pages.get_page(request.GET.get("page"))
    hidden = survey.mode != Survey.Mode.IDENTIFIED
    context = framed(request, survey, "invitees") | {
        "counts": _shown_counts(counts, hidden=hidden),
        "hidden": hidden,
        "rows": [_row(one, hidden=hidden) for one in page.object_list],
        "paged": page,
        "list_form": list_form or ListForm(),
        "sending": sending_of(request, survey, counts),
        "erasing": reads.running_job(request.organisation, "erasure"),
        "most_refused": MOST_REFUSED,
        "is_local": is_local(request),
        "added": None,
        "queued": None,
        "applied": None,
        "wrong": "",
        **more,
    }
    return render(request, "invitees/collection.html", context, status=status)


def _rows(survey: Survey) -> QuerySet[Invitee]:
    return letters.invitees_of(survey)


def _row(one: Invitee, *, hidden: bool) -> Row:
    bounced = one.state == Invitee.State.BOUNCED  # somebody has to mend that address
    state = one.state
    if hidden and state == Invitee.State.DECLINED:
        state = Invitee.State.SENT
    if not hidden and one.answered:
        state = "answered"
    email = invitees.mask(one.email) if hidden and not bounced else one.email
    return Row(one.pk, email, "" if hidden else one.name, one.department, state, _removable(one))


def _removable(one: Invitee) -> bool:
    return one.n_sent == 0 and one.state == Invitee.State.LISTED and not one.answered


def _shown_counts(counts: dict[str, int], *, hidden: bool) -> dict[str, int | None]:
    """Figures that may be shown; None for one about too few people."""
    if not hidden:
        return dict(counts)
    shown: dict[str, int | None] = dict(counts)
    shown["sent"] = counts["sent"] + counts["declined"]
    for name in ("answered", "declined"):
        if 0 < counts[name] < LEAST or 0 < counts["all"] - counts[name] < LEAST:
            shown[name] = None
    return shown


def _changeable(request: HttpRequest, id: uuid.UUID) -> Survey:
    """A survey on whose list people may still come.

    Raises
    ------
    Http404
        If there is none such, or it is closed.
    """
    survey = found(request, id)
    if survey.state == Survey.State.CLOSED:
        raise Http404
    return survey


def _word(code: str, **values: Any) -> str:
    return sentence(f"web_letters.{code}", spoken(), **values)
