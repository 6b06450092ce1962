"""The line between a page of the canvas and the server: over a network that fails nothing is lost or doubled.

What the server has on disk is the truth; every page has to show the same.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise

import pytest
from playwright.sync_api import Error, Page, Route, expect
from tests.web.browser.canvas_world import Table

from verbond.canvas import Board, Event
from verbond.canvas.order import DIGITS, between

pytestmark = pytest.mark.browser
Sit = Callable[..., Page]
PATIENCE_MS = 120_000
"""Far longer than the longest pause of the line between two tries: a server that starts is slow at first."""


def write(page: Page, text: str, field: str = "identity") -> None:
    """Write a note."""
    page.fill(f"#field-{field} .slips__words", text)
    page.press(f"#field-{field} .slips__words", "Enter")


def notes(page: Page, field: str = "identity") -> list[str]:
    """The notes that a page shows, in its order."""
    return page.locator(f"#field-{field} .slip__text").all_text_contents()


def on_disk(table: Table, field: str = "identity") -> list[str]:
    """The notes of a board made from the rows on disk."""
    rows = table.events()
    events = (
        Event(
            row["number"], row["key"], row["by"], row["act"], row["thing"], row["kind"], row["values"],
            undoes=row["undoes"],
        )
        for row in rows
    )  # fmt: skip
    return [
        one.values["text"]
        for one in Board.of(events).lying()
        if one.kind == "note" and one.values["field"] == field
    ]


def settled(table: Table, *pages: Page) -> list[str]:
    """Wait until every page shows what is on disk and nothing waits; gives the notes of identity."""
    until = time.monotonic() + PATIENCE_MS / 1000
    while True:
        truth = {field: on_disk(table, field) for field in ("identity", "image")}
        shown = [{field: notes(page, field) for field in truth} for page in pages]
        waiting = sum(page.locator(".slip--waiting").count() for page in pages)
        if not waiting and all(one == truth for one in shown):
            return truth["identity"]
        assert time.monotonic() < until, f"on disk {truth}, shown {shown}, {waiting} waiting"
        pages[0].wait_for_timeout(100)


def kept(page: Page) -> int:
    """Wishes that the browser keeps until they are answered."""
    return page.evaluate(
        "Object.keys(localStorage).filter(k => /^canvas \\/c\\/\\S+ \\S+ \\S+$/.test(k)).length"
    )


def test_between_is_the_same_in_the_browser_as_in_python(table: Table, sit: Sit) -> None:
    page, rng = sit(), random.Random(7)
    keys = sorted({"".join(rng.choices(DIGITS, k=rng.randint(1, 6))).rstrip("0") for _ in range(3000)} - {""})
    near = [(key, key + "1") for key in keys[:200]] + [(keys[0][:-1] + "0V", keys[0])]
    pairs = [tuple(sorted(rng.sample(keys, 2))) for _ in range(3000)] + list(pairwise(keys))
    pairs = [(low, high) for low, high in pairs + near if low < high]
    ends = [(None, key) for key in keys[:500]] + [(key, None) for key in keys[:500]] + [(None, None)]
    made = page.evaluate(
        """async (pairs) => {
             const { modules } = JSON.parse(document.getElementById("opening").textContent);
             const { between } = await import(modules.line);
             return pairs.map(([low, high]) => between(low ?? undefined, high ?? undefined));
           }""",
        [list(pair) for pair in pairs + ends],
    )
    assert made == [between(*pair) for pair in pairs + ends]
    assert len(pairs) > 5000


def test_an_answer_that_is_lost_doubles_nothing(table: Table, sit: Sit) -> None:
    bob, mei = sit("Bob"), sit("Mei")
    lost: list[int] = []

    def lose(route: Route) -> None:
        if len(lost) < 2:
            lost.append(route.fetch().status)  # the server took it
            route.abort()
        else:
            route.continue_()

    bob.route("**/operations/", lose)
    write(bob, "Wordt één keer bewaard")
    write(bob, "En dit ook")
    found = settled(table, bob, mei)
    assert lost == [200, 200]
    assert found[-2:] == ["Wordt één keer bewaard", "En dit ook"]
    assert Counter(found).most_common(1)[0][1] == 1
    assert kept(bob) == 0


def test_a_wish_that_comes_twice_is_taken_once(table: Table, sit: Sit) -> None:
    bob, mei = sit("Bob"), sit("Mei")
    bob.route("**/operations/", lambda route: (route.fetch(), route.fulfill(response=route.fetch())))
    for n in range(4):
        write(bob, f"dubbel {n}")
    assert settled(table, bob, mei)[-4:] == [f"dubbel {n}" for n in range(4)]


def test_the_event_may_come_long_before_the_answer(table: Table, sit: Sit) -> None:
    bob, mei = sit("Bob"), sit("Mei")

    def late(route: Route) -> None:
        answer = route.fetch()
        bob.wait_for_timeout(1200)
        route.fulfill(response=answer)

    bob.route("**/operations/", late, times=1)
    write(bob, "eerst gehoord, dan beantwoord")
    expect(mei.locator(".slip", has_text="eerst gehoord")).to_have_count(1)
    expect(bob.locator(".slip", has_text="eerst gehoord")).to_have_count(1)
    assert settled(table, bob, mei)[-1] == "eerst gehoord, dan beantwoord"


def test_without_a_network_one_writes_on_and_closes_the_page(table: Table, sit: Sit) -> None:
    bob, mei = sit("Bob"), sit("Mei")
    bob.context.set_offline(True)
    for n in range(3):
        write(bob, f"in de tunnel {n}")
    expect(bob.locator(".slip--waiting")).to_have_count(3)
    write(mei, "intussen boven")
    expect(mei.locator(".slip", has_text="tunnel")).to_have_count(0)
    assert kept(bob) == 3
    # one note is changed, and one taken back, before anything could be sent
    bob.locator(".slip", has_text="tunnel 0").locator(".slip__text").dblclick()
    bob.keyboard.type(" en eruit")
    bob.keyboard.press("Enter")
    bob.locator("#title-identity").click()
    bob.get_by_role("button", name="Ongedaan maken").click()  # of the change
    expect(bob.locator(".slip", has_text="en eruit")).to_have_count(0)
    other = bob.context.new_page()
    bob.close()
    bob.context.set_offline(False)
    other.goto(table.url)
    found = settled(table, other, mei)
    assert [text for text in found if "tunnel" in text] == [f"in de tunnel {n}" for n in range(3)]
    assert "intussen boven" in found
    assert kept(other) == 0


def test_a_server_that_dies_and_comes_back(table: Table, sit: Sit) -> None:
    bob, mei = sit("Bob"), sit("Mei")
    write(bob, "voor de klap")
    settled(table, bob, mei)
    table.server.stop(kill=True)
    write(bob, "tijdens de klap")
    write(mei, "ik ook")
    expect(bob.locator(".slip--waiting")).to_have_count(1)
    table.server.start()
    found = settled(table, bob, mei)
    assert sorted(found[-2:]) == ["ik ook", "tijdens de klap"]
    write(bob, "en verder")
    assert settled(table, bob, mei)[-1] == "en verder"


def test_two_pages_of_one_person_lose_nothing_of_one_another(table: Table, sit: Sit) -> None:
    one = sit("Bob")
    two = sit("Bob", beside=one)
    one.context.set_offline(True)
    for n in range(3):
        write(one, f"links {n}")
        write(two, f"rechts {n}")
    until = time.monotonic() + PATIENCE_MS / 1000
    while kept(one) < 6:  # pages of one browser hear a moment later what another keeps
        assert time.monotonic() < until
        one.wait_for_timeout(50)
    assert kept(one) == 6
    two.close()  # its wishes stay behind, and a page that is opened later sends them
    one.context.set_offline(False)
    three = sit("Bob", beside=one)
    found = settled(table, one, three)
    assert [t for t in found if t.startswith("links")] == [f"links {n}" for n in range(3)]
    assert [t for t in found if t.startswith("rechts")] == [f"rechts {n}" for n in range(3)]


def test_a_full_browser_says_that_it_keeps_nothing(table: Table, sit: Sit) -> None:
    bob, mei = sit("Bob"), sit("Mei")
    bob.evaluate(
        """() => {
             let rest = "x".repeat(1 << 20);
             while (rest.length) {
               try { localStorage.setItem("full" + Math.random(), rest) }
               catch { rest = rest.slice(0, rest.length >> 1) }
             }
           }"""
    )
    bob.context.set_offline(True)
    write(bob, "past nergens meer")
    expect(bob.locator(".workshop__said", has_text="Deze browser kan niets bewaren")).to_have_count(1)
    assert kept(bob) == 0
    bob.context.set_offline(False)
    assert settled(table, bob, mei)[-1] == "past nergens meer"


def lock(page: Page) -> None:
    """Let nobody but facilitators change identity."""
    page.evaluate(
        """async () => {
             const { address, csrf } = JSON.parse(document.getElementById("opening").textContent);
             const operations = [{ key: "slot", act: "lock", id: "identity", values: { on: true } }];
             await fetch(address + "operations/",
               { method: "POST", headers: { "X-CSRFToken": csrf }, body: JSON.stringify({ operations }) });
           }"""
    )


def test_words_that_are_refused_are_given_back(table: Table, sit: Sit) -> None:
    bob, fenna = sit("Bob"), sit("Fenna")
    bob.context.set_offline(True)
    write(bob, "net te laat")
    lock(fenna)
    bob.context.set_offline(False)
    expect(bob.locator(".slip", has_text="net te laat")).to_have_count(0)
    expect(bob.locator("#field-identity .slips__words")).to_have_value("net te laat")
    assert "net te laat" not in settled(table, bob, fenna)


def test_taking_back_what_was_refused_takes_back_nothing_older(table: Table, sit: Sit) -> None:
    bob, fenna = sit("Bob"), sit("Fenna")
    write(bob, "blijft liggen", "image")
    settled(table, bob, fenna)
    bob.context.set_offline(True)
    write(bob, "net te laat")
    bob.locator("#title-identity").click()
    bob.get_by_role("button", name="Ongedaan maken").click()
    expect(bob.locator(".slip", has_text="net te laat")).to_have_count(0)
    lock(fenna)
    bob.context.set_offline(False)
    write(bob, "en verder", "image")
    expect(fenna.locator(".slip", has_text="en verder")).to_have_count(1)
    assert "net te laat" not in settled(table, bob, fenna)
    assert on_disk(table, "image")[-2:] == ["blijft liggen", "en verder"]


def test_a_page_with_an_old_token_finds_its_way(table: Table, sit: Sit) -> None:
    bob = sit("Bob")
    secret = next(one for one in bob.context.cookies() if one["name"] == "csrftoken")
    bob.context.add_cookies([{**secret, "value": "a" * 32}])  # somebody signed in beside it
    write(bob, "met een oude sleutel")
    assert settled(table, bob)[-1] == "met een oude sleutel"


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_whatever_the_network_does_all_pages_show_what_is_on_disk(table: Table, sit: Sit, seed: int) -> None:
    pages, rng = [sit("Bob"), sit("Mei"), sit("Karim")], random.Random(seed)
    written: list[str] = []

    def fault(route: Route) -> None:
        with suppress(Error):  # the page may have given this request up in the meantime
            befall(route)

    def befall(route: Route) -> None:
        luck = rng.random()
        if luck < 0.2:
            route.abort()
        elif luck < 0.45:
            route.fetch()
            route.abort()
        elif luck < 0.6:
            route.fulfill(status=503, headers={"Retry-After": "1"})
        elif luck < 0.7:
            route.fetch()
            route.fulfill(response=route.fetch())
        else:
            route.continue_()

    for page in pages:
        page.route("**/operations/", fault)
    for n in range(30):
        page = rng.choice(pages)
        act = rng.random()
        if act < 0.1:
            page.context.set_offline(True)
        elif act < 0.25:
            page.context.set_offline(False)
        elif act < 0.75:
            written.append(f"briefje {n}")
            write(page, written[-1], rng.choice(["identity", "image"]))
        else:
            more = page.locator(".slip__more:visible")
            more.nth(rng.randrange(more.count())).focus()
            page.keyboard.press(rng.choice(["Alt+ArrowUp", "Alt+ArrowDown"]))
    for page in pages:
        page.context.set_offline(False)
        page.unroute("**/operations/")
    settled(table, *pages)
    keys = Counter((row["by"], row["key"]) for row in table.events())
    assert max(keys.values()) == 1
    found = Counter(on_disk(table, "identity") + on_disk(table, "image"))
    assert all(found[text] == 1 for text in written), (written, found)
