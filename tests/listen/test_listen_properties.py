"""Laws of questionnaires, of the way through them, and of answers, on any input."""

import dataclasses
import json
import math

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from verbond.errors import DataError
from verbond.listen import (
    Condition,
    Option,
    Page,
    Question,
    Questionnaire,
    Test,
    Variant,
    handed_in,
    next_page,
    numbers_of,
    own_questionnaire,
    read_answers,
    way,
    words_of,
)
from verbond.listen.questionnaire import LIMITS, UNSOUND
from verbond.method import CIRCLE
from verbond.method.types import Text

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
SOUND = st.text(max_size=12).map(lambda text: UNSOUND.sub("", text))
TEXTS = st.builds(Text, en=SOUND, nl=SOUND)
ASKED = st.builds(Text, en=SOUND.map(lambda text: text + "?"), nl=SOUND)
IDS = ["a", "b", "c"]
VALUES = [value.id for value in CIRCLE]


def _test_of(draw, one):
    if one.kind == "scale":
        operators = ["is", "is_not", "at_least", "at_most", "answered", "not_answered"]
        operator = draw(st.sampled_from(operators))
        value = draw(st.integers(one.min - 1, one.max + 1))
    elif one.kind in ("choice", "several", "stimulus"):
        operator = draw(st.sampled_from(["is", "is_not", "answered", "not_answered"]))
        value = draw(st.sampled_from([part.id for part in (*one.options, *one.variants)]))
    else:
        operator, value = draw(st.sampled_from(["answered", "not_answered"])), None
    return Test(one.id, operator, None if "answered" in operator else value)


def _condition(draw, earlier):
    if not earlier or draw(st.booleans()):
        return None
    tests = tuple(_test_of(draw, draw(st.sampled_from(earlier))) for _ in range(draw(st.integers(1, 3))))
    return Condition(tests, draw(st.sampled_from(["all", "any"])))


def _question(draw, id, earlier):
    kinds = ["scale", "choice", "several", "ranking", "text", "stimulus", *(["values"] if id == "q0" else [])]
    kind = draw(st.sampled_from(kinds))
    low = draw(st.integers(-3, 3))
    parts = IDS[: draw(st.integers(2, 3))]
    chosen = kind in ("choice", "several", "ranking")
    return Question(
        id,
        kind,
        draw(ASKED),
        draw(TEXTS),
        required=draw(st.booleans()),
        min=low,
        max=low + draw(st.integers(1, 10)),
        labels=draw(st.none() | st.tuples(TEXTS, TEXTS)),
        options=tuple(Option(part, draw(TEXTS)) for part in parts) if chosen else (),
        longest=draw(st.integers(1, 30)),
        sides=draw(st.sampled_from([("own",), ("seen",), ("own", "seen")])) if kind == "values" else (),
        variants=tuple(Variant(part, draw(TEXTS)) for part in parts) if kind == "stimulus" else (),
        asked_if=_condition(draw, earlier),
    )


@st.composite
def questionnaires(draw):
    earlier, pages, n = [], [], 0
    for number in range(draw(st.integers(1, 4))):
        questions = []
        asked_if = _condition(draw, earlier)
        for _ in range(draw(st.integers(1, 3))):
            questions.append(_question(draw, f"q{n}", earlier))
            n += 1
        pages.append(Page(f"p{number}", tuple(questions), draw(TEXTS), draw(TEXTS), asked_if))
        earlier += questions
    return Questionnaire(draw(TEXTS), draw(TEXTS), draw(TEXTS), tuple(pages))


def _answer(draw, one):
    ids = [part.id for part in (*one.options, *one.variants)]
    match one.kind:
        case "scale":
            return draw(st.integers(one.min, one.max))
        case "choice" | "stimulus":
            return draw(st.sampled_from(ids))
        case "several":
            return draw(
                st.lists(st.sampled_from(ids), min_size=1, unique=True).map(lambda some: sorted(some))
            )
        case "ranking":
            return draw(st.permutations(ids))
        case "values":
            numbers = st.dictionaries(st.sampled_from(VALUES), st.integers(1, 7), min_size=1)
            return {side: draw(numbers) for side in one.sides}
        case _:
            return "x" * draw(st.integers(1, one.longest))


@st.composite
def answered(draw):
    asked = draw(questionnaires())
    answers = {one.id: _answer(draw, one) for one in asked.questions.values() if draw(st.booleans())}
    return asked, answers


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(VALUES + IDS),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=6) | st.sampled_from([*VALUES, "own", "seen"]), inner, max_size=4)
    ),
    max_leaves=12,
)


def _read(given):
    try:
        return Questionnaire.from_json(given)
    except DataError as error:
        return error


@given(questionnaires())
@settings(max_examples=40, deadline=None, suppress_health_check=SLOW)
def test_json_brings_a_questionnaire_back(asked):
    through = json.loads(json.dumps(asked.to_json(), allow_nan=False))
    assert Questionnaire.from_json(through) == asked


def _places(value, path=()):
    yield path
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, one in entries:
        yield from _places(one, (*path, key))


@given(questionnaires(), st.data())
@settings(max_examples=50, deadline=None, suppress_health_check=SLOW)
def test_a_questionnaire_with_anything_at_any_place_is_whole_or_refused(asked, data):
    shown = asked.to_json()
    path = data.draw(st.sampled_from([one for one in _places(shown) if one]))
    at = shown
    for key in path[:-1]:
        at = at[key]
    if data.draw(st.booleans()):
        at[path[-1]] = data.draw(JSON)
    elif isinstance(at, dict):
        at[data.draw(st.text(max_size=5))] = at.pop(path[-1])
    made = _read(shown)
    if isinstance(made, DataError):
        assert "the questionnaire is wrong at" in str(made)
        return
    assert Questionnaire.from_json(json.loads(json.dumps(made.to_json(), allow_nan=False))) == made
    json.dumps(made.to_json(), ensure_ascii=False).encode()  # no half characters
    list(way(made, {}))
    hash(made)


@given(JSON)
@settings(max_examples=50, deadline=None)
def test_any_json_is_refused_with_a_place(given_):
    for shape in (given_, {"format": 1, "pages": given_}, {"format": 1, "title": given_, "pages": [given_]}):
        assert len(str(_read(shape))) < 1000  # nothing of this kind is a whole questionnaire


def test_what_is_deep_or_endless_is_refused_without_going_down():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    base = own_questionnaire("short").to_json()
    for place in ("title", "pages", "group", "thanks"):
        for odd in (deep, {"en": deep}, "x" * 10**6, 10**5000, math.nan):
            assert isinstance(_read({**base, place: odd}), DataError)


# the way, once more and plainly


def _plainly_holds(test, counted):
    answer = counted.get(test.question)
    if test.operator == "answered":
        return answer is not None
    if test.operator == "not_answered":
        return answer is None
    same = test.value in answer if isinstance(answer, list) else answer == test.value
    if test.operator == "is":
        return answer is not None and same
    if test.operator == "is_not":
        return answer is None or not same
    if answer is None:
        return False
    return answer >= test.value if test.operator == "at_least" else answer <= test.value


def _plainly(condition, counted):
    if condition is None:
        return True
    held = [_plainly_holds(test, counted) for test in condition.tests]
    return all(held) if condition.together == "all" else any(held)


def _plain_way(asked, answers):
    counted, shown = {}, []
    for page in asked.pages:
        if not _plainly(page.asked_if, counted):
            continue
        questions = [one.id for one in page.questions if _plainly(one.asked_if, counted)]
        if questions:
            shown.append((page.id, questions))
            for id in questions:
                if id in answers:
                    counted[id] = answers[id]
    return shown, counted


@given(answered())
@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
def test_the_way_is_what_a_plain_second_writing_of_it_gives(made):
    asked, answers = made
    shown, counted = _plain_way(asked, answers)
    assert [(at.page.id, [one.id for one in at.questions]) for at in way(asked, answers)] == shown
    assert handed_in(asked, answers) == counted


@given(answered(), st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=SLOW)
def test_what_was_shown_stays_when_later_answers_come(made, data):
    asked, answers = made
    steps = list(way(asked, answers))
    assume(steps)
    at = data.draw(st.integers(0, len(steps) - 1))
    later = {one.id for page in asked.pages[steps[at].number :] for one in page.questions}
    changed = {id: answer for id, answer in answers.items() if id not in later}
    assert list(way(asked, changed))[: at + 1] == steps[: at + 1]
    numbers = [step.number for step in steps]
    assert numbers == sorted(set(numbers))
    behind = next_page(asked, answers, steps[at].number)
    assert behind == (steps[at + 1] if at + 1 < len(steps) else None)


@given(answered())
@settings(max_examples=40, deadline=None, suppress_health_check=SLOW)
def test_numbers_have_the_items_along_the_way_and_no_others(made):
    asked, answers = made
    numbers, counted = numbers_of(asked, answers), handed_in(asked, answers)
    along = [one for at in way(asked, answers) for one in at.questions]
    assert [*numbers] == [item for one in along for item in one.items]
    for one in along:
        if one.kind != "values":
            open_ = one.id not in counted
            assert all((numbers[item] is None) == open_ for item in one.items)
    assert set(words_of(asked, answers)) == {
        one.id for one in along if one.kind == "text" and one.id in counted
    }


# answers


@given(questionnaires(), st.data())
@settings(max_examples=50, deadline=None, suppress_health_check=SLOW)
def test_of_any_input_only_what_a_question_accepts_is_taken(asked, data):
    given_ = {one: data.draw(JSON) for one in asked.questions}
    every = tuple(asked.questions.values())
    taken, problems = read_answers(every, given_)
    assert set(taken) <= {one.id for one in every if one.asks}
    assert not set(taken) & {one.question for one in problems}
    assert read_answers(every, taken)[0] == taken  # taking it again changes nothing
    json.dumps(taken, ensure_ascii=False, allow_nan=False).encode()
    for one in every:
        if (answer := taken.get(one.id)) is None:
            continue
        ids = [option.id for option in one.options]
        match one.kind:
            case "scale":
                assert type(answer) is int
                assert one.min <= answer <= one.max
            case "choice":
                assert answer in ids
            case "several":
                assert answer == [id for id in ids if id in answer]
            case "ranking":
                assert sorted(answer) == sorted(ids)
            case "text":
                assert 0 < len(answer) <= one.longest
            case "values":
                assert all(side in one.sides and set(answer[side]) <= set(VALUES) for side in answer)
                assert all(type(n) is int and 1 <= n <= 7 for side in answer.values() for n in side.values())


@given(answered())
@settings(max_examples=30, deadline=None, suppress_health_check=SLOW)
def test_a_right_answer_is_taken_as_it_is(made):
    asked, answers = made
    taken, problems = read_answers([one for one in asked.questions.values() if one.id in answers], answers)
    assert not problems
    assert taken == {id: answer for id, answer in answers.items() if asked.questions[id].asks}


@given(st.text(alphabet="-+ 0123456789.٣e\n", max_size=9))
def test_a_number_is_written_in_one_way_only(words):
    scale = Question("q", "scale", Text(en="?", nl="?"), min=-50, max=50)
    taken, problems = read_answers([scale], {"q": words})
    if taken:
        assert str(taken["q"]) == words.strip().lstrip("0") or int(words) == taken["q"]
        assert words.strip().isascii()
    assert bool(taken) + bool(problems) == (0 if words == "" else 1)


@given(answered())
@settings(max_examples=30, deadline=None, suppress_health_check=SLOW)
def test_a_questionnaire_that_changed_since_takes_what_still_fits(made):
    asked, answers = made
    pages = tuple(
        dataclasses.replace(
            page,
            asked_if=None,
            questions=tuple(
                dataclasses.replace(
                    one,
                    asked_if=None,
                    options=one.options[1:] + (Option("new", one.text),) * bool(one.options),
                    max=one.min + 1,
                )
                for one in page.questions
            ),
        )
        for page in asked.pages
    )
    changed = dataclasses.replace(asked, pages=pages)
    numbers = numbers_of(changed, answers)
    assert set(numbers) == {item for one in changed.questions.values() for item in one.items}
    assert all(n is None or math.isfinite(n) for n in numbers.values())


def test_limits_hold():
    page = {"id": "p", "questions": [{"id": "q", "kind": "text", "text": {"en": "?"}}]}
    base = {"format": 1, "title": {}, "introduction": {}, "thanks": {}}
    whole = {
        **base,
        "pages": [
            {**page, "id": f"p{n}", "questions": [{**page["questions"][0], "id": f"q{n}"}]}
            for n in range(LIMITS.pages + 1)
        ],
    }
    for made in (whole, {**base, "pages": [page], "title": {"en": "x" * (LIMITS.words + 1)}}):
        assert isinstance(_read(made), DataError)
