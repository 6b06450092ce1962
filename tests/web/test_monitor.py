"""The monitor: who was reached and who answered, small groups protected, first scores; and answers out."""

from __future__ import annotations

import csv
import io
import json
import random
from collections import Counter
from itertools import combinations, pairwise

import numpy as np
import pytest
from django.utils import timezone
from tests.web.played import answer, leaning, small, survey, text
from tests.web.test_flowing import flow, later

from verbond.listen import Option, Question, own_questionnaire
from verbond.web.listening import monitor
from verbond.web.listening.monitor import standing_of
from verbond.web.listening.sheets import questionnaire_of
from verbond.web.store.models import AuditEntry, Invitee, Sheet, Survey

pytestmark = pytest.mark.django_db(transaction=True)


def people(**n: int) -> list[dict]:
    return [{"department": name} for name, count in n.items() for _ in range(count)]


def everybody(asked: Survey, *, rng: random.Random | None = None) -> None:
    for who in asked.invitees.all():
        answer(asked, who, rng=rng or random.Random(1))


def replied(asked: Survey, seed: int, **given) -> None:
    """Somebody who knows what she thinks."""
    rng = random.Random(seed)
    answer(asked, rng=rng, **leaning(questionnaire_of(asked), rng), **given)


def test_who_was_reached_and_which_part_answered(cast) -> None:
    asked = survey(cast.acme, "identified", people=[{} for _ in range(20)])
    who = list(asked.invitees.all())
    Invitee.objects.filter(pk=who[0].pk).update(state="bounced")
    Invitee.objects.filter(pk=who[1].pk).update(state="listed", n_sent=0)
    for one in who[2:11]:
        answer(asked, one)
    answer(asked, who[11], hand_in=False)
    stands = standing_of(asked, "en")
    assert (stands.n_handed_in, stands.n_begun) == (9, 1)
    reached = stands.reached
    assert (reached.n_listed, reached.n_sent, reached.n_bounced, reached.n_answered) == (20, 19, 1, 9)
    assert reached.rate.value == 9 / 18
    # Wilson's interval of 9 in 18 by R: prop.test(9, 18, correct = FALSE)$conf.int
    assert [reached.rate.ci_lower, reached.rate.ci_upper] == pytest.approx([0.2903, 0.7097], abs=5e-5)


def test_no_small_department_is_shown_nor_one_from_which_it_would_follow(cast) -> None:
    asked = survey(cast.acme, "identified", people=people(Law=4, Sales=6, Service=9, Board=3))
    everybody(asked)
    [division] = standing_of(asked, "en").divisions
    assert {row.name: row.n_answered for row in division.rows} == {
        "Board": None, "Law": None, "Sales": 6, "Service": 9,
    }  # fmt: skip
    alone = survey(cast.acme, "identified", people=people(Law=4, Sales=6, Service=9))
    everybody(alone)
    [division] = standing_of(alone, "en").divisions  # 19 - 9 - 6 would be the four
    assert {row.name: row.n_answered for row in division.rows} == {"Law": None, "Sales": None, "Service": 9}


def test_what_two_divisions_show_together_gives_nobody_away(cast) -> None:
    rng = random.Random(4)
    asked = survey(
        cast.acme,
        "identified",
        people=[
            {
                "department": rng.choice("ABC"),
                "segments": {"region": rng.choice("NS"), "age": rng.choice("yo")},
            }
            for _ in range(34)
        ],
    )
    everybody(asked)
    divisions = standing_of(asked, "en").divisions
    sheets = list(Sheet.objects.filter(survey=asked))
    rows, n = [np.ones(len(sheets))], len(sheets)
    for division in divisions:
        for row in division.rows:
            if row.n_answered is not None:
                said = [one.segments.get(division.attribute, "") or "" for one in sheets]
                said = [one.department for one in sheets] if not division.attribute else said
                rows.append(np.array([value == row.name for value in said], float))
                assert rows[-1].sum() == row.n_answered >= 5
    assert len(rows) > 2
    for some in range(1, 4):  # sums and differences of what is shown, by brute force
        for chosen in combinations(rows, some):
            for signs in np.ndindex(*(2,) * some):
                total = sum((1 - 2 * sign) * one for sign, one in zip(signs, chosen, strict=True))
                if set(np.unique(total)) <= {0.0, 1.0} and total.any():
                    assert total.sum() >= 5
    assert n == 34


@pytest.mark.parametrize("mode", ["anonymous", "confidential"])
def test_figures_of_promised_answers_grow_by_five_or_more(mode: str, cast) -> None:
    asked = survey(cast.acme, mode, own_questionnaire("short", "customer"), people=[{}] * 0)
    seen = [standing_of(asked, "en").n_seen]
    for k in range(22):
        replied(asked, k)
        flow(later())
        stands = standing_of(asked, "en")
        seen.append(stands.n_seen)
        assert {one.mean.n_obs for one in stands.scores} <= {stands.n_seen}
        assert bool(stands.scores) == (stands.n_seen >= 10)
    assert {b - a for a, b in pairwise(seen)} <= {0, *range(5, 20)}
    assert seen[-1] == 15
    assert not (mode == "anonymous" and standing_of(asked, "en").days)


def test_first_scores_have_intervals_and_say_how_many_more_it_takes(cast) -> None:
    asked = survey(cast.acme, "identified", own_questionnaire("short", "customer"))
    for k in range(4):
        replied(asked, k)
    assert (standing_of(asked, "en").n_short, standing_of(asked, "en").scores) == (6, ())
    for k in range(4, 20):
        replied(asked, k)
    stands = standing_of(asked, "nl")
    assert stands.n_short == 0
    trust = next(one for one in stands.scores if one.construct == "trust")
    assert trust.name == "vertrouwen"
    assert trust.mean.ci_lower < trust.mean.value < trust.mean.ci_upper
    half = (trust.mean.ci_upper - trust.mean.ci_lower) / 2
    assert trust.n_more == int(np.ceil(20 * (half / 5) ** 2)) - 20 > 0
    assert (stands.ladder.n_have, stands.ladder.n_needed) == (0, 185)


@pytest.mark.parametrize(
    ("before", "more", "said"),
    [(0, 185, "185 more will do"), (100, 85, "at most 85 more"), (717, 0, "enough")],
)
def test_what_the_ladder_takes_counts_answers_that_are_there_already(
    before: int, more: int, said: str, cast, monkeypatch
) -> None:
    monkeypatch.setattr(monitor, "counted_before", lambda organisation: before)
    asked = survey(cast.acme, "identified", own_questionnaire("short", "customer"))
    replied(asked, 1)
    assert standing_of(asked, "en").ladder.n_more == more
    assert said in cast.client("ann").get(f"/o/acme/surveys/{asked.pk}/").content.decode()


def test_where_people_stop_and_what_makes_one_doubt(cast) -> None:
    asked = survey(cast.acme, "identified")
    for _ in range(6):
        sheet, _ = answer(asked, hand_in=False, why=None, colour=None)
        Sheet.objects.filter(pk=sheet.pk).update(
            answers={k: v for k, v in sheet.answers.items() if k != "colour"}
        )
    for _ in range(7):
        answer(asked)
    Sheet.objects.filter(state="handed_in").update(flags=["fast"], seconds=240)
    stands = standing_of(asked, "en")
    assert [(one.number, one.n) for one in stands.stops] == [(2, 6)]
    assert [(one.name, one.n) for one in stands.flags] == [("fast", 7)]
    assert stands.seconds == 240
    assert [(one.name, one.n) for one in stands.channels] == [("link", 7)]


def test_who_only_had_to_hand_in_stopped_at_the_end(cast) -> None:
    asked = survey(cast.acme, "identified")
    for _ in range(5):
        answer(asked, hand_in=False)
    assert [(one.number, one.n) for one in standing_of(asked, "en").stops] == [(0, 5)]
    page = cast.client("fay").get(f"/o/acme/surveys/{asked.pk}/").content.decode()
    assert "All answered, not handed in" in page


def test_no_part_is_told_while_answers_wait_to_be_counted(cast) -> None:
    asked = survey(cast.acme, "confidential", people=people(Sales=10, Service=10))
    everybody(asked)
    flow()
    [division] = standing_of(asked, "en").divisions
    assert not [row for row in division.rows if row.rate is not None]
    Survey.objects.update(state="closed")
    flow()
    [division] = standing_of(Survey.objects.get(), "en").divisions
    assert [row.rate.value for row in division.rows] == [1.0, 1.0]


def test_the_page_in_both_languages_asks_itself_again_only_while_open(cast) -> None:
    asked = survey(cast.acme, "identified", own_questionnaire("short", "customer"))
    for k in range(12):
        replied(asked, k, language="nl" if k > 5 else "en")
    fay = cast.client("fay")
    address = f"/o/acme/surveys/{asked.pk}/"
    for code, words in (("nl", "ingeleverd"), ("en", "handed in")):
        type(cast.people["fay"]).objects.filter(name="Fay").update(language=code)
        page = fay.get(address).content.decode()
        assert words in page
        assert "hx-trigger" in page
        assert page.count("monitor__wide") == 1
        assert page.count("<h1") == 1
    fragment = fay.get(address, headers={"HX-Request": "true"})
    assert "<html" not in fragment.content.decode()
    assert "hx-swap-oob" in fragment.content.decode()
    again = fragment.content.decode().split("?state=")[1].split('"')[0]
    assert fay.get(f"{address}?state={again}", headers={"HX-Request": "true"}).status_code == 204
    answer(asked)
    assert fay.get(f"{address}?state={again}", headers={"HX-Request": "true"}).status_code == 200
    Survey.objects.update(state="closed", closed_at=timezone.now())
    assert "hx-trigger" not in fay.get(address).content.decode()


def test_a_survey_without_answers_says_what_to_do_and_a_draft_leads_to_its_questions(cast) -> None:
    asked = survey(cast.acme, "anonymous")
    fay = cast.client("fay")
    assert "Nothing came in yet" in fay.get(f"/o/acme/surveys/{asked.pk}/").content.decode()
    Survey.objects.update(state="draft")
    assert fay.get(f"/o/acme/surveys/{asked.pk}/")["Location"].endswith("/questions/")


def test_who_may_see_it_and_who_may_take_answers_along(cast) -> None:
    asked = survey(cast.acme, "identified")
    for _ in range(5):
        answer(asked)
    address = f"/o/acme/surveys/{asked.pk}/"
    for name, page, file in (("bob", 404, 404), ("fay", 200, 404), ("ann", 200, 200), ("charlie", 404, 404)):
        assert cast.client(name).get(address).status_code == page
        assert cast.client(name).get(f"{address}answers.csv").status_code == file
    assert cast.client("ann").get(f"{address}answers.exe").status_code == 404
    entry = AuditEntry.objects.get(verb="answers_taken")
    assert (entry.subject, entry.detail["form"], entry.detail["n"]) == ("Spring", "csv", 5)


# answers out


def taken(cast, asked: Survey, form: str = "csv") -> list[dict[str, str]]:
    answer = cast.client("ann").get(f"/o/acme/surveys/{asked.pk}/answers.{form}")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


@pytest.mark.parametrize("mode", ["anonymous", "confidential"])
def test_promised_answers_go_out_without_anything_that_leads_to_anybody(mode: str, cast) -> None:
    who = [{**one, "customer": f"{n:032x}"} for n, one in enumerate(people(Law=4, Sales=9, Service=6))]
    asked = survey(cast.acme, mode, people=who)
    everybody(asked)
    Survey.objects.update(state="closed")
    flow()
    rows = taken(cast, asked)
    assert len(rows) == 19
    assert not {"customer", "date"} & set(rows[0])
    shown = [row["department"] for row in rows]
    expected = {"Sales": 9, "": 10}  # the four of Law would stand alone
    if mode == "anonymous":  # no more than four of Law were asked, so their sheets know no department
        assert not Sheet.objects.filter(department="Law").exists()
    assert {name: shown.count(name) for name in set(shown)} == expected
    text = str(rows)
    for sheet in Sheet.objects.all():
        assert str(sheet.pk) not in text
        assert sheet.token_hash not in text
    assert [row["sheet"] for row in rows] == sorted(row["sheet"] for row in rows)
    assert [row["sheet"] for row in rows] != [row["sheet"] for row in taken(cast, asked)]  # by lot, each time


@pytest.mark.parametrize("mode", ["anonymous", "confidential"])
def test_a_language_of_a_few_in_a_department_gives_none_of_them_away(mode: str, cast) -> None:
    asked = survey(cast.acme, mode, people=people(Law=8, Sales=12))
    dutch = {
        "Law": 3,
        "Sales": 6,
    }  # five others in Law: they would be told from the three by what is left out
    for one in asked.invitees.all():
        dutch[one.department] -= 1
        answer(asked, one, language="nl" if dutch[one.department] >= 0 else "en")
    Survey.objects.update(state="closed")
    flow()
    found = Counter((row["department"], row["language"]) for row in taken(cast, asked))
    assert found == {("Law", ""): 8, ("Sales", "nl"): 6, ("Sales", "en"): 6}


def test_own_words_go_out_from_ten_people_on(cast) -> None:
    few, many = (survey(cast.acme, "anonymous", name=name) for name in ("few", "many"))
    for n in range(12):
        answer(few, why=f"because {n}" if n < 9 else None)
        answer(many, why=f"because {n}" if n < 10 else None)
    Survey.objects.update(state="closed")
    flow()
    assert all(not row["why"] for row in taken(cast, few))
    assert sum(bool(row["why"]) for row in taken(cast, many)) == 10


def test_a_question_that_asks_the_department_gives_no_small_one_away(cast) -> None:
    where = Question(
        "where", "choice", text("Where?"), role="department", required=True,
        options=tuple(Option(name.lower(), text(name)) for name in ("Law", "Sales", "Service")),
    )  # fmt: skip
    asked = survey(cast.acme, "anonymous", small("employee", where))
    for name, n in (("law", 5), ("sales", 3), ("service", 8)):
        for _ in range(n):
            answer(asked, where=name)
    Survey.objects.update(state="closed")
    flow()
    rows = taken(cast, asked)
    assert {(row["department"], row["where"]) for row in rows} == {("Service", "3"), ("", "")}
    assert sum(row["department"] == "" for row in rows) == 8


@pytest.mark.parametrize("mode", ["anonymous", "confidential"])
def test_fewer_than_five_do_not_go_out(mode: str, cast) -> None:
    asked = survey(cast.acme, mode)
    for _ in range(4):
        answer(asked)
    Survey.objects.update(state="closed")
    flow()
    ann = cast.client("ann")
    answer_ = ann.get(f"/o/acme/surveys/{asked.pk}/answers.json")
    assert answer_.status_code == 409
    assert "too few" in answer_.content.decode()
    assert "answers.csv" not in ann.get(f"/o/acme/surveys/{asked.pk}/").content.decode()


def test_answers_by_name_go_out_with_the_customer_whom_the_company_knows(cast) -> None:
    from tests.web.test_flowing import keep

    known = keep(cast.acme)
    asked = survey(cast.acme, "identified", people=[{"customer": p} for p in known.values()])
    everybody(asked)
    rows = taken(cast, asked)
    assert {row["customer"] for row in rows} == set(known)
    whole = json.loads(cast.client("ann").get(f"/o/acme/surveys/{asked.pk}/answers.json").content)
    assert len(whole["rows"]) == 12
