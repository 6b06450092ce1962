"""For machines: API tokens, webhooks, and the file for the CRM."""

from __future__ import annotations

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from verbond.errors import VerbondError
from verbond.results import sentence
from verbond.web.access import for_role
from verbond.web.contexts import frame
from verbond.web.forms import worded
from verbond.web.machines.api import SCOPES
from verbond.web.machines.customers import customers_csv, customers_parquet, n_customers_of
from verbond.web.machines.webhooks import EVENTS, check_address
from verbond.web.store import machines, reads
from verbond.web.store.acts import note
from verbond.web.store.models import ApiToken, Role, Webhook

__all__ = ["collection", "customers", "token_revocation", "tokens", "webhook_removal", "webhooks"]


class TokenForm(forms.Form):
    """A new token."""

    name = forms.CharField(max_length=80)
    scopes = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: object, language: str, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scopes"].choices = [
            (scope, sentence(f"web_machines.scope_{scope}", language)) for scope in SCOPES
        ]
        worded(self, "token")


class WebhookForm(forms.Form):
    """A new webhook."""

    url = forms.URLField(max_length=500, assume_scheme="https")
    events = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: object, language: str, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["events"].choices = [
            (event, sentence(f"web_machines.event_{event}", language)) for event in EVENTS
        ]
        worded(self, "webhook")

    def clean_url(self) -> str:
        """An address on the internet that can be found."""
        try:
            check_address(self.cleaned_data["url"])
        except VerbondError as error:
            raise forms.ValidationError(str(error)) from None
        return self.cleaned_data["url"]


@for_role(Role.OWNER)
def collection(request: HttpRequest) -> HttpResponse:
    """What machines may do here."""
    return _page(request)


@for_role(Role.OWNER)
@require_POST
def tokens(request: HttpRequest) -> HttpResponse:
    """Make a token, and show it this once."""
    form = TokenForm(request.POST, language=request.language)
    if not form.is_valid():
        return _page(request, token_form=form, status=422)
    given = form.cleaned_data
    made = machines.make_token(request.organisation, given["name"], given["scopes"], request.user)
    note(request, "token_made", given["name"], scopes=given["scopes"])
    return _page(request, made=made)


@for_role(Role.OWNER)
@require_POST
def token_revocation(request: HttpRequest, id: int) -> HttpResponse:
    """A token opens nothing any more."""
    found = get_object_or_404(ApiToken, pk=id, organisation=request.organisation)
    found.revoked_at = timezone.now()
    found.save(update_fields=["revoked_at"])
    note(request, "token_revoked", found.name)
    return redirect("machines", organisation=request.organisation.slug)


@for_role(Role.OWNER)
@require_POST
def webhooks(request: HttpRequest) -> HttpResponse:
    """Note an address that is told what happens."""
    form = WebhookForm(request.POST, language=request.language)
    if not form.is_valid():
        return _page(request, webhook_form=form, status=422)
    given = form.cleaned_data
    hook = machines.make_webhook(request.organisation, given["url"], given["events"])
    note(request, "webhook_made", given["url"])
    return _page(request, made=hook.secret)


@for_role(Role.OWNER)
@require_POST
def webhook_removal(request: HttpRequest, id: int) -> HttpResponse:
    """An address is told nothing any more."""
    found = get_object_or_404(Webhook, pk=id, organisation=request.organisation)
    found.disabled_at = timezone.now()
    found.save(update_fields=["disabled_at"])
    note(request, "webhook_removed", found.url)
    return redirect("machines", organisation=request.organisation.slug)


@for_role(Role.ANALYST)
def customers(request: HttpRequest, form: str) -> HttpResponse:
    """Where each customer stands, as a file for the CRM; who took it is written down."""
    run = reads.last_run(request.organisation)
    if run is None or not n_customers_of(run):
        raise Http404
    note(request, "customers_taken", str(run.id), form=form)
    if form == "parquet":
        content = customers_parquet(run, request.organisation)
        answer = HttpResponse(content, content_type="application/vnd.apache.parquet")
    else:
        rows = customers_csv(run, request.organisation)
        answer = StreamingHttpResponse(rows, content_type="text/csv; charset=utf-8")
    name = f"{request.organisation.slug}-{run.created_at.date().isoformat()}.{form}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _page(
    request: HttpRequest,
    *,
    token_form: TokenForm | None = None,
    webhook_form: WebhookForm | None = None,
    made: str = "",
    status: int = 200,
) -> HttpResponse:
    run = reads.last_run(request.organisation)
    context = frame(request, "machines") | {
        "tokens": machines.tokens_of(request.organisation),
        "webhooks": machines.webhooks_of(request.organisation),
        "token_form": token_form or TokenForm(language=request.language),
        "webhook_form": webhook_form or WebhookForm(language=request.language),
        "made": made,
        "n_customers": n_customers_of(run) if run is not None else 0,
        "base": request.build_absolute_uri("/api/v1/"),
    }
    return render(request, "machines/collection.html", context, status=status)
