"""The community, as a customer sees it who was asked: no account, her link is enough.

Her name stands beside her ideas before other members only where she said so; to look changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from verbond.results import LANGUAGES
from verbond.web.access import public
from verbond.web.community import ideas, members
from verbond.web.community.forms import IdeaForm
from verbond.web.people.limits import Limit, TooOften, address_of, spend
from verbond.web.store.models import CommunityMember, Idea

__all__ = ["one", "refusal"]

GUESSING = Limit("guessing a member's link", 30, 3600)
READING = Limit("reading a community", 600, 3600)
View = Callable[..., HttpResponse]


def _as_member(view: View) -> View:
    """Give the view the member whose link it is: the token in the address stands for all else."""

    @wraps(view)
    def checked(request: HttpRequest, address: str, token: str) -> HttpResponse:
        try:
            member = members.find(address, token)
            spend(READING if member is not None else GUESSING, address_of(request))
        except TooOften as refused:
            answer = render(request, "community/message.html", _bare(None, "too_often"), status=429)
            answer["Retry-After"] = str(refused.seconds or 60)
            return answer
        if member is None:
            raise Http404
        _speak(request, member)
        with translation.override(request.language):
            answer = view(request, member)
        answer["Referrer-Policy"] = "no-referrer"  # her link goes nowhere with her
        return answer

    return public(csrf_exempt(never_cache(require_http_methods(["GET", "HEAD", "POST"])(checked))))


def _speak(request: HttpRequest, member: CommunityMember) -> None:
    asked = (request.GET.get("language", ""), member.language, member.community.language)
    request.language = next((code for code in asked if code in LANGUAGES), "en")


def _bare(member: CommunityMember | None, key: str) -> dict[str, Any]:
    community = member.community if member is not None else None
    return {
        "community": community,
        "company": community.company if community else "",
        "origins": (),
        "key": key,
    }


@_as_member
def one(request: HttpRequest, member: CommunityMember) -> HttpResponse:
    """Her ideas with what came of them, a place for a new one, and what others let her read."""
    form, said, status = IdeaForm(), request.GET.get("said", ""), 200
    if request.method == "POST":
        match request.POST.get("go"):
            case "name":
                ideas.show(member, name=request.POST.get("shows_name") == "on")
                return _back(request, "name")
            case "back":
                return _taken_back(request, member)
        if not member.community.is_open:
            return render(request, "community/message.html", _bare(member, "closed"), status=409)
        form = IdeaForm(request.POST)
        status = 422
        if form.is_valid():
            try:
                ideas.bring(member, form.cleaned_data["text"], is_shown=form.cleaned_data["is_shown"])
            except TooOften as refused:
                answer = render(request, "community/message.html", _bare(member, "too_often"), status=429)
                answer["Retry-After"] = str(refused.seconds or 60)
                return answer
            return _back(request, "idea")
    context = _bare(member, "") | {
        "member": member,
        "mine": list(member.ideas.all()),
        "others": ideas.others_of(member),
        "form": form,
        "said": said if said in ("idea", "name", "back") else "",
        "languages": LANGUAGES,
    }
    return render(request, "community/member.html", context, status=status)


def _taken_back(request: HttpRequest, member: CommunityMember) -> HttpResponse:
    number = request.POST.get("idea", "")
    mine: Idea | None = (
        member.ideas.select_related("community").filter(pk=int(number)).first()
        if number.isdecimal() and len(number) < 19
        else None
    )
    if mine is None:
        raise Http404
    ideas.take_back(mine)
    return _back(request, "back")


def _back(request: HttpRequest, said: str) -> HttpResponse:
    """The page anew, so that nothing is sent twice when it is loaded again."""
    language = f"&language={request.language}" if request.GET.get("language") else ""
    return redirect(f"{request.path}?said={said}{language}")


@_as_member
def refusal(request: HttpRequest, member: CommunityMember) -> HttpResponse:
    """She does not want to be asked again. A mail program may post that for her (RFC 8058).

    To look changes nothing: programs that guard mail open every link.
    """
    if request.method == "POST":
        members.decline(member)
    done = request.method == "POST" or member.declined
    return render(request, "community/message.html", _bare(member, "refused" if done else "refusal"))
