"""Questionnaires of Qualtrics: what is taken over, and that nothing goes unsaid."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from questionnaire_files import answers, asked, choices, logic, qsf, read_or_error

from verbond.errors import ReadError, VerbondError
from verbond.listen import Condition, Questionnaire, Test
from verbond.listen.exchange import read_questionnaire
from verbond.method import ITEMS
from verbond.results import LANGUAGES


def _read(*questions, **options):
    return read_questionnaire(qsf([*questions], **options), "file.qsf")


def _codes(read):
    return {reason.code.removeprefix("listen.dropped_"): reason.values["names"] for reason in read.dropped}


def _only(read):
    (one,) = read.questionnaire.questions.values()
    return one


YES_NO = asked("QID1", "MC", "SAVR", "Would you?", tag="would", **choices("Yes", "No"))


def test_a_choice_has_its_options_in_their_order():
    given_ = asked("QID1", "MC", "SAVR", "<b>Which</b>&nbsp;one?<br>Choose.", **choices("A", "B", "C"))
    given_ |= {"ChoiceOrder": [3, "1", 2], "Validation": {"Settings": {"ForceResponse": "ON"}}}
    read = _read(given_)
    one = _only(read)
    assert (one.kind, one.text.en, one.text.nl, one.required) == ("choice", "Which one?\nChoose.", "", True)
    assert [option.text.en for option in one.options] == ["C", "A", "B"]
    assert read.product == "qualtrics"
    assert read.questionnaire.title.en == "How was it"
    assert "codes" not in _codes(read)


def test_codes_that_differ_from_the_order_are_said():
    read = _read(
        asked("QID1", "MC", "SAVR", tag="code", RecodeValues={"1": "10", "2": "20"}, **choices("A", "B"))
    )
    assert _codes(read) == {"codes": ["code"]}


def test_numbers_that_count_are_a_scale_with_its_ends():
    one = _only(_read(asked("QID1", "MC", "SAHR", **choices("1 - never", "2", "3", "4", "5 - always"))))
    assert (one.kind, one.min, one.max, one.labels[0].en, one.labels[1].en) == (
        "scale",
        1,
        5,
        "1 - never",
        "5 - always",
    )


def test_net_promoter_is_a_scale_from_0_to_10():
    tens = [{"Display": str(n)} for n in range(11)]
    ends = [{"Display": "not at all"}, {"Display": "for sure"}]
    one = _only(_read(asked("QID1", "MC", "NPS", Choices=tens, ColumnLabels=ends)))
    assert (one.kind, one.min, one.max, one.labels[1].en) == ("scale", 0, 10, "for sure")


def test_a_matrix_becomes_a_scale_a_row_below_its_stem():
    matrix = asked(
        "QID7",
        "Matrix",
        "Likert",
        "How far do you agree?",
        tag="agree",
        SubSelector="SingleAnswer",
        **choices("They listen.", "They help."),
        **answers("no", "so so", "yes", "Don't know"),
    )
    read = _read(matrix, YES_NO)
    first, second = read.questionnaire.pages
    assert first.text.en == "How far do you agree?"
    assert [(one.id, one.min, one.max) for one in first.questions] == [("agree_1", 1, 3), ("agree_2", 1, 3)]
    assert [one.en for one in first.questions[0].labels] == ["no", "yes"]
    assert [one.id for one in second.questions] == ["would"]
    assert _codes(read) == {"middle": ["agree"], "no_answer": ["agree"]}
    assert read.taken["agree"] == ("agree_1", "agree_2")


def test_a_matrix_that_counts_down_is_turned_round():
    matrix = asked(
        "QID1",
        "Matrix",
        "Likert",
        SubSelector="SingleAnswer",
        **choices("They listen."),
        **answers("yes", "2", "no", RecodeValues={"1": "3", "2": "2", "3": "1"}),
    )
    one = _only(_read(matrix))
    assert (one.min, one.max, one.labels[0].en, one.labels[1].en) == (1, 3, "no", "yes")


def test_a_matrix_of_several_answers_is_several_a_row():
    matrix = asked(
        "QID1", "Matrix", "Likert", SubSelector="MultipleAnswer", **choices("A", "B"), **answers("x", "y")
    )
    assert [one.kind for one in _read(matrix).questionnaire.questions.values()] == ["several", "several"]


def test_poles_are_the_ends_of_a_scale():
    matrix = asked("QID1", "Matrix", "Bipolar", "They are", **choices("cold:warm"), **answers(*"12345"))
    one = _only(_read(matrix))
    assert [end.en for end in one.labels] == ["cold", "warm"]


def test_sliders_rankings_texts_and_forms():
    slider = asked(
        "QID1",
        "Slider",
        "HSLIDER",
        "How warm?",
        Configuration={"CSSliderMin": 0, "CSSliderMax": 100},
        Labels={"1": {"Display": "cold"}, "2": {"Display": "hot"}},
        **choices("The shop"),
    )
    ranking = asked("QID2", "RO", "DND", **choices("A", "B", "C"))
    words = asked("QID3", "TE", "ML", Validation={"Settings": {"MaxChars": "200"}})
    form = asked("QID4", "TE", "FORM", "About you", **choices("Town", "Street"))
    read = _read(slider, ranking, words, form)
    kinds = [(one.kind, one.text.en) for one in read.questionnaire.questions.values()]
    assert kinds == [
        ("scale", "How warm?"),
        ("ranking", "What do you think?"),
        ("text", "What do you think?"),
        ("text", "Town"),
        ("text", "Street"),
    ]
    assert read.questionnaire.questions["tagqid3"].longest == 200
    assert read.dropped == ()


def test_translations_come_along_and_other_languages_are_said():
    dutch = {"QuestionText": "Zou je?", "Choices": {"1": {"Display": "Ja"}, "2": {"Display": "Nee"}}}
    german = {"QuestionText": "Würdest du?"}
    read = _read(YES_NO | {"Language": {"NL": dutch, "DE": german}}, language="EN-GB")
    one = _only(read)
    assert (one.text.en, one.text.nl) == ("Would you?", "Zou je?")
    assert [option.text.nl for option in one.options] == ["Ja", "Nee"]
    assert read.questionnaire.languages == LANGUAGES
    assert _codes(read) == {"language": ["DE"]}


def test_a_dutch_file_is_dutch():
    read = _read(YES_NO, language="NL")
    assert read.questionnaire.languages == ("nl",)
    assert _only(read).text.en == ""


def test_text_blocks_stand_above_what_comes_next():
    words = asked("QID9", "DB", "TB", "<p>Now about the shop.</p><script>alert(1)</script>")
    read = _read(YES_NO, words, asked("QID2", "TE", "SL"))
    assert [page.text.en for page in read.questionnaire.pages] == ["", "Now about the shop."]


def test_piped_text_and_pictures_are_said():
    read = _read(
        YES_NO | {"QuestionText": 'You said ${q://QID7/ChoiceGroup/SelectedChoices}. <img src="x">Why?'}
    )
    assert _only(read).text.en == "You said …. Why?"
    assert set(_codes(read)) == {"pictured", "piped"}


@pytest.mark.parametrize(
    ("tests", "together", "condition"),
    [
        (
            [("q://QID1/SelectableChoice/1", "Selected", None)],
            "And",
            Condition((Test("would", "is", "o_1"),)),
        ),
        (
            [("q://QID1/SelectableChoice/2", "NotSelected", None)],
            "And",
            Condition((Test("would", "is_not", "o_2"),)),
        ),
        (
            [("q://QID2/ChoiceNumericEntryValue/1", "GreaterThan", "6")],
            "And",
            Condition((Test("slide", "at_least", 7),)),
        ),
        (
            [("q://QID2/ChoiceNumericEntryValue/1", "LessThanOrEqual", "3")],
            "And",
            Condition((Test("slide", "at_most", 3),)),
        ),
        ([("q://QID3/SelectableChoice/2/3", "Selected", None)], "And", Condition((Test("rows_2", "is", 3),))),
        (
            [("q://QID4/ChoiceTextEntryValue", "NotEmpty", None)],
            "And",
            Condition((Test("words", "answered"),)),
        ),
        (
            [
                ("q://QID1/SelectableChoice/1", "Selected", None),
                ("q://QID4/ChoiceTextEntryValue", "Empty", None),
            ],
            "Or",
            Condition((Test("would", "is", "o_1"), Test("words", "not_answered")), "any"),
        ),
        ([("q://QID4/ChoiceTextEntryValue", "Contains", "x")], "And", None),
        ([("q://QID1/ChoiceDisplayed/1", "Displayed", None)], "And", None),
        ([("q://QID77/SelectableChoice/1", "Selected", None)], "And", None),
        ([("q://QID1/SelectableChoice/9", "Selected", None)], "And", None),
        ([("q://QID2/ChoiceNumericEntryValue/1", "GreaterThan", "${e://Field/x}")], "And", None),
    ],
)
def test_display_logic_is_exact_or_said(tests, together, condition):
    slider = asked(
        "QID2",
        "Slider",
        "HSLIDER",
        tag="slide",
        Configuration={"CSSliderMin": 0, "CSSliderMax": 10},
        **choices("A"),
    )
    matrix = asked(
        "QID3",
        "Matrix",
        "Likert",
        tag="rows",
        SubSelector="SingleAnswer",
        **choices("A", "B"),
        **answers("1", "2", "3"),
    )
    words = asked("QID4", "TE", "SL", tag="words")
    last = asked("QID5", "TE", "SL", tag="last", DisplayLogic=logic(*tests, together=together))
    read = _read(YES_NO, slider, matrix, words, last)
    assert read.questionnaire.questions["last"].asked_if == condition
    assert ("logic" in _codes(read)) == (condition is None)


def test_and_mixed_with_or_is_not_taken_for_either():
    mixed = logic(
        ("q://QID1/SelectableChoice/1", "Selected", None), ("q://QID1/SelectableChoice/2", "Selected", None)
    )
    mixed["0"]["2"] = {**mixed["0"]["1"], "LeftOperand": "q://QID1/SelectableChoice/1", "Conjuction": "Or"}
    assert "logic" in _codes(_read(YES_NO, asked("QID2", "TE", "SL", DisplayLogic=mixed)))


def _block(id, *qids, **more):
    elements = [{"Type": "Question", "QuestionID": qid} if qid else {"Type": "Page Break"} for qid in qids]
    return {"Type": "Standard", "Description": id, "ID": id, "BlockElements": elements, **more}


def test_branches_are_conditions_of_pages():
    questions = [YES_NO, *(asked(f"QID{n}", "TE", "SL", tag=f"t{n}") for n in (2, 3, 4))]
    inner = {
        "Type": "Branch",
        "BranchLogic": logic(("q://QID2/ChoiceTextEntryValue", "NotEmpty", None)),
        "Flow": [{"Type": "Block", "ID": "C"}],
    }
    outer = {
        "Type": "Branch",
        "BranchLogic": logic(("q://QID1/SelectableChoice/1", "Selected", None)),
        "Flow": [{"Type": "Block", "ID": "B"}, inner],
    }
    blocks = [_block("A", "QID1"), _block("B", "QID2"), _block("C", "QID3"), _block("D", "QID4")]
    flow = [{"Type": "Block", "ID": "A"}, outer, {"Type": "Block", "ID": "D"}]
    read = _read(*questions, blocks=blocks, flow=flow)
    yes, said = Test("would", "is", "o_1"), Test("t2", "answered")
    conditions = [page.asked_if for page in read.questionnaire.pages]
    assert conditions == [None, Condition((yes,)), Condition((yes, said)), None]
    assert read.dropped == ()


def test_what_flow_does_beside_questions_is_said():
    unknown = {
        "Type": "Branch",
        "BranchLogic": {"0": {"0": {"LogicType": "DeviceType"}}},
        "Flow": [{"Type": "Block", "ID": "A"}],
    }
    flow = [
        {"Type": "EmbeddedData"},
        {"Type": "BlockRandomizer", "SubSet": 1, "Flow": [unknown]},
        {"Type": "Block", "ID": "A"},
        {"Type": "EndSurvey"},
        {"Type": "Teleport"},
    ]
    questions = [YES_NO, asked("QID2", "TE", "SL", tag="trash"), asked("QID3", "DD", "DL", tag="drill")]
    looped = _block("A", "QID1", None, "QID3", Options={"Looping": "Static", "RandomizeQuestions": "All"})
    read = _read(*questions, blocks=[looped, _block("T", "QID2") | {"Type": "Trash"}], flow=flow)
    codes = _codes(read)
    assert codes["question_unused"] == ["trash"]
    assert codes["question_kind"] == ["drill"]
    assert set(codes) == {
        "question_unused",
        "question_kind",
        "fields",
        "random",
        "branch",
        "again",
        "end",
        "flow",
        "loop",
    }


def test_ids_that_clash_get_names_of_their_own():
    several = asked("QID1", "MC", "MAVR", tag="a", **choices("A", "B"))
    read = _read(
        several,
        asked("QID2", "TE", "SL", tag="a_o_1"),
        asked("QID3", "TE", "SL", tag="A"),
        asked("QID4", "TE", "SL", tag="A"),
    )
    assert [*read.questionnaire.questions] == ["a", "a_o_1_2", "a_qid3", "a_qid4"]


def test_rows_of_a_matrix_keep_the_names_that_the_file_gives_them():
    item = ITEMS["trust_1"]
    offered = [str(n) for n in range(item.min, item.max + 1)]
    tags = {"1": "trust_1", "2": "Friendly!", "3": ""}
    matrix = asked(
        "QID1", "Matrix", "Likert", tag="m", SubSelector="SingleAnswer", ChoiceDataExportTags=tags,
        **choices("A", "B", "C"), **answers(*offered),
    )  # fmt: skip
    questions = _read(matrix).questionnaire.questions
    assert {id: one.construct for id, one in questions.items()} == {
        "trust_1": "trust",
        "friendly": "",
        "m_3": "",
    }


def test_an_item_of_ours_is_known_by_its_id_and_scale_only():
    item = ITEMS["trust_1"]
    row = {"Configuration": {"CSSliderMin": item.min, "CSSliderMax": item.max}, **choices("A")}
    read = _read(asked("QID1", "Slider", "HSLIDER", tag="trust_1", **row))
    assert _codes(read) == {"ours": ["trust_1"]}
    ours = _only(read)
    assert (ours.id, ours.construct, ours.reversed) == ("trust_1", "trust", item.reversed)
    other = _only(_read(asked("QID1", "TE", "SL", tag="trust_1")))
    assert (other.id, other.construct) == ("trust_1_2", "")


def test_a_hundred_pages_become_sixty_at_most_and_all_questions_stay():
    many = [asked(f"QID{n}", "TE", "SL", tag=f"t{n}") for n in range(100)]
    read = _read(*many, blocks=[_block(f"B{n}", f"QID{n}") for n in range(100)])
    assert len(read.questionnaire.pages) == 60
    assert len(read.questionnaire.questions) == 100


def test_too_many_questions_are_named():
    many = [asked(f"QID{n}", "TE", "SL", tag=f"t{n}") for n in range(310)]
    read = _read(*many)
    assert _codes(read) == {"question_many": [f"t{n}" for n in range(300, 310)]}


def test_a_german_questionnaire_is_refused():
    with pytest.raises(ReadError, match="Dutch or English"):
        _read(asked("QID1", "DB", "TB", "Hallo"), language="DE")


# any file at all

KINDS = [
    ("MC", "SAVR"),
    ("MC", "MAVR"),
    ("MC", "NPS"),
    ("MC", "DL"),
    ("Matrix", "Likert"),
    ("Matrix", "Bipolar"),
    ("Matrix", "MaxDiff"),
    ("TE", "SL"),
    ("TE", "FORM"),
    ("TE", "PW"),
    ("Slider", "HSLIDER"),
    ("RO", "DND"),
    ("SBS", "SBSMatrix"),
    ("DB", "TB"),
    ("CS", "VRTL"),
    ("Meta", "Browser"),
    ("??", ""),
]
WORDS = st.text(max_size=12) | st.sampled_from(
    ["<b>Hoi</b>", "1", "2", "n.v.t.", "${q://QID1/x}", "</script><script>x", "&#0;", "a:b", "\ud800", "\x0b"]
)
ODD = st.none() | st.booleans() | st.integers() | WORDS | st.lists(WORDS, max_size=2)


@st.composite
def _question(draw, n):
    kind, selector = draw(st.sampled_from(KINDS))
    made = asked(
        f"QID{n}",
        kind,
        selector,
        draw(WORDS),
        tag=draw(st.sampled_from(["Q", "trust_1", "by", "Q1", "é", ""])),
    )
    offered = draw(st.lists(WORDS, max_size=5))
    made |= choices(*offered) | answers(*draw(st.lists(WORDS, max_size=5)))
    made |= draw(
        st.fixed_dictionaries(
            {},
            optional={
                "RecodeValues": st.dictionaries(
                    st.sampled_from("12345"), st.integers(-2, 9) | WORDS, max_size=5
                ),
                "SubSelector": st.sampled_from(["SingleAnswer", "MultipleAnswer", "DND"]),
                "Configuration": st.fixed_dictionaries(
                    {"CSSliderMin": st.integers(-3, 3), "CSSliderMax": st.integers(-3, 300)}
                ),
                "Labels": st.just({"1": {"Display": "low"}, "2": {"Display": "high"}}),
                "Validation": ODD,
                "Language": ODD | st.just({"NL": {"QuestionText": "Nou?"}}),
                "Randomization": ODD,
                "ChoiceOrder": ODD,
                "DynamicChoices": ODD,
                "AdditionalQuestions": ODD,
                "DisplayLogic": ODD
                | st.builds(
                    lambda q, c, op: logic((f"q://QID{q}/SelectableChoice/{c}", op, None)),
                    st.integers(0, 5),
                    st.integers(0, 4),
                    st.sampled_from(["Selected", "NotSelected", "Displayed"]),
                ),
            },
        )
    )
    return made


@st.composite
def _file(draw):
    questions = [draw(_question(n)) for n in range(draw(st.integers(1, 7)))]
    qids = [f"QID{n}" for n in range(8)]
    blocks = [_block(f"B{n}", *draw(st.lists(st.sampled_from([*qids, None]), max_size=6))) for n in range(3)]
    steps = st.deferred(lambda: st.lists(step, max_size=4))
    step = st.builds(
        lambda id: {"Type": "Block", "ID": id}, st.sampled_from(["B0", "B1", "B2", "B9"])
    ) | st.builds(
        lambda kind, inner, q: {
            "Type": kind,
            "Flow": inner,
            "BranchLogic": logic((f"q://QID{q}/SelectableChoice/1", "Selected", None)),
        },
        st.sampled_from(["Branch", "Group", "BlockRandomizer", "EndSurvey", "?"]),
        steps,
        st.integers(0, 7),
    )
    return questions, qsf(
        questions, blocks=blocks, flow=draw(steps), language=draw(st.sampled_from(["EN", "NL", "DE"]))
    )


@given(_file())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_question_is_taken_over_or_named(made):
    questions, data = made
    read = read_or_error(data, "file.qsf")
    if isinstance(read, VerbondError):
        assert "nothing in this questionnaire" in str(read)
        return
    assert Questionnaire.from_json(read.questionnaire.to_json()) == read.questionnaire
    left = {
        n for r in read.dropped if r.code.startswith("listen.dropped_question_") for n in r.values["names"]
    }
    assert len({*read.taken, *left}) == len(questions)
    assert {id for ids in read.taken.values() for id in ids} == set(read.questionnaire.questions)
    for reason in read.dropped:
        assert all(reason.sentence(language) for language in LANGUAGES)
    json.dumps(read.to_dict(), allow_nan=False).encode()


@given(
    st.recursive(
        ODD | st.floats(),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "SurveyEntry",
                        "SurveyElements",
                        "Element",
                        "Payload",
                        "Flow",
                        "Choices",
                        "pages",
                        "format",
                        "0",
                    ]
                ),
                inner,
                max_size=5,
            )
        ),
        max_leaves=25,
    ),
    st.binary(max_size=40),
)
@settings(max_examples=60, deadline=None)
def test_any_bytes_are_read_or_refused_in_words(given_, noise):
    shaped = {
        "SurveyEntry": given_,
        "SurveyElements": [
            {"Element": e, "PrimaryAttribute": "QID1", "Payload": given_} for e in ("BL", "SQ", "FL")
        ],
    }
    for data in (json.dumps(given_).encode(), json.dumps(shaped).encode(), noise, b"<" + noise, b"{" + noise):
        assert read_or_error(data, "any")


@pytest.mark.parametrize(
    "data", [b'{"a":' * 200_000, b"[" * 200_000, b"{" + b'"SurveyElements":[' * 100_000, b"", b"\xff\xfe"]
)
def test_deep_and_empty_files_are_refused(data):
    with pytest.raises(VerbondError):
        read_questionnaire(data, "deep.qsf")


def test_a_flow_that_is_deep_is_followed_so_far():
    flow = [{"Type": "Block", "ID": "BL_1"}]
    for _ in range(200):
        flow = [{"Type": "Group", "Flow": flow}]
    with pytest.raises(ReadError, match="nothing in this questionnaire"):
        _read(YES_NO, flow=flow)


def test_a_file_that_is_too_large_is_refused():
    with pytest.raises(ReadError, match="too large"):
        read_questionnaire(b" " * (20 * 2**20 + 1), "large.qsf")
