"""Questionnaires of LimeSurvey: what is taken over, and that nothing goes unsaid."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from questionnaire_files import lss, read_or_error

from verbond.errors import ReadError, VerbondError
from verbond.listen import Condition, Questionnaire, Test
from verbond.listen.exchange import read_questionnaire
from verbond.results import LANGUAGES


def _group(*questions, **more):
    return {"gid": 1, "name": "Group", "questions": [*questions], **more}


def _asked(qid, type, title, **more):
    return {"qid": qid, "type": type, "title": title, **more}


def _read(*questions, **options):
    return read_questionnaire(lss([_group(*questions)], **options), "file.lss")


def _codes(read):
    return {reason.code.removeprefix("listen.dropped_"): reason.values["names"] for reason in read.dropped}


def _only(read):
    (one,) = read.questionnaire.questions.values()
    return one


ABC = [("A1", "First"), ("A2", "Second"), ("A3", "Third")]
ROWS = [("SQ001", "They listen."), ("SQ002", "They help.")]
CHOICE = _asked(1, "L", "pick", words="<p>Which?</p>", answers=ABC)


@pytest.mark.parametrize("inline", [True, False])
def test_both_languages_of_new_and_old_files(inline):
    one = _asked(
        1,
        "L",
        "pick",
        words={"en": "Which?", "nl": "Welke?", "de": "Welche?"},
        answers=[("A1", {"en": "this", "nl": "deze"}), ("A2", {"en": "that", "nl": "die"})],
    )
    read = _read(one, languages=("de", "en", "nl"), inline=inline)
    asked = _only(read)
    assert (asked.text.en, asked.text.nl, asked.kind) == ("Which?", "Welke?", "choice")
    assert [option.text.nl for option in asked.options] == ["deze", "die"]
    assert read.questionnaire.languages == LANGUAGES
    assert read.questionnaire.introduction.nl == "Welcome"
    assert read.questionnaire.pages[0].title.en == "Group"
    assert _codes(read) == {"language": ["de"]}


def test_informal_dutch_is_taken_before_formal():
    words = {"nl": "Wat vindt u?", "nl-informal": "Wat vind je?"}
    read = _read(_asked(1, "T", "q", words=words), languages=("nl", "nl-informal"))
    assert _only(read).text.nl == "Wat vind je?"
    assert _codes(read) == {"language": ["nl"]}


@pytest.mark.parametrize(
    ("question", "kinds"),
    [
        (_asked(1, "L", "q", answers=ABC), [("q", "choice", 3)]),
        (_asked(1, "!", "q", answers=ABC), [("q", "choice", 3)]),
        (_asked(1, "L", "q", answers=ABC, other="Y"), [("q", "choice", 4)]),
        (_asked(1, "L", "q", answers=[(str(n), str(n)) for n in range(11)]), [("q", "scale", (0, 10))]),
        (_asked(1, "O", "q", answers=ABC), [("q", "choice", 3)]),
        (_asked(1, "M", "q", rows=ROWS), [("q", "several", 2)]),
        (_asked(1, "P", "q", rows=ROWS), [("q", "several", 2)]),
        (
            _asked(1, "F", "q", rows=ROWS, answers=ABC),
            [("q_sq001", "scale", (1, 3)), ("q_sq002", "scale", (1, 3))],
        ),
        (_asked(1, "H", "q", rows=ROWS[:1], answers=ABC), [("q_sq001", "scale", (1, 3))]),
        (_asked(1, "F", "q", rows=ROWS[:1], answers=ABC[:2]), [("q_sq001", "choice", 2)]),
        (_asked(1, "A", "q", rows=ROWS[:1]), [("q_sq001", "scale", (1, 5))]),
        (_asked(1, "B", "q", rows=ROWS[:1]), [("q_sq001", "scale", (1, 10))]),
        (_asked(1, "C", "q", rows=ROWS[:1]), [("q_sq001", "choice", 3)]),
        (_asked(1, "E", "q", rows=ROWS[:1]), [("q_sq001", "choice", 3)]),
        (_asked(1, "5", "q"), [("q", "scale", (1, 5))]),
        (_asked(1, "S", "q"), [("q", "text", 1000)]),
        (_asked(1, "T", "q"), [("q", "text", 1000)]),
        (_asked(1, "U", "q"), [("q", "text", 1000)]),
        (_asked(1, "Q", "q", rows=ROWS), [("q_sq001", "text", 1000), ("q_sq002", "text", 1000)]),
        (_asked(1, "R", "q", answers=ABC), [("q", "ranking", 3)]),
        (_asked(1, "R", "q", rows=ROWS), [("q", "ranking", 2)]),
        (_asked(1, "Y", "q"), [("q", "choice", 2)]),
        (_asked(1, "G", "q"), [("q", "choice", 2)]),
    ],
)
def test_kinds(question, kinds):
    def told(one):
        if one.kind == "scale":
            return (one.min, one.max)
        return one.longest if one.kind == "text" else len(one.options)

    read = _read(question)
    assert [(one.id, one.kind, told(one)) for one in read.questionnaire.questions.values()] == kinds
    assert read.taken["q"] == tuple(id for id, *_ in kinds)


@pytest.mark.parametrize("kind", ["N", "K"])
def test_numbers_are_a_scale_where_they_have_ends(kind):
    ends = [
        {"qid": 1, "attribute": f"{end}_num_value_n", "value": str(n), "language": ""}
        for end, n in (("min", 0), ("max", 20))
    ]
    given_ = _asked(1, kind, "q", rows=ROWS if kind == "K" else ())
    read = _read(given_, attributes=ends)
    assert {(one.kind, one.min, one.max) for one in read.questionnaire.questions.values()} == {
        ("scale", 0, 20)
    }
    assert _codes(_read(given_, CHOICE | {"qid": 2})) == {"question_scale": ["q"]}


@pytest.mark.parametrize("kind", ["D", "|", "*", "I", ":", ";", "Z"])
def test_what_has_no_counterpart_is_named(kind):
    read = _read(CHOICE, _asked(2, kind, "odd", rows=ROWS))
    assert _codes(read) == {"question_kind": ["odd"]}


def test_text_display_hidden_questions_and_mandatory():
    hidden = [{"qid": 3, "attribute": "hidden", "value": "1", "language": ""}]
    read = _read(
        _asked(2, "X", "told", words="<p>Now &amp; then</p>"),
        CHOICE | {"mandatory": "Y"},
        _asked(3, "T", "gone"),
        attributes=hidden,
    )
    (page,) = read.questionnaire.pages
    assert page.text.en == "Now & then"
    assert page.questions[0].required
    assert _codes(read) == {"question_hidden": ["gone"]}


def test_one_question_a_page_where_the_file_says_so():
    assert len(_read(CHOICE, _asked(2, "T", "why"), format="S").questionnaire.pages) == 2
    assert len(_read(CHOICE, _asked(2, "T", "why"), format="G").questionnaire.pages) == 1


@pytest.mark.parametrize(
    ("equation", "condition"),
    [
        ('((pick.NAOK == "A2"))', Condition((Test("pick", "is", "a2"),))),
        ("pick.NAOK != 'A1'", Condition((Test("pick", "is_not", "a1"),))),
        ('1X1X1.NAOK == "A3"', Condition((Test("pick", "is", "a3"),))),
        ('(some_SQ001.NAOK == "Y")', Condition((Test("some", "is", "sq001"),))),
        ("rows_SQ002.NAOK >= 4", Condition((Test("rows_sq002", "at_least", 4),))),
        (
            "rows_SQ001 < 3 and rows_SQ002 gt 2",
            Condition((Test("rows_sq001", "at_most", 2), Test("rows_sq002", "at_least", 3))),
        ),
        (
            '(pick == "A1") or (pick == "A2")',
            Condition((Test("pick", "is", "a1"), Test("pick", "is", "a2")), "any"),
        ),
        (
            '((pick == "A1") || (pick == "A2")) || is_empty(why.NAOK)',
            Condition(
                (Test("pick", "is", "a1"), Test("pick", "is", "a2"), Test("why", "not_answered")), "any"
            ),
        ),
        ("!is_empty(why)", Condition((Test("why", "answered"),))),
        ('why.NAOK == ""', Condition((Test("why", "not_answered"),))),
        ('pick == "A1" and (rows_SQ001 > 3 or rows_SQ002 > 3)', None),
        ("pick != 'A1'", None),
        ("count(some_SQ001, some_SQ002) > 1", None),
        ('pick == "B9"', None),
        ('later == "A1"', None),
        ('pick == "A1" and', None),
        ('TOKEN:ATTRIBUTE_1 == "x"', None),
        ("rows_SQ001 + rows_SQ002 > 3", None),
        ("rows_SQ001 > 2.5", None),
        ("(" * 3000, None),
    ],
)
def test_relevance_is_exact_or_said(equation, condition):
    read = _read(
        CHOICE,
        _asked(2, "M", "some", rows=ROWS),
        _asked(3, "A", "rows", rows=ROWS),
        _asked(4, "T", "why"),
        _asked(5, "T", "last", relevance=equation),
        _asked(6, "L", "later", answers=ABC),
    )
    assert read.questionnaire.questions["last"].asked_if == condition
    assert ("logic" in _codes(read)) == (condition is None)


def test_a_name_that_two_questions_share_is_nobodys():
    read = _read(CHOICE, CHOICE | {"qid": 2}, _asked(3, "T", "last", relevance='pick.NAOK == "A1"'))
    assert [*read.questionnaire.questions] == ["pick_1", "pick_2", "last"]
    assert read.questionnaire.questions["last"].asked_if is None
    assert "logic" in _codes(read)


def test_help_stands_with_what_it_helps():
    array = _asked(1, "A", "rows", words="Agree?", help="1 is no", rows=ROWS)
    read = _read(
        array,
        CHOICE | {"qid": 2, "help": "Just one"},
        _asked(3, "X", "x", words="So", help="far"),
        _asked(4, "T", "t"),
    )
    assert [page.text.en for page in read.questionnaire.pages] == ["Agree?\n1 is no", "", "So\nfar"]
    assert read.questionnaire.questions["pick"].help.en == "Just one"


def test_a_group_that_depends_on_an_answer_is_a_page_that_does():
    groups = [
        _group(CHOICE),
        {"gid": 2, "name": "More", "relevance": 'pick.NAOK == "A1"', "questions": [_asked(2, "T", "why")]},
    ]
    read = read_questionnaire(lss(groups), "x.lss")
    assert [page.asked_if for page in read.questionnaire.pages] == [
        None,
        Condition((Test("pick", "is", "a1"),)),
    ]


def test_expressions_in_words_are_said():
    read = _read(CHOICE, _asked(2, "T", "why", words="Why {pick.shown}, {TOKEN:FIRSTNAME}? {company}"))
    assert read.questionnaire.questions["why"].text.en == "Why …, …? {company}"
    assert _codes(read) == {"piped": ["why"]}


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize(
    "before", [LAUGHS, OUTSIDE, '<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd">', "<!DOCTYPE x>"]
)
def test_entities_and_document_types_are_refused(before):
    with pytest.raises(ReadError, match=r"^[^:]+: the file declares a document type or entities"):
        _read(CHOICE, before=before)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            b"<document><LimeSurveyDocType>Group</LimeSurveyDocType></document>",
            "no questionnaire that is known",
        ),
        (b"<html/>", "no questionnaire that is known"),
        (b"<document>", "not whole XML"),
        (b'<?xml version="1.0" encoding="nonsense"?><document/>', "XML"),
        (b"<a>" * 100_000, "too deep"),
        (lss([_group()]), "nothing in this questionnaire"),
    ],
)
def test_other_xml_is_refused_in_words(data, said):
    with pytest.raises(ReadError, match=said):
        read_questionnaire(data, "x.lss")


WORDS = st.text(
    st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="\ufffe\uffff"), max_size=10
)
WORDS |= st.sampled_from(["<b>Ja</b>", "1", "2", "3", "weet niet", "{q1.shown}", "<![CDATA[x]]>", "&amp;"])
PAIRS = st.lists(st.tuples(st.sampled_from(["A1", "A2", "SQ001", "sq001", "", "é"]), WORDS), max_size=4)
TITLES = st.sampled_from(["q1", "q2", "Q1", "trust_1", "by", "", "q1_SQ001"])
EQUATIONS = st.sampled_from(["1", "", 'q1.NAOK == "A1"', "q2_SQ001 > 2", "is_empty(q1)", "x", "((("])


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*"L!OMPFABCE1HNKSTUQRYGXD*|;:5I"]),
            TITLES,
            WORDS,
            PAIRS,
            PAIRS,
            EQUATIONS,
            st.sampled_from("YNS"),
            st.booleans(),
        ),
        min_size=1,
        max_size=7,
    ),
    st.sampled_from([("en",), ("nl", "en"), ("de",), ("de", "nl-informal", "nl")]),
    st.booleans(),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_question_is_taken_over_or_named(given_, languages, inline):
    questions = [
        _asked(
            n,
            kind,
            title,
            words=words,
            rows=rows,
            answers=answers,
            relevance=equation,
            mandatory=yes,
            other="Y" if other else "N",
        )
        for n, (kind, title, words, rows, answers, equation, yes, other) in enumerate(given_, start=1)
    ]
    read = read_or_error(lss([_group(*questions)], languages=languages, inline=inline), "x.lss")
    if isinstance(read, VerbondError):
        assert "nothing in this questionnaire" in str(read)
        return
    assert Questionnaire.from_json(read.questionnaire.to_json()) == read.questionnaire
    left = {
        n for r in read.dropped if r.code.startswith("listen.dropped_question_") for n in r.values["names"]
    }
    assert len({*read.taken, *left}) == len(questions)
    assert {id for ids in read.taken.values() for id in ids} == set(read.questionnaire.questions)
    json.dumps(read.to_dict(), allow_nan=False).encode()
