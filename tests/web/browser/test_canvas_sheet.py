"""The canvas on a sheet, measured by a real browser with the type that it has."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser
from tests.canvas.made_outcomes import full, usual

from verbond.plots import as_file, draw_canvas

MEASURE = """() => {
  const texts = [...document.querySelectorAll("text")].map((one) => ({
    words: one.textContent, size: parseFloat(one.getAttribute("font-size")), at: one.getBBox(),
    box: one.parentNode.tagName === "g" ? one.parentNode.querySelector("rect")?.getBBox() : null,
  }));
  const wrong = [];
  for (const { words, at, box } of texts) {
    if (box && (at.x < box.x - 0.5 || at.x + at.width > box.x + box.width + 0.5)) wrong.push(words);
  }
  texts.forEach((one, n) => texts.slice(n + 1).forEach((other) => {
    const [a, b] = [one.at, other.at];
    const wide = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
    const tall = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
    if (wide > 1 && tall > 0.4 * Math.min(one.size, other.size)) wrong.push(`${one.words} / ${other.words}`);
  }));
  return [texts.length, wrong];
}"""


@pytest.mark.browser
@pytest.mark.parametrize("face", ["as it is", "DejaVu Sans", "DejaVu Serif", "Liberation Sans"])
def test_words_stay_in_their_boxes_with_any_type(browser: Browser, face: str) -> None:
    page = browser.new_page()
    for outcome in (usual(), full()):
        drawn = as_file(draw_canvas(outcome, "nl"))
        if face != "as it is":
            drawn = re.sub('font-family="[^"]*"', f'font-family="{face}"', drawn)
        page.set_content(drawn)
        n, wrong = page.evaluate(MEASURE)
        assert n > 40
        assert not wrong
    page.close()
