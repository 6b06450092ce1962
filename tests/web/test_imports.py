"""Files that people bring: taken in, recognised, asked about, read, undone."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from verbond.web.store.models import Import

SHOPIFY = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Accepts Marketing,Currency,Subtotal,Shipping,Taxes,"
    "Total,Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,"
    "Lineitem price\n"
    "#1,Ann@example.org,paid,2025-10-02 17:09:34 +0200,fulfilled,yes,EUR,10,0,2,12.50,,0,,"
    "2025-10-02 17:09:34 +0200,1,Soap,10\n"
    "#2,bob@example.org,paid,2025-11-02 17:09:34 +0200,fulfilled,yes,EUR,10,0,2,22.50,,0,,"
    "2025-11-02 17:09:34 +0200,1,Soap,10\n"
)


@pytest.fixture
def bring(cast, django_capture_on_commit_callbacks):
    """Send a file as Ann; the answer."""
    client = cast.client("ann")

    def send(content: str | bytes = SHOPIFY, name: str = "orders_export.csv", **more):
        raw = content.encode() if isinstance(content, str) else content
        files = [SimpleUploadedFile(name, raw), *more.pop("files", [])]
        return client.post("/o/acme/data/uploads/", {"files": files, **more})

    send.client = client
    return send


@pytest.fixture
def read(bring, django_capture_on_commit_callbacks):
    """Say that a file may be read as it is shown, and let the job do it."""

    def go(address: str, **said: str):
        with django_capture_on_commit_callbacks(execute=True):
            return bring.client.post(f"{address}reading/", said)

    return go


def sent(page: str) -> dict[str, str]:
    """What a browser would send of a form as it stands."""
    import re

    fields = {}
    for name, body in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', page, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', body)
        fields[name] = chosen[1] if chosen else ""
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        kind = re.search(r'type="([^"]+)"', tag)
        if not name or name[1] == "csrfmiddlewaretoken" or (kind and kind[1] == "file"):
            continue
        if kind and kind[1] in ("radio", "checkbox") and " checked" not in tag:
            continue
        fields[name[1]] = value[1] if value else ""
    return fields


def test_a_known_export_is_read_at_two_clicks(bring, read) -> None:
    answer = bring()
    address = answer["Location"]
    page = bring.client.get(address).content.decode()
    assert "Shopify" in page
    assert read(address, **sent(page))["Location"] == address
    one = Import.objects.get()
    assert one.state == Import.State.DONE, one.outcome
    page = bring.client.get(address).content.decode()
    assert 'action="/o/acme/runs/"' in page
    assert one.outcome["kept"] == {"events": 2}
