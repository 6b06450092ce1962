"""Two browsers on the canvas of `canvas_live.py`: from one screen to the other; how long it takes to open."""

from __future__ import annotations

import os
import shutil
from typing import Any

N_NOTES = 20
SEEN = """words => new Promise(done => {
  const there = () => document.querySelector('#board').textContent.includes(words);
  if (there()) return done(Date.now());
  const watch = new MutationObserver(() => {
    if (!there()) return;
    watch.disconnect();
    requestAnimationFrame(() => done(Date.now()));
  });
  watch.observe(document.querySelector('#board'), { subtree: true, childList: true, characterData: true });
})"""
OPENED = """n => new Promise(done => {
  const look = () => document.querySelectorAll('#board .slip').length >= n
    ? requestAnimationFrame(() => done(performance.now())) : setTimeout(look, 5);
  look();
})"""


def looked(port: int, world: dict[str, Any], n_notes: int) -> tuple[list[float], list[float]]:
    """Milliseconds from the click on one screen to the words on the other; and from asking for the page until
    all notes stand on it.
    """
    from playwright.sync_api import sync_playwright

    at = f"http://127.0.0.1:{port}/c/{world['address']}/"
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        pages, opened = [], []
        for token in world["tokens"][:2] * 2:
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            context.add_cookies([{"name": "canvas", "value": token, "url": at}])
            pages.append(context.new_page())
            pages[-1].goto(at, wait_until="commit")
            opened.append(pages[-1].evaluate(OPENED, n_notes))
        pages[0].wait_for_timeout(1000)
        return [_from_one_to_another(pages[0], pages[1], n) for n in range(N_NOTES)], opened


def _from_one_to_another(here: Any, there: Any, n: int) -> float:
    words = f"From one screen to another {n}."
    there.evaluate(f"words => {{ window.seen = ({SEEN})(words) }}", words)
    here.fill("#field-identity textarea", words)
    clicked = here.evaluate("""() => {
      const form = document.querySelector('#field-identity textarea').form;
      form.requestSubmit();
      return Date.now();
    }""")
    return float(there.evaluate("() => window.seen") - clicked)
