"""A survey with a stimulus is an experiment by itself: read while answers come, and never about a few."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from itertools import pairwise

import pytest
from django.urls import reverse
from django.utils import timezone
from tests.web.played import answer, leaning, small, survey, text
from tests.web.test_flowing import flow, later

from verbond.effects import ExperimentResult
from verbond.listen import Page, Question, Questionnaire, Variant, own_questionnaire
from verbond.listen.conditions import Condition, Test
from verbond.results import Reason
from verbond.web.listening import changing, experimenting, making, sheets
from verbond.web.listening.changing import EXAMPLE_OUTCOMES, with_folder_experiment
from verbond.web.listening.experimenting import experiment_of, experiments_of
from verbond.web.listening.sheets import questionnaire_of
from verbond.web.store.models import Sheet, Survey

pytestmark = pytest.mark.django_db(transaction=True)

TRUST = 2.0
"""Points on 0..10 that the folder about care adds to trust, in the world of these tests."""


def at(asked: Survey) -> str:
    return reverse("survey_experiment", kwargs={"organisation": "acme", "id": asked.pk})


def folder(cast, mode: str = "identified", **fields) -> Survey:
    return survey(cast.acme, mode, with_folder_experiment(own_questionnaire("short", "customer")), **fields)


def opinion(asked: Questionnaire, rng: random.Random, variant: str, trust: float) -> tuple[dict, str]:
    """Of somebody to whom care gives trust, and price makes her come by; and who thought something before."""
    lean = rng.uniform(0.2, 0.8)
    said = leaning(asked, rng, lean)
    shifts = {"folder_trust": trust, "folder_visit": -trust}
    for id in EXAMPLE_OUTCOMES:
        level = 3 + 4 * lean + rng.gauss(0, 1) + shifts.get(id, 0.0) * (variant == "care")
        said[id] = min(10, max(0, round(level)))
    return said, variant


def respond(asked: Survey, seed: int, trust: float = TRUST) -> Sheet:
    """Somebody who answers page by page."""
    rng = random.Random(seed)
    sheet, _ = answer(asked, rng=rng, hand_in=False)
    sheet.answers = opinion(questionnaire_of(asked), rng, sheet.variants["folder"], trust)[0]
    sheet.save()
    return sheets.hand_in(sheet)


def many(asked: Survey, n: int, trust: float = TRUST, first: int = 0) -> None:
    """The same people, written down at once."""
    questionnaire, rows = questionnaire_of(asked), []
    for seed in range(first, first + n):
        rng = random.Random(seed)
        said, variant = opinion(questionnaire, rng, ("price", "care")[seed % 2], trust)
        row = Sheet(survey=asked, token_hash=f"{asked.pk}{seed}"[-64:], channel="link", language="nl")
        row.revision, row.state, row.variants = 1, Sheet.State.HANDED_IN, {"folder": variant}
        row.answers, row.handed_in_at = said, timezone.now()
        rows.append(row)
    Sheet.objects.bulk_create(rows)


@pytest.fixture
def played(cast) -> Survey:
    asked = folder(cast)
    many(asked, 160)
    return asked


def test_the_true_effects_are_found_and_said(cast, played) -> None:
    result = experiment_of(played)
    assert isinstance(result, ExperimentResult)
    rows = {row.outcome: row for row in result.effects}
    assert tuple(rows) == EXAMPLE_OUTCOMES
    assert {id: row.verdict for id, row in rows.items()} == dict.fromkeys(EXAMPLE_OUTCOMES, "cannot_tell") | {
        "folder_trust": "strengthens", "folder_visit": "weakens",
    }  # fmt: skip
    for id, true in (("folder_trust", TRUST), ("folder_visit", -TRUST), ("folder_commitment", 0.0)):
        assert rows[id].effect_size_ci_lower < true < rows[id].effect_size_ci_upper
    assert result.balance, "what was said before takes noise away"
    assert result.verdict == "weakens"
    page = cast.client("ann").get(at(played)).content.decode()
    assert "The care folder does worse than the price folder on coming by, and better on trust." in page
    order = [page.index(f'class="{one}"') for one in ("verdict__word", "figure", "doubts")]
    assert order == sorted(order)
    assert page.index("verdict__word") < page.index("picture--wide") < page.index("How sure is this?")
    assert (
        page.index("How sure is this?")
        < page.index("What may be wrong?")
        < page.index("Every outcome beside")
    )


def test_in_dutch(cast, played) -> None:
    type(cast.people["ann"]).objects.filter(name="Ann").update(language="nl")
    page = cast.client("ann").get(at(played)).content.decode()
    assert "De zorgfolder doet het slechter dan de prijsfolder op langskomen, en beter op vertrouwen." in page


def test_nothing_is_said_before_five_people_saw_each_variant(cast) -> None:
    asked = folder(cast)
    said = []
    for seed in range(12):
        said.append(experiment_of(asked))
        page = cast.client("ann").get(at(asked)).content.decode()
        assert ("verdict__word" in page) == isinstance(said[-1], ExperimentResult)
        respond(asked, seed)
    few = [isinstance(one, Reason) for one in said]
    assert few == [True] * 10 + [False] * 2  # variants are dealt two by two
    for result in said[10:]:
        assert min(arm.n for arm in result.arms) >= 5


@pytest.mark.parametrize("mode", ["anonymous", "confidential"])
def test_figures_of_promised_answers_grow_by_five_or_more(mode: str, cast) -> None:
    asked = folder(cast, mode)
    seen = [0]
    for seed in range(24):
        respond(asked, seed)
        flow(later())
        [one] = experiments_of(asked)
        seen.append(one.n)
        assert isinstance(one.result, Reason) or min(arm.n for arm in one.result.arms) >= 5
    assert {b - a for a, b in pairwise(seen)} <= {0, *range(5, 24)}
    assert seen[-1] >= 10


def test_who_left_after_seeing_it_is_counted_when_the_survey_is_closed(cast) -> None:
    """Of the folder about care nearly everybody leaves who does not like it: that is no effect of it."""
    asked = folder(cast)
    many(asked, 160, trust=0.0)
    cared = [one for one in asked.sheets.all() if one.variants["folder"] == "care"]
    low = sorted(cared, key=lambda one: one.answers["folder_trust"])[:55]
    asked.sheets.filter(pk__in=[one.pk for one in low]).update(state=Sheet.State.BEGUN)
    making.close_survey(asked)
    asked.refresh_from_db()
    result = experiment_of(asked)
    assert "effects.lost_unequally" in {reason.code for reason in result.reasons}
    trust = next(row for row in result.effects if row.outcome == "folder_trust")
    assert trust.effect_size_ci_lower > 0, "without looking at who left one would believe it"
    assert trust.verdict == "cannot_tell"
    page = cast.client("ann").get(at(asked)).content.decode()
    assert "more outcomes are missing" in page


def test_a_lot_that_went_wrong_gives_no_verdict(cast, played) -> None:
    gone = [one.pk for one in played.sheets.all() if one.variants["folder"] == "price"][:60]
    played.sheets.filter(pk__in=gone).delete()
    result = experiment_of(played)
    assert result.verdict == "cannot_tell"
    assert "did not" not in str(result.headline)
    page = cast.client("ann").get(at(played)).content.decode()
    assert "do not have the sizes that the lot should have given" in page
    assert "price folder" in page


def test_only_what_everybody_is_asked_after_it_is_compared(cast) -> None:
    scale = {"min": 0, "max": 10}
    stimulus = Question(
        "look", "stimulus", text("Look"), variants=(Variant("a", text("A")), Variant("b", text("B")))
    )
    only_a = Condition((Test("look", "is", "a"),))
    low = Condition((Test("first", "at_most", 3),))
    older = Condition((Test("before", "at_most", 3),))
    pages = (
        Page("one", (Question("before", "scale", text("Before?"), **scale),)),
        Page("two", (Question("beside", "scale", text("Beside?"), **scale), stimulus,
                     Question("first", "scale", text("First?"), **scale),
                     Question("why", "text", text("Why?")))),
        Page("three", (Question("mine", "scale", text("Mine?"), **scale, asked_if=only_a),
                       Question("then", "scale", text("Then?"), **scale, asked_if=low),
                       Question("fair", "scale", text("Fair?"), **scale, asked_if=older))),
    )  # fmt: skip
    asked = survey(cast.acme, "identified", Questionnaire(text("T"), text("I"), text("Th"), pages))
    [one] = experiments_of(asked)
    assert [question.id for question in one.outcomes] == ["first", "fair"]
    assert [known.id for known in one.known] == ["known before"]
    assert one.left_out
    assert one.names("nl", "Acme")["version a"] == "versie A"
    assert one.names("en", "Acme")["first"] == "“First?”"


def test_a_changed_example_is_called_by_its_own_words(cast) -> None:
    asked = with_folder_experiment(own_questionnaire("short", "customer"))
    stimulus = asked.questions["folder"]
    other = replace(stimulus.variants[1], text=text("Nieuw!"))
    asked = changing.put_question(asked, replace(stimulus, variants=(stimulus.variants[0], other)))
    asked = changing.put_question(
        asked, replace(asked.questions["folder_trust"], text=text("Vertrouw je {company}?"))
    )
    [one] = experiments_of(survey(cast.acme, "identified", asked))
    names = one.names("nl", "Acme")
    assert (names["version price"], names["version care"]) == ("de prijsfolder", "versie B")
    assert names["folder_trust"] == "“Vertrouw je Acme?”"
    assert names["folder_satisfaction"] == "tevredenheid"


def test_a_question_called_as_a_version_is_another_thing(cast) -> None:
    stimulus = Question(
        "look", "stimulus", text("Look"), variants=(Variant("care", text("A")), Variant("version", text("B")))
    )
    scales = [Question(id, "scale", text(f"{id}?"), min=0, max=10) for id in ("care", "version", "stratum")]
    measured = {"care": "trust", "version": "recommend"}
    scales = [replace(one, construct=measured.get(one.id, "")) for one in scales]
    pages = (Page("one", (stimulus, *scales)),)
    asked = survey(cast.acme, "identified", Questionnaire(text("T"), text("I"), text("Th"), pages))
    rng = random.Random(3)
    for _ in range(24):
        answer(asked, rng=rng)
    result = experiment_of(asked)
    assert [row.outcome for row in result.effects] == ["care", "version", "stratum"]
    page = cast.client("ann").get(at(asked)).content.decode()
    assert "Whether version B does better or worse than version A" in page
    names = experiments_of(asked)[0].names("en", "Acme")
    assert [names[one.id] for one in scales] == ["trust", "“version?”", "“stratum?”"]


def test_two_examples_are_two_experiments(cast) -> None:
    asked = with_folder_experiment(with_folder_experiment(own_questionnaire("short", "customer")))
    found = experiments_of(survey(cast.acme, "identified", asked))
    assert [len(one.outcomes) for one in found] == [5, 5]
    assert not {q.id for q in found[0].outcomes} & {q.id for q in found[1].outcomes}


def test_two_experiments_on_one_page_have_ids_of_their_own(cast) -> None:
    asked = survey(cast.acme, "identified", with_folder_experiment(with_folder_experiment(small())))
    rng = random.Random(1)
    for _ in range(14):
        answer(asked, rng=rng)
    page = cast.client("ann").get(at(asked)).content.decode()
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert page.count("verdict__word") == 2
    assert "Nothing is asked on a scale" in page
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'aria-labelledby="(experiment[^"]+)"', page)) <= {
        f"{one} {one.replace('title', 'desc')}" for one in ids if one.endswith("-title")
    }


def test_the_page_is_swapped_only_where_something_changed(cast, played) -> None:
    client = cast.client("ann")
    page = client.get(at(played)).content.decode()
    state = page.split("?state=")[1].split('"')[0]
    ask = {"headers": {"HX-Request": "true"}}
    assert client.get(f"{at(played)}?state={state}", **ask).status_code == 204
    respond(played, 999)
    answered = client.get(f"{at(played)}?state={state}", **ask)
    assert answered.status_code == 200
    assert "<html" not in answered.content.decode()


def test_more_answers_that_would_do_are_fewer_as_they_come(cast) -> None:
    asked = folder(cast)
    [one] = experiments_of(asked)
    assert (one.n, one.n_more, one.n_wanted) == (0, None, one.n_planned)
    more = []
    for k in range(3):
        many(asked, 20 + 60 * k, trust=0.0, first=100 * k)
        [one] = experiments_of(asked)
        assert one.n_wanted == one.n + one.n_more
        more.append(one.n_more)
    assert more[0] > 0 == more[1] == more[2]


def test_a_survey_without_stimulus_has_no_such_page(cast) -> None:
    asked = survey(cast.acme, "identified", own_questionnaire("short", "customer"))
    assert cast.client("ann").get(at(asked)).status_code == 404
    assert "experiment/" not in cast.client("ann").get(f"/o/acme/surveys/{asked.pk}/").content.decode()
    assert isinstance(experiment_of(asked), Reason)
    assert not experimenting.is_experiment(asked)


def test_the_monitor_leads_to_it(cast, played) -> None:
    assert at(played) in cast.client("ann").get(f"/o/acme/surveys/{played.pk}/").content.decode()


# what is agreed on


def agree(cast, asked: Survey, worth: str = "", lower: tuple[str, ...] = (), who: str = "ann"):
    sent = {"stimulus": "folder", "folder-worth": worth, "folder-lower": lower}
    return cast.client(who).post(at(asked), sent)


def test_a_draft_says_what_it_will_be_and_what_differences_take(cast) -> None:
    asked = folder(cast)
    asked.state, asked.opened_at = Survey.State.DRAFT, None
    asked.save()
    page = cast.client("ann").get(at(asked)).content.decode()
    assert "This becomes an experiment" in page
    counts = [int(n.replace(",", "")) for n in re.findall(r"point\w* in ten\): about ([\d,]+) answers", page)]
    assert len(counts) == 3
    assert counts == sorted(counts, reverse=True)
    # 1 / (difference squared), up to the whole people that each arm takes
    assert counts[0] / counts[2] == pytest.approx(16, rel=0.05)
    assert agree(cast, asked, "0.2").status_code == 302
    asked.refresh_from_db()
    assert asked.settings["experiments"]["folder"] == {"worth": 0.2, "lower": []}


def test_what_was_agreed_makes_unchanged_possible(cast) -> None:
    asked = folder(cast)
    many(asked, 240, trust=0.0)
    assert experiment_of(asked).verdict == "cannot_tell"
    asked.sheets.update(state=Sheet.State.WITHDRAWN)
    assert agree(cast, asked, "0.2").status_code == 302
    asked.sheets.update(state=Sheet.State.HANDED_IN)
    asked.refresh_from_db()
    result = experiment_of(asked)
    assert {row.margin for row in result.effects} == {2.0}
    assert result.verdict == "unchanged"
    page = cast.client("ann").get(at(asked)).content.decode()
    assert "do equally well" in page
    assert "a fifth of the scale or more matters" in page


def test_what_matters_cannot_be_chosen_once_people_have_answered(cast, played) -> None:
    answered = agree(cast, played, "0.2")
    assert answered.status_code == 302, (
        "the choice is not offered any more, and what is sent counts for nothing"
    )
    played.refresh_from_db()
    assert played.settings["experiments"]["folder"]["worth"] is None
    assert "folder-worth" not in cast.client("ann").get(at(played)).content.decode()


def test_where_lower_is_better_the_word_turns(cast, played) -> None:
    assert experiment_of(played).verdict == "weakens"
    assert agree(cast, played, lower=("folder_visit",)).status_code == 302
    played.refresh_from_db()
    result = experiment_of(played)
    assert result.verdict == "strengthens"
    assert {row.outcome for row in result.effects if row.verdict == "strengthens"} == {
        "folder_trust", "folder_visit",
    }  # fmt: skip


@pytest.mark.parametrize("sent", [{"stimulus": "nothing"}, {}])
def test_what_is_no_experiment_is_not_there(sent: dict, cast, played) -> None:
    assert cast.client("ann").post(at(played), sent).status_code == 404


def test_a_wrong_agreement_is_said(cast) -> None:
    assert agree(cast, folder(cast), "0.9").status_code == 422
    assert agree(cast, folder(cast), "0.1", ("nothing",)).status_code == 422
