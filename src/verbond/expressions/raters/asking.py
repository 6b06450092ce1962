"""Ask a host that speaks the chat interface of OpenAI: bounded in time, size and tries."""

from __future__ import annotations

import ipaddress
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from verbond.errors import EndpointError, MissingExtraError, OptionError
from verbond.results import Reason

if TYPE_CHECKING:
    import httpx

__all__ = ["Asker", "Endpoint"]

MOST_BYTES = 1_000_000
"""Of an answer; a whole one has a few hundred."""
MOST_TOKENS = 800
_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
_KEY_REFUSED = frozenset({401, 403})
_LONGEST_WAIT = 20.0
_AN_ADDRESS = "an https address such as https://host/v1, or http on your own network"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model is and how to ask it.

    Attributes
    ----------
    url : str
        Base of the interface, such as https://host/v1; plain http on one's own machine or network only.
    model : str
    key : str
        Sent as a bearer; "" where the host asks for none. Never shown.
    seconds : float
        For one answer.
    n_tries : int
        In all, where the host is busy or broken.
    n_at_once : int
        Messages under way at a time.
    wait_seconds : float
        Before the second try; twice as long before each next one.

    Raises
    ------
    OptionError
        If something is not as it should be.
    """

    url: str
    model: str
    key: str = field(default="", repr=False)
    seconds: float = 60.0
    n_tries: int = 4
    n_at_once: int = 4
    wait_seconds: float = 1.0

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
            right = _is_private(parts.hostname or "") if parts.scheme == "http" else parts.scheme == "https"
            right = right and bool(parts.hostname) and parts.port != 0
        except ValueError:
            right = False
        if not right:
            # What stands before an @ may be a key, and is not repeated.
            shown = repr(self.url.rpartition("@")[2][:200])
            raise OptionError("this address of a model cannot be used", got=shown, expected=_AN_ADDRESS)
        if parts.username is not None or parts.query or parts.fragment:
            raise OptionError(
                "an address of a model holds no key and no question", expected=_AN_ADDRESS,
                hint="Give the key by itself.",
            )  # fmt: skip
        if not self.model.strip():
            raise OptionError("no model is named", expected="the name that the host knows it by")
        if not all(32 < ord(c) < 127 for c in self.key):
            raise OptionError("a key holds letters, digits and signs, without spaces")
        for name, given, most in (("n_tries", self.n_tries, 10), ("n_at_once", self.n_at_once, 16)):
            if not 1 <= given <= most:
                raise OptionError(f"{name} is out of bounds", got=str(given), expected=f"1 to {most}")
        if not 0 < self.seconds <= 600 or not 0 <= self.wait_seconds <= 60:
            raise OptionError("a time is out of bounds", expected="seconds to 600, wait_seconds to 60")

    @property
    def host(self) -> str:
        """The host, for people."""
        return urlsplit(self.url).hostname or ""


def _is_private(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or (address.is_private and not address.is_unspecified)


class _NotNowError(Exception):
    """An answer that may be better the next time."""

    def __init__(self, wait_seconds: float = 0.0) -> None:
        self.wait_seconds = wait_seconds


class _TooMuchError(Exception):
    """An answer that is too long, or takes too long."""


class Asker:
    """Sends questions; one client, shared by the threads that ask. A context manager."""

    def __init__(self, endpoint: Endpoint, sleep: Callable[[float], None] = time.sleep) -> None:
        self._endpoint, self._sleep = endpoint, sleep
        self._client: httpx.Client | None = None

    def __enter__(self) -> Asker:
        try:
            import httpx
        except ImportError:
            raise MissingExtraError("asking a model at an endpoint", extra="app") from None
        one = self._endpoint
        self._client = httpx.Client(
            timeout=one.seconds, follow_redirects=False, trust_env=False,
            verify=urlsplit(one.url).scheme == "https",  # plain http has no certificate that could be checked
            limits=httpx.Limits(max_connections=one.n_at_once),
            headers={"Content-Type": "application/json", "User-Agent": "Verbond"}
            | ({"Authorization": f"Bearer {one.key}"} if one.key else {}),
        )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        if self._client is not None:
            self._client.close()

    def ask(self, task: str, data: str, name: str, schema: dict[str, Any]) -> str | Reason:
        """What the model says, or why it says nothing.

        Parameters
        ----------
        task : str
            Our instructions.
        data : str
            See `prompt.as_data`.
        name : str
            Of the form.
        schema : dict
            The form that is asked for.

        Raises
        ------
        EndpointError
            If there is nobody, or the key or the model is not known.
        """
        body = json.dumps({
            "model": self._endpoint.model,
            "temperature": 0,
            "max_tokens": MOST_TOKENS,
            "messages": [{"role": "system", "content": task}, {"role": "user", "content": data}],
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": name, "strict": True, "schema": schema},
            },
        }).encode()  # fmt: skip
        wait = self._endpoint.wait_seconds
        for n in range(self._endpoint.n_tries):
            try:
                return self._once(body)
            except _TooMuchError:
                return Reason("expressions_raters.cut_answer")
            except _NotNowError as error:
                if n + 1 < self._endpoint.n_tries:
                    self._sleep(min(max(wait, error.wait_seconds), _LONGEST_WAIT))
                wait *= 2
        return Reason("expressions_raters.no_answer")

    def _once(self, body: bytes) -> str | Reason:
        import httpx

        assert self._client is not None
        url, until = (
            self._endpoint.url.rstrip("/") + "/chat/completions",
            time.monotonic() + self._endpoint.seconds,
        )
        try:
            with self._client.stream("POST", url, content=body) as answer:
                content = _bounded(answer, until)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise EndpointError(
                "the host of the model cannot be reached",
                got=f"{self._endpoint.host} ({type(error).__name__})",
                expected="a host that answers", hint="Check its address, and that it is on.",
            ) from None  # fmt: skip
        except httpx.InvalidURL:
            raise OptionError("this address of a model cannot be used", expected=_AN_ADDRESS) from None
        except httpx.HTTPError:
            raise _NotNowError from None
        return self._said(answer.status_code, answer.headers.get("retry-after", ""), content)

    def _said(self, status: int, retry_after: str, content: bytes) -> str | Reason:
        if status in _AGAIN:
            raise _NotNowError(_seconds(retry_after))
        if status in _KEY_REFUSED:
            raise EndpointError(
                "the host of the model refuses the key",
                got=f"status {status}",
                expected="a key that it knows",
            )
        if status == 404 or 300 <= status < 400:
            raise EndpointError(
                "the host does not know this address or this model", got=f"status {status}",
                expected="the base of the interface, such as https://host/v1, and a model that it has",
            )  # fmt: skip
        if status != 200:
            return Reason("expressions_raters.refused", {"status": status})
        return _content(content)


def _seconds(retry_after: str) -> float:
    return float(retry_after) if re.fullmatch("[0-9]{1,5}", retry_after) else 0.0


def _bounded(answer: httpx.Response, until: float) -> bytes:
    """The body, as far as it is not too long."""
    parts, n = [], 0
    for part in answer.iter_bytes():
        parts.append(part)
        n += len(part)
        if n > MOST_BYTES or time.monotonic() > until:
            raise _TooMuchError
    return b"".join(parts)


def _content(body: bytes) -> str | Reason:
    """What the model wrote, out of the host's envelope."""
    try:
        choice = json.loads(body)["choices"][0]
        said, ending = choice["message"], choice.get("finish_reason")
        if ending == "length":
            return Reason("expressions_raters.cut_answer")
        if said.get("refusal") or ending == "content_filter":
            return Reason("expressions_raters.declined")
        if isinstance(said["content"], str):
            return said["content"]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        pass
    return Reason("expressions_raters.broken_answer")
