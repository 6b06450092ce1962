"""The community, as who leads it sees it: ideas, answers, and whom it asks."""

from __future__ import annotations

import csv
import io
from typing import Any

from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from verbond.results import protect_cell, sentence
from verbond.web.access import for_role
from verbond.web.community import ideas, members, sending
from verbond.web.community.flowing import forget_flow
from verbond.web.community.forms import AnswerForm, CommunityForm, InviteForm
from verbond.web.community.inviting import proposed_for
from verbond.web.contexts import frame
from verbond.web.forms import posted
from verbond.web.people.limits import Limit, spend
from verbond.web.store.acts import note
from verbond.web.store.letters import mailbox_of
from verbond.web.store.models import Community, CommunityMember, Idea, Organisation, Role
from verbond.web.templating import spoken

__all__ = [
    "collection", "idea", "idea_letter", "idea_removal", "letters", "list_of", "member_letter",
    "member_removal", "merge_file", "opening", "removal", "settings",
]  # fmt: skip

N_ON_A_PAGE = 25
ANSWERING = Limit("answering ideas", 300, 3600)
PROPOSING = Limit("looking for customers to ask", 30, 3600)


def _found(request: HttpRequest) -> Community:
    community = members.community_of(request.organisation)
    if community is None:
        raise Http404
    return community


def _framed(request: HttpRequest, community: Community | None, part: str, **more: Any) -> dict[str, Any]:
    return frame(request, "community") | {"community": community, "part": part} | more


def _to(request: HttpRequest, name: str, **parts: Any) -> HttpResponse:
    return redirect(name, organisation=request.organisation.slug, **parts)


@for_role(Role.FACILITATOR)
def collection(request: HttpRequest) -> HttpResponse:
    """The ideas, newest first, those of one outcome where asked; where there is no community, its start."""
    community = members.community_of(request.organisation)
    if community is None:
        return _start(request)
    if request.method == "POST":
        raise Http404
    outcome = request.GET.get("outcome", "")
    rows = community.ideas.select_related("member", "answered_by")
    rows = rows.filter(outcome=outcome) if outcome in Idea.Outcome.values else rows
    page = Paginator(rows, N_ON_A_PAGE).get_page(request.GET.get("page"))
    context = _framed(
        request, community, "ideas", counts=ideas.counts_of(community), outcome=outcome, paged=page
    )
    return render(request, "community/collection.html", context)


def _start(request: HttpRequest) -> HttpResponse:
    form = CommunityForm(posted(request), company=request.organisation.name)
    if form.is_bound and form.is_valid():
        with transaction.atomic():
            made, fresh = Community.objects.get_or_create(
                organisation=request.organisation, defaults={**form.cleaned_data, "created_by": request.user}
            )
        if fresh:
            note(request, "community_made", made.name)
        return _to(request, "community_members")
    context = _framed(request, None, "start", form=form)
    return render(request, "community/start.html", context, status=422 if form.is_bound else 200)


@for_role(Role.FACILITATOR)
def settings(request: HttpRequest) -> HttpResponse:
    """What members read, and whether ideas can be brought."""
    community = _found(request)
    form = CommunityForm(posted(request), of=community)
    if form.is_bound and form.is_valid():
        Community.objects.filter(pk=community.pk).update(**form.cleaned_data)
        note(request, "community_changed", form.cleaned_data["name"])
        return _to(request, "community_settings")
    context = _framed(request, community, "settings", form=form)
    return render(request, "community/settings.html", context, status=422 if form.is_bound else 200)


@for_role(Role.FACILITATOR)
@require_POST
def opening(request: HttpRequest) -> HttpResponse:
    """Let ideas be brought, or no longer."""
    community, opens = _found(request), request.POST.get("go") == "open"
    Community.objects.filter(pk=community.pk).update(is_open=opens)
    note(request, "community_opened" if opens else "community_closed", community.name)
    return _to(request, "community_settings")


@for_role(Role.OWNER)
@require_POST
def removal(request: HttpRequest) -> HttpResponse:
    """Remove a community with its members, its ideas and what they are in the tables."""
    community = _found(request)
    if request.POST.get("typed", "").strip() != community.name:
        context = _framed(request, community, "settings", form=CommunityForm(of=community), mistyped=True)
        return render(request, "community/settings.html", context, status=422)
    forget_flow(community)
    community.delete()
    note(request, "community_removed", community.name)
    return _to(request, "community")


@for_role(Role.FACILITATOR)
@never_cache
def idea(request: HttpRequest, id: int) -> HttpResponse:
    """One idea: its answer, and what is done with it."""
    community = _found(request)
    one = community.ideas.select_related("member", "answered_by").filter(pk=id).first()
    if one is None:
        raise Http404
    form = AnswerForm(posted(request), idea=one)
    if form.is_bound and form.is_valid():
        spend(ANSWERING, str(request.user.pk))
        base = request.build_absolute_uri("/")
        given = form.cleaned_data
        if ideas.answer(one, given["answer"], given["outcome"], by=request.user):
            Community.objects.filter(pk=community.pk).update(base=base)
            note(request, "idea_answered", str(one.pk), outcome=given["outcome"])
        return _to(request, "community_idea", id=one.pk)
    context = _framed(request, community, "ideas", idea=one, form=form, box=mailbox_of(request.organisation))
    return render(request, "community/idea.html", context, status=422 if form.is_bound else 200)


@for_role(Role.FACILITATOR)
@require_POST
def idea_letter(request: HttpRequest, id: int) -> HttpResponse:
    """Send the answer once more, where the letter did not arrive."""
    one = _found(request).ideas.filter(pk=id).select_related("member").first()
    if one is None:
        raise Http404
    if sending.send_again(one, base=request.build_absolute_uri("/")):
        note(request, "idea_answered", str(id), outcome=one.outcome)
    return _to(request, "community_idea", id=id)


@for_role(Role.FACILITATOR)
@require_POST
def idea_removal(request: HttpRequest, id: int) -> HttpResponse:
    """Remove an idea, and the contribution that it is."""
    one = _found(request).ideas.filter(pk=id).select_related("community").first()
    if one is None:
        raise Http404
    ideas.take_back(one)
    note(request, "idea_removed", str(id))
    return _to(request, "community")


# whom it asks


@for_role(Role.FACILITATOR)
@never_cache
def list_of(request: HttpRequest) -> HttpResponse:
    """Who is asked, and customers to ask next: who showed interest and gave consent."""
    community = _found(request)
    form = InviteForm(posted(request))
    added = None
    if form.is_bound and form.is_valid():
        spend(PROPOSING, str(request.organisation.pk))
        found = proposed_for(request.organisation, form.cleaned_data["n"])
        added = {
            "n": members.add(community, found.candidates, found.why),
            "found": found,
            "n_with_address": len(found.candidates),
        }
        note(request, "members_added", community.name, n=added["n"])
    return _list_page(request, community, form=form, added=added)


def _list_page(request: HttpRequest, community: Community, **more: Any) -> HttpResponse:
    letter = CommunityMember.Letter
    rows = community.members.all()
    pages = Paginator(rows, N_ON_A_PAGE)
    form = more.pop("form", None) or InviteForm()
    demo = request.organisation.kind == Organisation.Kind.DEMO
    first = rows.filter(ideas__isnull=False).first() if demo else None
    context = _framed(
        request, community, "members",
        form=form,
        paged=pages.get_page(request.GET.get("page")),
        n=pages.count,
        n_unasked=rows.filter(letter=letter.NONE, asked_at=None, declined=False).exclude(email="").count(),
        n_waiting=rows.filter(letter=letter.WAITING).count(),
        box=mailbox_of(request.organisation),
        is_demo=demo,
        try_link=members.link_of(first, "") if first is not None else "",
        **({"added": None, "queued": None, "wrong": ""} | more),
    )  # fmt: skip
    wrong = form.is_bound and not form.is_valid()
    return render(
        request, "community/members.html", context, status=422 if wrong or context["wrong"] else 200
    )


@for_role(Role.FACILITATOR)
@require_POST
@never_cache
def letters(request: HttpRequest) -> HttpResponse:
    """Let invitations go to everybody who was not asked yet."""
    community = _found(request)
    if mailbox_of(request.organisation) is None:
        return _list_page(request, community, wrong=_word("no_mailbox"))
    n = sending.invite(community, base=request.build_absolute_uri("/"))
    note(request, "members_invited", community.name, n=n)
    return _list_page(request, community, queued=n)


@for_role(Role.FACILITATOR)
@require_POST
@never_cache
def merge_file(request: HttpRequest) -> HttpResponse:
    """Addresses and links of who was not asked yet, for a mail program of one's own."""
    community = _found(request)
    base = request.build_absolute_uri("/")
    with transaction.atomic():
        rows = community.members.filter(asked_at=None, declined=False).exclude(email="")
        people = list(rows.filter(letter__in=("none", "waiting", "failed")).select_related("community"))
        if not people:
            return _list_page(request, community, wrong=_word("merge_nobody"))
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow([_word(f"merge_{one}") for one in ("email", "name", "language", "link", "refusal")])
        for one in people:
            members.renew(one)
            cells = (one.email, one.name, one.language or community.language, members.link_of(one, base),
                     members.refusal_link_of(one, base))  # fmt: skip
            writer.writerow([protect_cell(cell) for cell in cells])
        pks = [one.pk for one in people]
        community.members.filter(pk__in=pks).update(letter="sent", asked_at=timezone.now())
        note(request, "members_taken", community.name, n=len(people))
    answer = HttpResponse(text.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    name = f"{request.organisation.slug}-{timezone.localdate().isoformat()}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@for_role(Role.FACILITATOR)
@require_POST
def member_letter(request: HttpRequest, id: int) -> HttpResponse:
    """Invite somebody once more whose letter did not arrive."""
    community = _found(request)
    one = community.members.filter(pk=id).first()
    if one is None:
        raise Http404
    if sending.send_again(one, base=request.build_absolute_uri("/")):
        note(request, "members_invited", community.name, n=1)
    return _to(request, "community_members")


@for_role(Role.FACILITATOR)
@require_POST
def member_removal(request: HttpRequest, id: int) -> HttpResponse:
    """Take somebody off the list, with what she brought."""
    community = _found(request)
    one = community.members.filter(pk=id).first()
    if one is None:
        raise Http404
    for brought in one.ideas.select_related("community"):
        ideas.take_back(brought)
    one.delete()
    note(request, "members_lessened", community.name)
    return _to(request, "community_members")


def _word(code: str, **values: Any) -> str:
    return sentence(f"web_community.{code}", spoken(), **values)
