"""Who takes part in a canvas: a member of its organisation who is signed in, or whoever came by the link.

A guest is known by a cookie that holds for this canvas alone; a token is kept as a hash only. No address is
asked of anybody. Whoever may run workshops in the organisation leads here too; a guest never does.
"""

from __future__ import annotations

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse

from verbond.language.lines import one_line
from verbond.web.people import tokens
from verbond.web.people.limits import Limit, address_of, give_back, spend
from verbond.web.store.models import Canvas, Membership, Participant, Role, User

__all__ = [
    "COOKIE", "GUESSING", "JOINING", "MOST", "NotIn", "canvas_of", "forget_cookie", "give_cookie",
    "is_shown_out", "join", "may_join", "member_of", "participant_of", "taking_part", "who_comes",
]  # fmt: skip

COOKIE = "canvas"
KEPT_SECONDS = 60 * 60 * 24 * 60
"""A workshop may take weeks, and be opened again."""
GUESSING = Limit("an address of no canvas", 300, 3600)
JOINING = Limit("joining a canvas", 300, 3600)
"""Generous: a whole company may stand behind one address."""
MOST = 300
"""So many people on one canvas."""


class NotIn(Exception):
    """Somebody who cannot join.

    Attributes
    ----------
    code : str
        "closed" (the canvas is, or takes nobody new), "out" (was shown the door), "full".
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def canvas_of(address: str, request: HttpRequest | None = None) -> Canvas:
    """The canvas at an address, open or closed, with its organisation.

    Parameters
    ----------
    address : str
    request : HttpRequest, optional
        Of whoever may be guessing: a wrong address counts.

    Raises
    ------
    Http404
        If there is none.
    TooOften
        If there were too many wrong addresses from there.
    """
    found = Canvas.objects.select_related("organisation").filter(address=address[:24]).first()
    if found is None or found.address != address:
        if request is not None:
            spend(GUESSING, address_of(request))
        raise Http404
    return found


def who_comes(request: HttpRequest, address: str) -> tuple[Canvas, Participant | None]:
    """The canvas at an address, open or closed, and who asks as a participant; None for who has not joined.

    Raises
    ------
    Http404
        If there is no canvas.
    TooOften
        If there were too many wrong addresses from there.
    """
    canvas = canvas_of(address, request)
    who = participant_of(request, canvas)
    if who is None:
        _let_look(request)
    return canvas, who


def taking_part(request: HttpRequest, address: str) -> tuple[Canvas, Participant]:
    """An open canvas, and a participant of it.

    Raises
    ------
    Http404
        For everybody else, and for a canvas that is closed.
    TooOften
    """
    canvas, who = who_comes(request, address)
    if who is None or canvas.state != Canvas.State.OPEN:
        raise Http404
    return canvas, who


def _let_look(request: HttpRequest) -> None:
    """Let somebody who has not joined see that there is a canvas, unless she guessed too often.

    So that who goes on guessing is not told of a hit by another answer than of a miss.

    Raises
    ------
    TooOften
    """
    spend(GUESSING, address_of(request))
    give_back(GUESSING, address_of(request))


def participant_of(request: HttpRequest, canvas: Canvas) -> Participant | None:
    """Who asks, as a participant; None for who has not joined, or was shown the door.

    Notes
    -----
    `leads` says what holds now: a member who became a facilitator leads at once, and who is no member any
    more is nobody here.
    """
    role = member_of(request, canvas)
    here = Participant.objects.filter(canvas=canvas)
    if role is not None and (own := here.filter(user=request.user).first()) is not None:
        own.leads = own.leads or role.rank >= Role.FACILITATOR.rank
        return None if own.out else own
    guest = _guest(request, canvas)
    return None if guest is None or guest.out else guest


def is_shown_out(request: HttpRequest, canvas: Canvas) -> bool:
    """Whether who asks was shown the door."""
    if member_of(request, canvas) is not None:
        own = Participant.objects.filter(canvas=canvas, user=request.user).first()
        return own is not None and own.out
    guest = _guest(request, canvas)
    return guest is not None and guest.out


def member_of(request: HttpRequest, canvas: Canvas) -> Role | None:
    """The role of who asks in the organisation of this canvas; None for a guest and for anybody else."""
    if not request.user.is_authenticated:
        return None
    held = Membership.objects.filter(organisation_id=canvas.organisation_id, user_id=request.user.pk).first()
    return None if held is None or held.role == Role.GUEST else Role(held.role)


def may_join(canvas: Canvas) -> bool:
    """Whether new people may come in."""
    return canvas.state == Canvas.State.OPEN and bool(canvas.settings.get("joining", True))


def join(canvas: Canvas, name: str, department: str, user: User | None) -> tuple[Participant, str]:
    """Take part; a member who takes part already stays who she was.

    Parameters
    ----------
    canvas : Canvas
    name, department : str
        As others see them.
    user : User or None
        A member of the organisation of this canvas, as `member_of` says; None for a guest.

    Returns
    -------
    tuple of (Participant, str)
        Who she is now, and the token that her browser has to bring back; "" for a member.

    Raises
    ------
    NotIn
    """
    if canvas.state != Canvas.State.OPEN:
        raise NotIn("closed")
    if user is not None and (known := Participant.objects.filter(canvas=canvas, user=user).first()):
        if known.out:
            raise NotIn("out")
        Participant.objects.filter(pk=known.pk).update(
            name=one_line(name)[:60], department=one_line(department)[:120]
        )
        known.refresh_from_db()
        return known, ""
    leads = user is not None and _leads(canvas, user)
    if not leads and not may_join(canvas):
        raise NotIn("closed")
    if Participant.objects.filter(canvas=canvas, out=False).count() >= MOST and not leads:
        raise NotIn("full")
    token, token_hash = tokens.made(_purpose(canvas)) if user is None else ("", "")
    said = {"name": one_line(name)[:60], "department": one_line(department)[:120], "leads": leads}
    try:
        with transaction.atomic():
            return Participant.objects.create(canvas=canvas, user=user, token_hash=token_hash, **said), token
    except IntegrityError:  # she pressed twice
        return Participant.objects.get(canvas=canvas, user=user), ""


def give_cookie(answer: HttpResponse, canvas: Canvas, token: str) -> None:
    """Let a guest's browser bring its token back, on this canvas alone."""
    path, secure = f"/c/{canvas.address}/", settings.SESSION_COOKIE_SECURE
    answer.set_cookie(
        COOKIE, token, max_age=KEPT_SECONDS, path=path, secure=secure, httponly=True, samesite="Lax"
    )


def forget_cookie(answer: HttpResponse, canvas: Canvas) -> None:
    """Take the token out of the browser."""
    answer.delete_cookie(COOKIE, path=f"/c/{canvas.address}/", samesite="Lax")


def _guest(request: HttpRequest, canvas: Canvas) -> Participant | None:
    token = request.COOKIES.get(COOKIE, "")
    if not 0 < len(token) <= tokens.LONGEST:
        return None
    hashed = tokens.hashed(_purpose(canvas), token)
    return Participant.objects.filter(canvas=canvas, user=None, token_hash=hashed).first()


def _leads(canvas: Canvas, user: User) -> bool:
    held = Membership.objects.filter(organisation_id=canvas.organisation_id, user=user).first()
    return held is not None and Role(held.role).rank >= Role.FACILITATOR.rank


def _purpose(canvas: Canvas) -> str:
    return f"canvas {canvas.pk}"
