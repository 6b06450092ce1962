"""Which messages somebody reads next: chosen from the audits, kept in the session by number."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.sessions.backends.base import SessionBase

from verbond.results import Provenance, Reason
from verbond.web.expressions.auditing import hash_of
from verbond.web.expressions.promising import newest, promise_in
from verbond.web.store.models import ExpressionAudit, Label, Organisation, User

if TYPE_CHECKING:
    from verbond.expressions import Judged

__all__ = ["AT_ONCE", "Asked", "Round", "begin", "keep", "n_candidates", "round_of"]

AT_ONCE = 20
SECONDS = 4
"""Of these at most, messages that a colleague read before."""
MOST_CANDIDATES = 3_000


@dataclass(frozen=True, slots=True)
class Asked:
    """A message that somebody reads.

    Attributes
    ----------
    audit : ExpressionAudit
    number : int
        In the audit, from 0.
    share : str
        Why it was chosen: "uncertain", "random", "differs" or "second".
    twice : bool
        A colleague should read it too.
    """

    audit: ExpressionAudit
    number: int
    share: str
    twice: bool

    @property
    def text(self) -> str:
        """Cleaned and masked."""
        return self.audit.messages[self.number]["text"]  # type: ignore[no-any-return]

    @property
    def judged(self) -> dict[str, Any]:
        """What the rater said."""
        return self.audit.outcome["messages"][self.number]  # type: ignore[no-any-return]


class Round:
    """Some messages, one after another; where somebody is, stands in the session."""

    def __init__(self, session: SessionBase, organisation: Organisation) -> None:
        self._session, self._key, self._organisation = session, f"labelling-{organisation.pk}", organisation
        kept = session.get(self._key, {"rows": [], "at": 0, "said": 0})
        self.rows, self.at, self.said = kept["rows"], kept["at"], kept["said"]

    @property
    def n(self) -> int:
        """Messages of the round."""
        return len(self.rows)

    @property
    def current(self) -> Asked | None:
        """The message that is read now; None where the round is over."""
        for at in range(self.at, self.n):
            audit, number, share, twice = self.rows[at]
            found = ExpressionAudit.objects.select_related("promise").filter(
                pk=audit, organisation=self._organisation, state=ExpressionAudit.State.DONE
            )
            one = found.first()
            if one is not None and number < len(one.messages):
                self.at = at
                return Asked(one, number, share, twice)
        return None

    def start(self, rows: list[list[Any]]) -> None:
        """Begin with these."""
        self.rows, self.at, self.said = rows, 0, 0
        self._keep()

    def go_on(self, *, said: bool) -> None:
        """To the next message."""
        self.at, self.said = self.at + 1, self.said + said
        self._keep()

    def _keep(self) -> None:
        self._session[self._key] = {"rows": self.rows, "at": self.at, "said": self.said}


def round_of(request: Any) -> Round:
    """The round of whoever asks."""
    return Round(request.session, request.organisation)


def begin(made: Round, organisation: Organisation, user: User) -> None:
    """Choose messages: some that a colleague read before and should be read twice, and new ones."""
    places = dict(_places(organisation))
    labels = Label.objects.filter(organisation=organisation).values_list("text_hash", "made_by_id", "detail")
    readers: dict[str, set[int | None]] = {}
    twice = set()
    for text_hash, reader, detail in labels:
        readers.setdefault(text_hash, set()).add(reader)
        if detail.get("twice"):
            twice.add(text_hash)
    second = [
        key for key in places if key in twice and len(readers[key]) == 1 and user.pk not in readers[key]
    ][:SECONDS]
    rows = [[*places[key][:2], "second", False] for key in second]
    fresh = [place for key, place in places.items() if key not in readers]
    made.start([*rows, *_chosen(organisation, fresh, AT_ONCE - len(rows))])


def n_candidates(organisation: Organisation) -> int:
    """Messages that nobody labelled yet."""
    known = set(Label.objects.filter(organisation=organisation).values_list("text_hash", flat=True))
    return sum(key not in known for key, _ in _places(organisation))


def keep(asked: Asked, given: dict[str, Any], *, by: User) -> Label:
    """Write down what somebody says of a message."""
    from verbond.expressions.cleaning import mask

    judged, promise = asked.judged, newest(asked.audit.organisation)
    return Label.objects.create(
        organisation=asked.audit.organisation, text_hash=hash_of(asked.text), text=asked.text,
        language=judged["language"], relationship=given["relationship"],
        values=given["values"] if given["relationship"] or given["values"] else None,
        verdict=given["verdict"] if promise is not None else "",
        promise=promise if given["verdict"] else None, audit=asked.audit, why=mask(given["why"]).text,
        kind=Label.Kind.QUEUE, made_by=by,
        detail={
            "share": asked.share, "twice": asked.twice, "said": judged["verdict"],
            "conflict": judged["conflict"], "relationship": judged["relationship"],
            "rater": asked.audit.outcome["rater"],
        },
    )  # fmt: skip


def _places(organisation: Organisation) -> Iterator[tuple[str, tuple[str, int, dict[str, Any], str]]]:
    """Hash of each message: where it stands, what was said of it, its text. The newest audits first."""
    done = ExpressionAudit.objects.filter(organisation=organisation, state=ExpressionAudit.State.DONE)
    seen: set[str] = set()
    for audit in done.iterator(chunk_size=10):
        for number, (row, judged) in enumerate(zip(audit.messages, audit.outcome["messages"], strict=True)):
            key = hash_of(row["text"])
            if key not in seen and judged["relationship"]:
                seen.add(key)
                yield key, (str(audit.pk), number, judged, row["text"])
        if len(seen) >= MOST_CANDIDATES:
            return


def _chosen(
    organisation: Organisation, places: list[tuple[str, int, dict[str, Any], str]], n: int
) -> list[list[Any]]:
    from verbond.expressions import Audit
    from verbond.expressions.teaching import queue

    promise = newest(organisation)
    if promise is None or not places:
        return []
    judged = tuple(_judged(text, one) for *_, one, text in places)
    texts, nothing = [one.rating.text for one in judged], Reason("expressions.nothing_against")
    rated = Audit(promise_in(promise), judged, "", nothing, (), Provenance("audits"))
    found = queue(texts, rated, n, seed=secrets.randbits(32))
    return [[*places[one.index][:2], one.share, one.twice] for one in found.messages]


def _judged(text: str, one: dict[str, Any]) -> Judged:
    from verbond.expressions import Judged, Rating

    rating = Rating(text, one["language"], one["relationship"], one["values"])
    return Judged(rating, one["verdict"], one["conflict"], Reason("expressions.nothing_against"))
