"""A server with canvases on which people work, each its own for one test; run as a script it makes them."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[3]))

from tests.web.browser.conftest import DESK, served

N = 30
"""Canvases that are made; a test takes one."""
PEOPLE = {"Fenna": "Marketing", "Bob": "Service", "Karim": "Techniek", "Ali": "Service", "Mei": "Marketing"}
"""Who takes part, and her department; Fenna leads."""


@dataclass
class Seat:
    """A canvas that one test works on.

    Attributes
    ----------
    base, address : str
        Of the server, and of the canvas there: it is at `base + address`.
    tokens : dict of str to str
        Name: what the browser of this participant brings.
    """

    browser: Browser
    base: str
    address: str
    tokens: dict[str, str]
    contexts: list[BrowserContext] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(
        self, who: str, language: str = "nl", *, size: tuple[int, int] = DESK, path: str = "", **more: Any
    ) -> Page:
        """Open the board as somebody, in a browser of her own."""
        width, height = size
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, locale=language, reduced_motion="reduce", **more
        )
        self.contexts.append(context)
        if who:
            cookie = {"name": "canvas", "value": self.tokens[who], "url": self.base + self.address}
            context.add_cookies([cookie])
        page = context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(self.base + self.address + path)
        if who and not path.endswith("/"):
            page.wait_for_selector("#people button")
        return page

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)


@pytest.fixture(scope="session")
def canvas_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Iterator[dict[str, Any]]]]:
    """Where it runs, and the canvases that nobody has taken yet."""
    folder = tmp_path_factory.mktemp("canvases") / "workspace"
    seed = subprocess.run(
        [sys.executable, __file__, str(folder)], check=True, capture_output=True, text=True
    ).stdout
    with served(folder) as address:
        yield "/".join(address.split("/")[:3]), iter(json.loads(seed))


@pytest.fixture
def seat(browser: Browser, canvas_server: tuple[str, Iterator[dict[str, Any]]]) -> Iterator[Seat]:
    """A canvas of one's own; what a console complains of fails the test."""
    base, canvases = canvas_server
    taken = Seat(browser, base, **next(canvases))
    yield taken
    for context in taken.contexts:
        context.close()
    assert not taken.complaints, taken.complaints


NOTES = {
    "identity": ("We leggen alles eerlijk uit", "Technisch de beste", "Lage prijzen"),
    "image": ("Ze zijn duurder dan de rest", "Je krijgt een mens aan de lijn"),
}
VALUES = ("Zorg voor elkaar", "Laagste prijs", "Eerlijkheid")


def main(folder: str) -> None:
    """Make the canvases, and say where they are.

    Parameters
    ----------
    folder : str
        Of the installation.
    """
    from verbond.web.installation import Installation
    from verbond.web.settings import configure

    configure(Installation.open(Path(folder)), testing=True)
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    from verbond.web.store.models import Organisation

    acme = Organisation.objects.create(slug="acme", name="Zonnewende")
    print(json.dumps([_canvas(acme, n) for n in range(N)]))


def _canvas(organisation: Any, n: int) -> dict[str, Any]:
    from verbond.web.store.canvases import Canvas
    from verbond.web.workshop import joining

    settings = {"joining": True, "figures": True, "departments": sorted(set(PEOPLE.values()))}
    canvas = Canvas.objects.create(
        organisation=organisation, name=f"Wie zijn we? {n}", company="Zonnewende", settings=settings
    )
    people = {name: joining.join(canvas, name, PEOPLE[name], None) for name in PEOPLE}
    people["Fenna"][0].leads = True
    people["Fenna"][0].save()
    _lay(canvas, [one for one, _ in people.values()])
    tokens = {name: token for name, (_, token) in people.items()}
    return {"address": f"/c/{canvas.address}/", "tokens": tokens}


def _lay(canvas: Any, people: list[Any]) -> None:
    """Notes of the first two, and values."""
    from verbond.canvas import Operation
    from verbond.canvas.order import spread
    from verbond.web.workshop.rooms import room_of

    room, keys = room_of(canvas), itertools.count()

    def lay(who: Any, id: str, kind: str, **values: Any) -> None:
        wish = Operation(f"seed{next(keys)}", who.code, "add", id, kind, values, leads=who.leads)
        (became,) = room.take(who, [wish])
        assert not hasattr(became, "code"), became

    for at, texts in NOTES.items():
        for n, (text, order) in enumerate(zip(texts, spread(len(texts)), strict=True)):
            lay(people[n % 2], f"{at}{n}", "note", field=at, text=text, order=order)
    for n, (name, order) in enumerate(zip(VALUES, spread(len(VALUES)), strict=True)):
        lay(people[0], f"v{n}", "value", name=name, order=order)


if __name__ == "__main__":
    main(*sys.argv[1:])
