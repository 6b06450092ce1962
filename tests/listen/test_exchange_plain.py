"""Words without HTML, against the standard library's parser where a file is whole."""

import re
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import verbond.listen.exchange
from verbond.listen.exchange.plain import plain
from verbond.listen.exchange.qsf import _SAID_OF_FLOW
from verbond.listen.questionnaire import LIMITS, UNSOUND
from verbond.results.wording import entries

BREAKS = {"p", "br", "div", "li"}


class _Said(HTMLParser):
    def __init__(self):
        super().__init__()
        self.words, self.silent = [], False

    def handle_starttag(self, tag, attrs):
        self.silent = tag in ("script", "style")
        self.words.append("\n" if tag in BREAKS else "")

    def handle_endtag(self, tag):
        self.silent = False
        self.words.append("\n" if tag in BREAKS else "")

    def handle_data(self, data):
        self.words.append("" if self.silent else data)


def _lines(text):
    return [line for line in (" ".join(line.split()) for line in text.split("\n")) if line]


WORDS = st.text("ab cé&<>\"'/=1", max_size=8)
ATTRIBUTES = WORDS.map(lambda words: f' title="{escape(words)}"') | st.just("") | st.just(' title="a > b"')
TREES = st.recursive(
    WORDS.map(escape)
    | st.just("<br>")
    | st.just("<br/>")
    | st.just("<!-- a <b> -- c -->")
    | st.just("<script>if (a<b) x</script>"),
    lambda inner: st.builds(
        lambda tag, attributes, parts: f"<{tag}{attributes}>{''.join(parts)}</{tag}>",
        st.sampled_from(["p", "b", "SPAN", "div", "li", "a"]),
        ATTRIBUTES,
        st.lists(inner, max_size=3),
    ),
    max_leaves=12,
)


@given(st.lists(TREES, max_size=4).map("".join))
@settings(max_examples=200, deadline=None)
def test_whole_html_reads_as_the_standard_parser_reads_it(html):
    parser = _Said()
    parser.feed(html)
    parser.close()
    assert _lines(plain(html).words) == _lines("".join(parser.words))


@given(st.text("<>!-/&#;{}$abscript \"'\n\x00\x0b\ud800", max_size=60))
@settings(max_examples=300, deadline=None)
def test_whatever_is_not_closed_gives_sound_words(html):
    words = plain(html).words
    assert not UNSOUND.search(words)
    assert words == words.strip()
    assert plain(html * 300).words is not None


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("2 < 3 and 4 > 3", "2 < 3 and 4 > 3"),
        ("a <b", "a <b"),
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("&lt;b&gt; stays", "<b> stays"),
        ('<img alt=">" src=x onerror="alert(1)">Look', "Look"),
        ("<style>p {a: b}</style><title>x</title>Hi", "Hi"),
        ("<script>never closed", ""),
        ("<!-- never closed", ""),
        ("{company} {TOKEN:FIRSTNAME} ${e://Field/a} { b }", "{company} … … { b }"),
    ],
)
def test_words(html, words):
    assert plain(html).words == words


def test_what_went_is_told():
    assert plain('<img src="x">').pictured
    assert plain("{Q1.shown}").piped
    long = plain("x" * 5000)
    assert (len(long.words), long.cut) == (LIMITS.words, True)


@pytest.mark.parametrize(
    "piece", ["<", "<a ", "<!--", "&#", "{a", "<a b='", '<a b="', "<script>", "</", "<![CDATA[", "<a>", "\n"]
)
def test_time_grows_with_length_alone(piece):
    assert plain(piece * (20 * 2**20 // len(piece))) is not None  # minutes with a parser that goes back


def test_everything_that_can_be_dropped_has_its_sentence_and_no_other_has():
    folder = Path(verbond.listen.exchange.__file__).parent
    source = "\n".join(file.read_text("utf-8") for file in folder.glob("*.py"))
    said = {*re.findall(r'drop\(\s*"(\w+)"', source), *_SAID_OF_FLOW.values(), "pictured", "piped", "cut"}
    told = {
        code.removeprefix("listen.dropped_") for code in entries("en") if code.startswith("listen.dropped_")
    }
    assert said == told
