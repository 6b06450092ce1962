"""The reader's language."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from verbond.results.wording import LANGUAGES
from verbond.web.access import public
from verbond.web.middleware import LANGUAGE_COOKIE
from verbond.web.people.addresses import back_of

__all__ = ["choose"]


@public
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Remember a language, with the user where there is one."""
    chosen = request.POST.get("language", "")
    answer = redirect(back_of(request))
    if chosen in LANGUAGES:
        if request.user.is_authenticated:
            request.user.language = chosen
            request.user.save(update_fields=["language"])
        answer.set_cookie(LANGUAGE_COOKIE, chosen, max_age=31536000, samesite="Lax", httponly=True)
    return answer
