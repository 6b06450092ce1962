"""The REST API: answers and events in, where customers stand out. OpenAPI at /api/v1/openapi.json.

A token opens one organisation, and of that what its scopes say. What the pages hide, the API hides: figures
of groups under five are in no table, and what another organisation has is not there.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Annotated, Any, Literal

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from ninja import Field, NinjaAPI, Path, Schema, Status
from ninja.errors import HttpError
from ninja.security import HttpBearer
from pydantic import ConfigDict

from verbond.errors import VerbondError
from verbond.version import __version__
from verbond.web.data.uploads import Unfit
from verbond.web.people.limits import Limit, TooOften, address_of, spend
from verbond.web.store import machines, reads, workshops
from verbond.web.store.acts import note
from verbond.web.store.models import Import

if TYPE_CHECKING:
    from verbond.reports.tables import Row, Table

__all__ = ["SCOPES", "api", "routes"]

SCOPES = ("read", "customers", "write")
"""read: diagnoses, imports, outcomes of canvases; customers: where each customer stands; write: answers and
events."""

WRONG_TOKENS = Limit("wrong API tokens, by address", 60, 3600)
REQUESTS = Limit("API requests, by token", 1200, 60)
MOST_ROWS = 5000
PEOPLE = ("n_customers", "n_obs", "n_present", "n_respondents", "n_people")
"""Columns that count people."""
_PLAIN = r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$"
"""No control marks, and not only spaces."""
_STRICT: ConfigDict = {"extra": "forbid"}
_Id = Annotated[str, Field(min_length=1, max_length=200, pattern=_PLAIN)]
_Word = Annotated[str, Field(min_length=1, max_length=100, pattern=_PLAIN)]


class Token(HttpBearer):
    """`Authorization: Bearer verbond_...`."""

    openapi_bearerFormat = "verbond_..."

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """The token, where it is one; the request then belongs to its organisation."""
        found = machines.token_of(token)
        try:
            spend(REQUESTS, str(found.pk)) if found is not None else spend(WRONG_TOKENS, address_of(request))
        except TooOften as error:
            raise HttpError(429, f"too often; try again in {error.seconds or 60} seconds") from None
        if found is None:
            return None
        request.organisation, request.asked_as = found.organisation, f"API: {found.name}"
        request.user = AnonymousUser()  # whoever's browser it is, the token asks
        return found


api = NinjaAPI(
    title="Verbond",
    version=__version__,
    description=__doc__.split("\n\n")[1],
    auth=Token(),
    docs_url=None,
    urls_namespace="api",
)


class Refusal(Schema):
    """Why a request was refused."""

    detail: str


class Event(Schema):
    """Something that a customer did."""

    model_config = _STRICT
    customer_id: _Id = Field(description="As your own systems call the customer.")
    occurred_at: dt.datetime
    kind: Literal[
        "purchase", "referral", "contact", "complaint", "contribution", "visit", "return", "cancellation"
    ]  # fmt: skip
    order_id: _Id | None = Field(None, description="Rows with the same order are one purchase.")
    channel: _Word | None = None
    amount: float | None = Field(None, description="Money paid, after discount.", allow_inf_nan=False)
    list_price: float | None = Field(None, allow_inf_nan=False)
    discount: float | None = Field(None, ge=0, allow_inf_nan=False)
    quantity: float | None = Field(None, allow_inf_nan=False)
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] | None = None
    category: _Word | None = None


class Response(Schema):
    """An answer to one question."""

    model_config = _STRICT
    respondent_id: _Id
    customer_id: _Id | None = None
    group: Literal["customer", "employee"] | None = None
    wave: _Word | None = None
    occurred_at: dt.datetime | None = None
    item: _Id = Field(description="Which question: an id of our questionnaire, or of yours.")
    value: float | None = Field(None, allow_inf_nan=False, description="None where it was not answered.")


class Events(Schema):
    """Events, at most 5,000 at once."""

    rows: Annotated[list[Event], Field(min_length=1, max_length=MOST_ROWS)]


class Responses(Schema):
    """Answers, at most 5,000 at once."""

    rows: Annotated[list[Response], Field(min_length=1, max_length=MOST_ROWS)]


class ImportOut(Schema):
    """What became of rows that were brought."""

    id: uuid.UUID
    state: str
    file_name: str
    created_at: dt.datetime
    kept: dict[str, int] = Field(description="Rows kept, by table; filled once the state is done.")


class RunOut(Schema):
    """A diagnosis."""

    id: uuid.UUID
    created_at: dt.datetime
    fingerprint: str
    version: str
    tables: list[str] = Field(description="Names of the tables that it has.")
    findings: list[str]


class TableOut(Schema):
    """A table behind a diagnosis."""

    name: str
    caption: str
    rows: list[dict[str, Any]]


class CustomersOut(Schema):
    """Where customers stand."""

    run: uuid.UUID
    made_at: dt.datetime
    rows: list[dict[str, Any]] = Field(
        description="customer_id, period, p0 ... (probability of each rung), likeliest_rung, change, moved, "
        "why, relationship_type where the customer answered."
    )
    next_offset: int | None


class CanvasOut(Schema):
    """A relationship canvas, and the newest version of what came out of it."""

    id: uuid.UUID
    name: str
    company: str
    state: str
    last_edition: int | None = Field(description="Number of the newest version; none was kept yet: null.")


class EditionOut(Schema):
    """What came out of a canvas at a moment."""

    canvas: uuid.UUID
    number: int
    made_at: dt.datetime
    outcome: dict[str, Any] = Field(description="As the file that the page gives: values, promise, steps.")


Answer = dict[int, Any]
_REFUSALS: Answer = {401: Refusal, 403: Refusal, 404: Refusal, 422: Refusal, 429: Refusal}


def _needs(request: HttpRequest, scope: str) -> None:
    if scope not in request.auth.scopes:
        raise HttpError(403, f"this token has no scope {scope!r}; it has {', '.join(request.auth.scopes)}")


@api.exception_handler(VerbondError)
def _refused(request: HttpRequest, error: VerbondError) -> HttpResponse:
    return api.create_response(request, {"detail": str(error)}, status=422)


@api.post("/events", response={202: ImportOut, **_REFUSALS}, summary="Bring events")
def events(request: HttpRequest, given: Events) -> Status[dict[str, Any]]:
    """Rows are read in the background; the same body again gives the import that it was before."""
    return _bring(request, "events", [row.model_dump(mode="json") for row in given.rows])


@api.post("/responses", response={202: ImportOut, **_REFUSALS}, summary="Bring answers")
def responses(request: HttpRequest, given: Responses) -> Status[dict[str, Any]]:
    """Rows are read in the background; the same body again gives the import that it was before."""
    return _bring(request, "responses", [row.model_dump(mode="json") for row in given.rows])


def _bring(request: HttpRequest, table: str, rows: list[dict[str, Any]]) -> Status[dict[str, Any]]:
    _needs(request, "write")
    try:
        one = machines.bring_rows(request.organisation, table, rows)
    except Unfit as error:
        raise HttpError(422, error.reason.sentence("en")) from None
    note(request, "api_brought", str(one.id), table=table, n=len(rows))
    return Status(202, _import_out(one))


@api.get("/imports/{id}", response={200: ImportOut, **_REFUSALS}, summary="What became of an import")
def one_import(request: HttpRequest, id: uuid.UUID) -> Any:
    """An import of this organisation."""
    _needs(request, "read")
    found = Import.objects.filter(organisation=request.organisation, id=id).first()
    if found is None:
        raise HttpError(404, "there is no such import")
    return _import_out(found)


def _import_out(one: Import) -> dict[str, Any]:
    kept = one.outcome.get("kept") or {}
    names = ("id", "state", "file_name", "created_at")
    return {name: getattr(one, name) for name in names} | {"kept": kept}


@api.get("/diagnoses/latest", response={200: RunOut, **_REFUSALS}, summary="The newest diagnosis")
def latest(request: HttpRequest, language: Literal["en", "nl"] = "en") -> Any:
    """Its findings, and the names of its tables."""
    from verbond.reports.behind import tables_behind
    from verbond.web.diagnosing import diagnosis_of

    _needs(request, "read")
    run = _run(request)
    diagnosis = diagnosis_of(run)
    return {
        "id": run.id,
        "created_at": run.created_at,
        "fingerprint": run.fingerprint,
        "version": run.version,
        "tables": [table.name for table in tables_behind(diagnosis, language)],
        "findings": [finding.reason.sentence(language) for finding in diagnosis.findings],
    }


@api.get(
    "/diagnoses/latest/tables/{name}", response={200: TableOut, **_REFUSALS}, summary="A table behind it"
)
def table(request: HttpRequest, name: str, language: Literal["en", "nl"] = "en") -> Any:
    """The rows that the page shows too: groups under five are in none of them, and figures are rounded.

    Exact figures of two diagnoses would tell what the few who came in between are like.
    """
    from verbond.reports.behind import tables_behind
    from verbond.web.diagnosing import diagnosis_of

    _needs(request, "read")
    tables = {one.name: one for one in tables_behind(diagnosis_of(_run(request)), language)}
    if name not in tables:
        raise HttpError(404, f"there is no such table; there are {', '.join(tables)}")
    found = tables[name]
    return {"name": name, "caption": found.caption, "rows": [_rounded(found, row) for row in found.rows]}


def _rounded(table: Table, row: Row) -> dict[str, Any]:
    from verbond.numerics.disclosure import rounded_people
    from verbond.results import plain

    rounded = plain(dict(row))
    for column in table.columns:
        value = rounded.get(column.name)
        if not isinstance(value, (int, float)):
            continue
        if column.name in PEOPLE:
            rounded[column.name] = rounded_people(value)
        elif column.kind.startswith(("percent", "number")):
            rounded[column.name] = round(value, 3)
    return rounded


@api.get("/canvases", response={200: list[CanvasOut], **_REFUSALS}, summary="All canvases")
def all_canvases(request: HttpRequest) -> Any:
    """The newest first; who takes part in them is told to nobody here."""
    _needs(request, "read")
    names = ("id", "name", "company", "state", "last_edition")
    found = workshops.canvases_of(request.organisation)[:MOST_ROWS]
    return [{name: getattr(one, name) for name in names} for one in found]


@api.get(
    "/canvases/{id}/editions/{number}",
    response={200: EditionOut, **_REFUSALS},
    summary="What came out of a canvas",
)
def one_edition(request: HttpRequest, id: uuid.UUID, number: Annotated[int, Path(ge=1, le=10**6)]) -> Any:
    """One version; asking for it is written down. Of people it names only who takes a step."""
    _needs(request, "read")
    canvas = workshops.canvas_of(request.organisation, id)
    found = workshops.edition_of(canvas, number) if canvas is not None else None
    if canvas is None or found is None:
        raise HttpError(404, "there is no such version")
    note(request, "canvas_taken", canvas.name, canvas=str(canvas.pk), form="api", edition=number)
    return {"canvas": canvas.pk, "number": number, "made_at": found.made_at, "outcome": found.outcome}


@api.get("/customers", response={200: CustomersOut, **_REFUSALS}, summary="Where customers stand")
def customers(
    request: HttpRequest,
    offset: Annotated[int, Field(ge=0, le=10**9)] = 0,
    limit: Annotated[int, Field(ge=1, le=10_000)] = 1000,
) -> Any:
    """A row a customer, for your own customer system; asking for it is written down."""
    from verbond.web.machines.customers import customers_of

    _needs(request, "customers")
    run = _run(request)
    rows = customers_of(run, request.organisation, offset=offset, limit=limit)
    note(request, "api_customers", str(run.id), n=len(rows), offset=offset)
    after = offset + len(rows) if len(rows) == limit else None
    return {"run": run.id, "made_at": run.created_at, "rows": rows, "next_offset": after}


@api.get("/customers.csv", response={200: None, **_REFUSALS}, summary="Where customers stand, as CSV")
def customers_as_csv(request: HttpRequest) -> Any:
    """All customers as one file."""
    from verbond.web.machines.customers import customers_csv

    _needs(request, "customers")
    run = _run(request)
    note(request, "api_customers", str(run.id), form="csv")
    return StreamingHttpResponse(
        customers_csv(run, request.organisation), content_type="text/csv; charset=utf-8"
    )


@api.get("/customers.parquet", response={200: None, **_REFUSALS}, summary="Where customers stand, as Parquet")
def customers_as_parquet(request: HttpRequest) -> Any:
    """All customers as one file."""
    from verbond.web.machines.customers import customers_parquet

    _needs(request, "customers")
    run = _run(request)
    note(request, "api_customers", str(run.id), form="parquet")
    content = customers_parquet(run, request.organisation)
    return HttpResponse(content, content_type="application/vnd.apache.parquet")


def _run(request: HttpRequest) -> Any:
    run = reads.last_run(request.organisation)
    if run is None:
        raise HttpError(404, "there is no diagnosis yet")
    return run


def _scoped(urls: tuple[list[Any], str, str], access: str) -> tuple[list[Any], str, str]:
    """Say of every route of the API who may see it, as the views of pages do."""
    for one in urls[0]:
        one.callback.access = "public" if one.name in ("openapi-json", "api-root") else access
    return urls


routes = _scoped(api.urls, "token")
"""For `urls.py`."""
