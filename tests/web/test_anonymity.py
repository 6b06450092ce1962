"""Anonymous is anonymous: nothing that is kept anywhere leads from an invitation to an answer, or back.

A whole survey with personal links is played through by a process of its own (`anonymity_world.py`); then all
that is left is searched: rows, files, logs, exports, tables, backups. The same search finds every hole that
is planted on purpose.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.web.played import answer, survey

from verbond.web.keeping import backups
from verbond.web.listening import forgetting, invitees, sheets
from verbond.web.store.models import Invitee, Sheet, Survey

DECLARED = {"department", "language", "survey_id"}
"""What travels with an answer, as the welcome says."""
PERMUTATIONS = 20_000
"""None of so many orders by lot may go with the order of answering as closely: one false alarm in 20,000."""


def played(folder: Path, *leaking: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.web.anonymity_world", str(folder), *leaking]
    said = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr[-3000:]
    return json.loads(said.stdout)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return played(tmp_path_factory.mktemp("anonymous") / "ws")


@pytest.fixture(scope="module")
def leaking(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return played(tmp_path_factory.mktemp("leaking") / "ws", "leaking")


# the search


def ranks(values: list[Any]) -> np.ndarray:
    """Places in order, ties in the middle."""
    plain = [str(v) if not isinstance(v, (int, float)) else v for v in values]
    known = sorted(set(plain), key=lambda v: (isinstance(v, str), v))
    place = {v: k for k, v in enumerate(known)}
    return np.array([place[v] for v in plain], float)


def goes_with(order: np.ndarray, values: np.ndarray) -> bool:
    """Whether something goes with an order more closely than by any of many lots."""
    if len(set(values)) < 2:
        return False
    a, b = order - order.mean(), values - values.mean()
    lots = np.random.default_rng(0).permuted(np.tile(b, (PERMUTATIONS, 1)), axis=1)
    return bool((np.abs(lots @ a) >= abs(b @ a) - 1e-9).sum() == 0)


def pairs(found: dict[str, Any]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """The rows of invitee and sheet that are each other's, in the order of answering."""
    people = {row["token_hash"]: row for row in found["columns"]["invitee"]}
    answered = {row["token_hash"]: row for row in found["columns"]["sheet"]}
    return [
        (people[one["invitee"]["token_hash"]], answered[one["sheet"]["token_hash"]]) for one in found["true"]
    ]


def ordered_columns(found: dict[str, Any]) -> set[str]:
    """Columns (the row's own number too) that show in which order people answered."""
    both, guilty = pairs(found), set()
    order = np.arange(len(both), dtype=float)
    for side, name in ((0, "invitee"), (1, "sheet")):
        for column in both[0][side]:
            if goes_with(order, ranks([pair[side][column] for pair in both])):
                guilty.add(f"{name}.{column}")
    return guilty


def ordered_places(found: dict[str, Any]) -> set[str]:
    """Whether the places of rows in the database's file show in which order people answered."""
    order, guilty = np.arange(len(found["true"]), dtype=float), set()
    for side, field in (("invitee", "email"), ("sheet", "marker")):
        at = [found["bytes"].find(one[side][field]) for one in found["true"]]
        assert min(at) > 0
        if goes_with(order, ranks(at)):
            guilty.add(side)
    return guilty


def leaves(value: Any) -> set[str]:
    """Every single value in a cell."""
    if isinstance(value, str) and value.startswith(("[", "{")):
        value = json.loads(value)
    if isinstance(value, dict):
        return {leaf for one in value.values() for leaf in leaves(one)}
    return {str(value)} if value not in (None, "", [], 0, 1) else set()


def shared_columns(found: dict[str, Any]) -> set[tuple[str, str]]:
    """Pairs of columns in which people and their own answers say the same more often than by lot."""
    both, guilty = pairs(found), set()
    draws = np.random.default_rng(1)
    for mine in set(both[0][0]) - DECLARED:
        for its in set(both[0][1]) - DECLARED:
            left = [leaves(pair[0][mine]) for pair in both]
            right = [leaves(pair[1][its]) for pair in both]
            same = np.array([[bool(a & b) for b in right] for a in left])
            lots = [same[np.arange(len(both)), draws.permutation(len(both))].sum() for _ in range(200)]
            if np.trace(same) > max(lots):
                guilty.add((mine, its))
    return guilty


def joining_records(found: dict[str, Any]) -> set[str]:
    """Places of which one record names somebody who was invited and a sheet."""
    people, answers = [], []
    for row in found["true"]:
        who, what = row["invitee"], row["sheet"]
        people += [str(who[n]) for n in ("email", "name", "token", "token_hash", "number", "nr")]
        people.append(f'"invitee_id": {who["pk"]},')
        answers += [str(what[n]) for n in ("token", "token_hash", "marker")]
        answers.append(f'"sheet_id": {what["pk"]}')
    answers += [str(row["sheet"]["pk"]) for row in found["true"] if row["sheet"]["pk"] > 10**6]
    invited, answered = (re.compile("|".join(map(re.escape, some))) for some in (people, answers))
    return {place for place, text in found["records"] if invited.search(text) and answered.search(text)}


def changed_in_backups(found: dict[str, Any]) -> set[str]:
    """Fields of invitees in which backups say of some people something else than of others."""
    packs: dict[str, dict[int, dict[str, Any]]] = {}
    for place, text in found["records"]:
        if ".verbond store/invitee.jsonl" in place:
            row = json.loads(text)
            packs.setdefault(place.split()[0], {})[row["id"]] = row
    assert len(packs) == 3
    guilty = {"answered" for rows in packs.values() for row in rows.values() if row["answered"]}
    for earlier, later in pairwise([packs[name] for name in sorted(packs, reverse=True)]):
        for field in next(iter(earlier.values())):
            if len({earlier[who][field] == later[who][field] for who in earlier}) > 1:
                guilty.add(field)
    return guilty


def small_steps(found: dict[str, Any]) -> list[int]:
    """Differences of the tables, from one flow to the next, of so few people that they would be known."""
    steps = [len(set(a) ^ set(b)) for a, b in pairwise([[], *found["flowed"]])]
    return [n for n in steps if 0 < n < 5]


# what is promised


def test_everybody_s_answer_is_there(kept: dict[str, Any]) -> None:
    assert len(kept["true"]) == len(kept["flowed"][-1]) == 32
    assert all(state == "handed_in" for state in (sheet["state"] for _, sheet in pairs(kept)))
    assert all(person["answered"] for person, _ in pairs(kept))


def test_no_column_and_no_place_shows_the_order_of_answering(kept: dict[str, Any]) -> None:
    assert ordered_columns(kept) == set()
    assert ordered_places(kept) == set()


def test_people_and_their_answers_share_nothing(kept: dict[str, Any]) -> None:
    assert shared_columns(kept) == set()


def test_no_record_of_any_place_names_both(kept: dict[str, Any]) -> None:
    places = {place.split()[0] for place, _ in kept["records"]}
    assert {"db", "server.log", "exports/answers.csv", "backups/closed.verbond"} <= places
    assert any(place.startswith("organisations/") for place in places)
    assert joining_records(kept) == set()


def test_no_link_stands_anywhere(kept: dict[str, Any]) -> None:
    everything = "\n".join(text for _, text in kept["records"]) + kept["bytes"]
    for one in kept["true"]:
        assert one["invitee"]["token"] not in everything
        assert one["sheet"]["token"] not in everything


def test_a_sheet_knows_no_moment_and_nobody_s_address(kept: dict[str, Any]) -> None:
    for _, sheet in pairs(kept):
        assert (sheet["begun_at"], sheet["handed_in_at"], sheet["segments"]) == (None, None, "{}")
    assert kept["n_attempts"] == 0
    assert not [text for place, text in kept["records"] if place == "db store_path"]
    assert not [text for place, text in kept["records"] if place == "db django_session" and "q/" in text]


def test_backups_say_of_nobody_that_she_answered(kept: dict[str, Any]) -> None:
    assert changed_in_backups(kept) <= {"token_hash"}
    inside = [json.loads(t) for place, t in kept["records"] if ".verbond store/survey.jsonl" in place]
    assert [one["state"] for one in inside] == ["closed"] * 3
    hashes = [one["invitee"]["token_hash"] for one in kept["true"]]
    packed = "\n".join(text for place, text in kept["records"] if ".verbond" in place)
    assert not [one for one in hashes if one in packed]


def test_tables_grow_by_five_people_or_more(kept: dict[str, Any]) -> None:
    assert small_steps(kept) == []
    assert len(kept["flowed"]) == 5


def test_the_log_of_the_database_is_emptied(kept: dict[str, Any]) -> None:
    before, after = kept["log_bytes"]
    assert before > 0
    assert after == 0


def test_the_search_finds_every_hole_that_is_planted(leaking: dict[str, Any]) -> None:
    columns = ordered_columns(leaking)
    assert {"sheet.handed_in_at", "sheet.id", "sheet.rowid", "invitee.last_sent_at"} <= columns
    assert "sheet" in ordered_places(leaking)
    assert ("segments", "segments") in shared_columns(leaking)
    joined = {place.partition(" line")[0] for place in joining_records(leaking)}
    assert {"db store_path", "server.log", "db store_sheet"} <= joined
    assert "answered" in changed_in_backups(leaking)
    assert small_steps(leaking)


# what stays when things go on


@pytest.mark.django_db(transaction=True)
def test_a_survey_comes_back_from_a_backup_closed_and_its_links_open_nothing(cast, tmp_path: Path) -> None:
    from django.conf import settings

    asked = survey(cast.acme, "anonymous", people=[{}] * 6)
    named = survey(cast.acme, "confidential", people=[{}] * 6)
    for who in (*asked.invitees.all(), *named.invitees.all()):
        answer(Survey.objects.get(pk=who.survey_id), who)
    made = backups.make_backup(settings.INSTALLATION, tmp_path / "b.verbond")
    assert asked.invitees.filter(answered=True).count() == 6  # here nothing changed
    backups.restore(settings.INSTALLATION, made.path)
    states = dict(Survey.objects.values_list("mode", "state"))
    assert states == {"anonymous": "closed", "confidential": "open"}
    assert Sheet.objects.filter(state="handed_in").count() == 12
    assert not Invitee.objects.filter(survey=asked, answered=True).exists()
    assert Invitee.objects.filter(survey=named, answered=True).count() == 6
    back = Survey.objects.get(pk=asked.pk)
    assert not [one for one in back.invitees.all() if invitees.find(invitees.token_of(one), back)]


@pytest.mark.django_db(transaction=True)
def test_unfinished_sheets_are_forgotten_two_weeks_after_closing(cast) -> None:
    import datetime as dt

    from django.utils import timezone

    asked = survey(cast.acme, "confidential", people=[{}] * 3)
    first, second, _ = asked.invitees.all()
    answer(asked, first)
    answer(asked, second, hand_in=False)
    now = timezone.now()
    Survey.objects.update(state="closed", closed_at=now)
    assert forgetting.forget_unfinished(now + dt.timedelta(days=13)) == 0
    assert forgetting.forget_unfinished(now + dt.timedelta(days=15)) == 1
    assert [one.state for one in Sheet.objects.all()] == ["handed_in"]


@pytest.mark.django_db(transaction=True)
def test_answers_go_when_the_time_that_was_told_is_over(cast) -> None:
    import datetime as dt

    from tests.web.test_flowing import flow

    from verbond.web.diagnosing import archive_of

    asked = survey(cast.acme, "anonymous", keep_months=3)
    for _ in range(6):
        answer(asked)
    closed = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)
    Survey.objects.update(state="closed", closed_at=closed)
    flow()
    assert archive_of(cast.acme).imports()
    assert forgetting.forget_old(dt.datetime(2027, 2, 28, 11, tzinfo=dt.UTC)) == 0
    assert forgetting.forget_old(dt.datetime(2027, 2, 28, 13, tzinfo=dt.UTC)) == 6
    assert flow() == 1
    assert not archive_of(cast.acme).imports()


@pytest.mark.django_db(transaction=True)
def test_an_answer_in_the_tables_cannot_be_found_again_to_be_withdrawn(cast) -> None:
    from tests.web.test_flowing import flow

    asked = survey(cast.acme, "anonymous")
    made = [answer(asked)[0] for _ in range(11)]
    flow()
    flowed = Sheet.objects.filter(flowed=True)
    waiting = Sheet.objects.filter(flowed=False)
    assert (flowed.count(), waiting.count()) == (6, 5)
    with pytest.raises(sheets.InTheTables):
        sheets.withdraw(flowed.first())
    sheets.withdraw(waiting.first())
    assert Sheet.objects.filter(state="withdrawn").count() == 1
    assert len(made) == 11


@pytest.mark.django_db(transaction=True)
def test_when_it_closes_its_rows_are_written_anew_in_the_order_of_their_keys(cast) -> None:
    from django.db import connection

    asked = survey(cast.acme, "anonymous", people=[{}] * 8)
    for who in asked.invitees.all():
        answer(asked, who)
    assert forgetting.forget_order(asked)
    assert Sheet.objects.filter(state="handed_in").count() == 8
    assert not forgetting.forget_order(survey(cast.acme, "confidential"))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT id, xmin::text FROM store_sheet ORDER BY ctid")
            ids, written = zip(*cursor.fetchall(), strict=True)
        assert list(ids) == sorted(ids)
        assert len(set(written)) == 1
