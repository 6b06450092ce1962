"""What an organisation promises: its versions, the newest, and one that comes from a canvas."""

from __future__ import annotations

import dataclasses

from django.db import transaction
from django.db.models import Max

from verbond.canvas import Outcome
from verbond.expressions import Promise
from verbond.expressions.reading import language_of
from verbond.results import Language
from verbond.web.store.models import Canvas, CompanyPromise, Edition, Organisation, User

__all__ = ["canvas_promises", "keep", "newest", "promise_in", "promised_by", "take_from"]

_FIELDS = tuple(field.name for field in dataclasses.fields(Promise))
MOST_CANVASES = 20


def newest(organisation: Organisation) -> CompanyPromise | None:
    """The version that counts; None where nothing was promised yet."""
    return (
        CompanyPromise.objects.filter(organisation=organisation).select_related("made_by", "canvas").first()
    )


def promise_in(row: CompanyPromise) -> Promise:
    """A version as the judge takes it."""
    said = {name: getattr(row, name) for name in _FIELDS}
    return Promise(**{name: tuple(one) if isinstance(one, list) else one for name, one in said.items()})


def promised_by(organisation: Organisation) -> Promise | None:
    """What the organisation promises now."""
    row = newest(organisation)
    return None if row is None else promise_in(row)


def keep(
    organisation: Organisation,
    promise: Promise,
    language: Language,
    *,
    by: User | None,
    canvas: Canvas | None = None,
) -> CompanyPromise:
    """Write down a version; where it says what the newest says, that one is given.

    Parameters
    ----------
    organisation : Organisation
    promise : Promise
    language : {"en", "nl"}
        Of its words and examples.
    by : User, optional
    canvas : Canvas, optional
        Where it was chosen.
    """
    with transaction.atomic():
        Organisation.objects.select_for_update().get(pk=organisation.pk)  # one version after another
        last = newest(organisation)
        if last is not None and promise_in(last) == promise and last.canvas_id == getattr(canvas, "pk", None):
            return last
        of_all = CompanyPromise.objects.filter(organisation=organisation)
        number = (of_all.aggregate(last=Max("number"))["last"] or 0) + 1
        said = {name: getattr(promise, name) for name in _FIELDS}
        return CompanyPromise.objects.create(
            organisation=organisation, number=number, language=language, canvas=canvas, made_by=by,
            **{name: list(one) if isinstance(one, tuple) else one for name, one in said.items()},
        )  # fmt: skip


def take_from(edition: Edition, language: Language, *, by: User | None) -> CompanyPromise | None:
    """Make the promise of a canvas the organisation's, with suggested examples where it has few.

    Parameters
    ----------
    edition : Edition
    language : {"en", "nl"}
        Where that of the promise cannot be seen.
    by : User, optional

    Returns
    -------
    CompanyPromise or None
        None where no promise was chosen on it.
    """
    from verbond.diagnosis.promise import promise_of_canvas

    outcome = Outcome.from_json(edition.outcome)
    bare = promise_of_canvas(outcome)
    if bare is None:
        return None
    spoken: Language = language_of(bare.text) or language
    made = promise_of_canvas(outcome, spoken)
    assert made is not None
    return keep(edition.canvas.organisation, made, spoken, by=by, canvas=edition.canvas)


def canvas_promises(organisation: Organisation) -> list[tuple[Edition, str]]:
    """The newest version of each canvas on which a promise was chosen, with its words; newest first."""
    found: dict[object, tuple[Edition, str]] = {}
    kept = Edition.objects.filter(canvas__organisation=organisation).select_related("canvas")
    for edition in kept.order_by("-made_at", "-pk")[: 5 * MOST_CANVASES]:
        promise = Outcome.from_json(edition.outcome).promise
        if edition.canvas_id not in found and promise is not None and promise.text.strip():
            found[edition.canvas_id] = (edition, promise.text)
    return list(found.values())[:MOST_CANVASES]
