"""Webhooks: an address is told what happened, signed, and told again when it did not hear.

Every message carries `Verbond-Signature: t=SECONDS,v1=HEX`, where HEX is HMAC-SHA256 of "SECONDS.BODY" under
the webhook's secret: who receives it checks it and refuses what is old.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import hmac
import ipaddress
import json
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_tasks import task

from verbond.errors import OptionError
from verbond.web.store.models import Delivery, Job, Organisation, Webhook

__all__ = ["EVENTS", "check_address", "deliver", "signature", "tell", "tell_of_job"]

EVENTS = ("diagnosis_done", "diagnosis_failed", "import_done", "import_failed")
WAIT_MINUTES = (1, 5, 30, 120, 720)
"""Before each try after the first; then the message is given up."""
SECONDS = 10
"""For each step of a try."""
SECONDS_IN_ALL = 30
"""For all of them: who answers a letter at a time holds up nobody else's work."""
_MOST_SAID = 300
_OUTSIDE, _TRANSLATED = ipaddress.ip_network("2000::/3"), ipaddress.ip_network("64:ff9b::/96")
"""IPv6 addresses of the internet, and those behind which a network puts IPv4 addresses (RFC 6052)."""


def tell(organisation: Organisation, event: str, body: dict) -> None:
    """Tell every webhook that wants to hear of it."""
    for hook in Webhook.objects.filter(organisation=organisation, disabled_at=None):
        if event not in hook.events:
            continue
        message = {"event": event, "organisation": organisation.slug, **body}
        made = Delivery.objects.create(id=uuid.uuid4(), webhook=hook, event=event, body=message)
        transaction.on_commit(lambda made=made: deliver.enqueue(str(made.id)))


def tell_of_job(job: Job) -> None:
    """Tell how a job ended, where that is something to tell."""
    event = f"{job.kind}_{job.state}"
    if job.organisation is not None and event in EVENTS:
        tell(job.organisation, event, {"job": str(job.id), "subject": job.subject})


@task()
def deliver(delivery_id: str) -> None:
    """Send one message; where it is not heard, try again later."""
    one = Delivery.objects.select_related("webhook").filter(id=delivery_id, delivered_at=None).first()
    if one is None or one.webhook.disabled_at is not None:
        return
    body = json.dumps({"id": str(one.id), "created_at": one.created_at.isoformat(), **one.body}).encode()
    one.status, one.said = _send(one.webhook, body)
    one.n_tries += 1
    if one.status is not None and 200 <= one.status < 300:
        one.delivered_at = timezone.now()
    elif one.n_tries <= len(WAIT_MINUTES):
        one.next_try_at = timezone.now() + dt.timedelta(minutes=WAIT_MINUTES[one.n_tries - 1])
        deliver.using(run_after=one.next_try_at).enqueue(delivery_id)
    one.save()


def _send(hook: Webhook, body: bytes) -> tuple[int | None, str]:
    import httpx

    now = int(time.time())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Verbond",
        "Verbond-Signature": f"t={now},v1={signature(hook.secret, now, body)}",
    }
    try:
        address = check_address(hook.url)
        parts = urlsplit(hook.url)
        host = f"[{address}]" if ":" in address else address
        port = f":{parts.port}" if parts.port else ""
        # Speak to the address that was checked: a name that leads elsewhere by now changes nothing.
        url = httpx.URL(hook.url).copy_with(netloc=f"{host}{port}".encode())
        headers["Host"] = parts.netloc.rpartition("@")[2]
        with (
            _shut_after(SECONDS_IN_ALL) as trace,
            httpx.Client(timeout=SECONDS, follow_redirects=False, trust_env=False) as client,
        ):
            extensions = {"sni_hostname": parts.hostname, "trace": trace}
            with client.stream("POST", url, content=body, headers=headers, extensions=extensions) as answer:
                return answer.status_code, ""
    except (httpx.HTTPError, OptionError, OSError) as error:
        return None, f"{type(error).__name__}: {error}"[:_MOST_SAID]


@contextlib.contextmanager
def _shut_after(seconds: float) -> Iterator[Callable[[str, Any], None]]:
    """Shut the connection of a request after so long; the request tells of its connection by the function."""
    opened: list[Any] = []
    is_over = threading.Event()

    def trace(event: str, told: Any) -> None:
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            opened.append(told["return_value"].get_extra_info("socket"))
            if is_over.is_set():  # it took all its time to connect
                shut()

    def shut() -> None:
        is_over.set()
        for one in reversed(opened):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, shut)
    timer.daemon = True
    timer.start()
    try:
        yield trace
    finally:
        timer.cancel()


def signature(secret: str, seconds: int, body: bytes) -> str:
    """The signature of a message.

    Examples
    --------
    >>> len(signature("whsec_x", 0, b"{}"))
    64
    """
    return hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()


def check_address(url: str) -> str:
    """Where an address leads; one inside the network of this machine is refused.

    Returns
    -------
    str
        The IP address.

    Raises
    ------
    OptionError
        If it is no http(s) address, cannot be found, or leads to this machine or its own network.
    """
    parts = urlsplit(url)
    inside = getattr(settings, "WEBHOOKS_INSIDE", False)
    if parts.scheme not in (("http", "https") if inside else ("https",)) or not parts.hostname:
        raise OptionError("this is no address for a webhook", got=url[:200], expected="https://...")
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    except (OSError, ValueError):  # a port or a name that cannot be is a ValueError
        raise OptionError("this address cannot be found", got=parts.hostname) from None
    addresses = [str(one[4][0]) for one in found]
    for address in addresses:
        if not inside and not _is_outside(address):
            raise OptionError(
                "this address leads into the network of this machine",
                got=parts.hostname,
                expected="an address on the internet",
            )
    return addresses[0]


def _is_outside(address: str) -> bool:
    """Whether an IP address is one of the internet, not of a network at home under another spelling."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if found.version == 6 and found in _TRANSLATED:
        found = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
    if found.version == 6 and (found not in _OUTSIDE or found.sixtofour is not None):
        return False
    return found.is_global and not found.is_multicast
