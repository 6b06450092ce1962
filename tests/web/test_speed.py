"""What makes pages quick is also right: packed once, answered by one thread, nothing imported too early."""

from __future__ import annotations

import gzip
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from hypothesis import given
from hypothesis import strategies as st
from tests.web.loops import run

from verbond.web.packing import Inside, packed

METHODS = ("numba", "scipy", "verbond.reports", "verbond.ladder", "verbond.survey", "altair")
PIECE = st.one_of(st.binary(max_size=300), st.binary(min_size=1, max_size=9).map(lambda b: b * 9_000))


@given(PIECE, st.text(max_size=3_000), PIECE)
def test_what_was_packed_in_pieces_unpacks_whole(head: bytes, inside: str, tail: bytes) -> None:
    whole = packed(head, Inside.of(inside), tail)
    assert gzip.decompress(whole) == head + inside.encode() + tail


def test_a_page_packed_is_the_page(cast, made_run) -> None:
    made_run()
    client = cast.client("bob")
    for path in ("/o/acme/", "/o/acme/ladder/", "/o/acme/values/"):
        plain = client.get(path)
        sent = client.get(path, headers={"accept-encoding": "gzip, br"})
        assert "Content-Encoding" not in plain
        assert sent["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in sent["Vary"]
        assert len(sent.content) < len(plain.content) / 2
        assert _without_tokens(gzip.decompress(sent.content)) == _without_tokens(plain.content)


def _without_tokens(page: bytes) -> list[bytes]:
    """Django masks the token of a form anew each time."""
    return [line for line in page.splitlines() if b"csrfmiddlewaretoken" not in line]


def test_the_first_page_waits_for_no_method(tmp_path) -> None:
    program = f"""
import sys
from verbond.web.installation import Installation
from verbond.web.settings import configure
configure(Installation.open({str(tmp_path / "workspace")!r}), testing=True)
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.test import Client
from verbond.web.views.welcome import first_address
assert Client(headers={{"host": "localhost"}}).get(first_address()).status_code == 200
print(*(name for name in {METHODS!r} if name in sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch):
    """What the handler sends when a view gives this response."""
    from verbond.web.asgi import Handler

    def ask(response: HttpResponse | StreamingHttpResponse, heard: list[Any]) -> None:
        def view(self: Handler, request: HttpRequest) -> Any:
            heard.append(("view", threading.current_thread().name))
            return response

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            heard.append(message.get("body") or message["type"])

        monkeypatch.setattr(Handler, "get_response", view)
        scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
        run(Handler()(scope, receive, send))

    return ask


def test_a_long_answer_goes_out_part_by_part_from_one_thread(answered) -> None:
    heard: list[Any] = []

    def parts() -> Iterator[bytes]:
        for k in range(3):
            heard.append(threading.current_thread().name.partition("_")[0])
            yield b"%d" % k

    response = StreamingHttpResponse(parts())
    answered(response, heard)
    assert heard[0][1].startswith("page")
    assert heard[1:] == [
        "http.response.start", *(x for k in range(3) for x in ("stream", b"%d" % k)), "http.response.body",
    ]  # fmt: skip
    assert response.closed


def test_a_short_answer_goes_out_whole(answered) -> None:
    heard: list[Any] = []
    answered(HttpResponse(b"ladder"), heard)
    assert heard[1:] == ["http.response.start", b"ladder"]
