"""A real server, and a real Chromium that looks at it."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from tests.reports.conftest import full_diagnosis
from tests.reports.made_plan import made_plan
from tests.web.browser.canvas_world import canvases, sit, table  # noqa: F401  (fixtures)

from verbond.diagnosis import save_diagnosis

DESK, PHONE = (1280, 800), (360, 740)
PATIENCE_SECONDS = 120
"""Far longer than anything takes on a busy machine; what is waited for ends the waiting."""
expect.set_options(timeout=PATIENCE_SECONDS * 1000)


@dataclass(frozen=True)
class Site:
    """A server that runs.

    Attributes
    ----------
    address : str
        Without a slash at the end.
    first : str
        The address that it printed.
    sessions : dict of str to str
        Language: key of the session of an owner who speaks it.
    """

    address: str
    first: str
    sessions: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium stands: `$CHROMIUM`, else `chromium` on PATH. Where CI has none, that is an error."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if found:
        return found
    if os.environ.get("CI"):
        pytest.fail("CI has no Chromium: install it, or name it in CHROMIUM")
    pytest.skip("needs Chromium: install it, or name it in CHROMIUM")


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """One browser for all tests."""
    # Playwright runs a loop in this thread, at which Django's ORM would balk in the tests that follow
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with two organisations: `acme` has two diagnoses, `bare` has none."""
    folder = tmp_path_factory.mktemp("site")
    file = folder / "made.diagnosis"
    save_diagnosis(replace(full_diagnosis(), plan=made_plan()), file)
    seed = [sys.executable, str(Path(__file__).with_name("seed.py")), str(folder / "workspace"), str(file)]
    said = subprocess.run(seed, check=True, capture_output=True, text=True).stdout
    sessions = dict(line.split() for line in said.splitlines())
    with served(folder / "workspace") as address:
        yield Site("/".join(address.split("/")[:3]), address, sessions)


@pytest.fixture(scope="session")
def fresh_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server that nobody has used yet."""
    with served(tmp_path_factory.mktemp("fresh") / "workspace") as address:
        yield Site("/".join(address.split("/")[:3]), address)


@contextlib.contextmanager
def served(workspace: Path) -> Iterator[str]:
    """`verbond serve` on a free port, as anybody starts it; the address it prints."""
    command = [sys.executable, "-m", "verbond", "serve", str(workspace), "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert server.stdout is not None
        said, patience = "", time.monotonic() + PATIENCE_SECONDS
        while "open at " not in said:
            line = server.stdout.readline()
            assert line, f"the server did not start: {said}"
            assert time.monotonic() < patience, f"the server did not start in time: {said}"
            said += line
        yield said.rsplit("open at ", 1)[1].strip()
    finally:
        server.terminate()
        server.communicate(timeout=PATIENCE_SECONDS)


@pytest.fixture
def open_page(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """Open a path in a language, on a desk or a phone; what the console complains of fails the test."""
    complaints: list[str] = []
    contexts = []

    def opened(
        path: str, language: str | None = "nl", *, size: tuple[int, int] = DESK, script: bool = True,
        scheme: str = "light", address: str = "",
    ) -> Page:  # fmt: skip
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, java_script_enabled=script,
            color_scheme=scheme, locale=language or "en", reduced_motion="reduce",
        )  # fmt: skip
        context.set_default_timeout(PATIENCE_SECONDS * 1000)
        contexts.append(context)
        base = address or site.address
        if language is not None and not address:
            context.add_cookies([{"name": "sessionid", "value": site.sessions[language], "url": base}])
        page = context.new_page()
        page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(base + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    told = [c for c in complaints if "status of 404" not in c and "status of 422" not in c]
    assert not told, told
