"""The pages of a diagnosis: in two languages, from what a job kept."""

from __future__ import annotations

import re

import pytest
from django.conf import settings

from verbond.web.middleware import POLICY
from verbond.web.pages import PAGES

PATHS = ["/o/acme/", *(f"/o/acme/{name}/" for name in PAGES if name != "today")]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("language", ["en", "nl"])
def test_a_page_is_whole(path: str, language: str, cast, made_run) -> None:
    made_run()
    bob = cast.people["bob"]
    bob.language = language
    bob.save()
    answer = cast.client("bob").get(path)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert f'<html lang="{language}">' in page
    assert page.count("<h1") == 1
    assert "<svg" in page
    assert "<table" in page
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids)), sorted({one for one in ids if ids.count(one) > 1})


@pytest.mark.parametrize("path", PATHS)
def test_without_a_diagnosis_a_page_says_what_to_do(path: str, cast) -> None:
    page = cast.client("ann").get(path).content.decode()
    assert 'href="/o/acme/data/"' in page
    assert 'action="/o/acme/runs/"' in page
    assert 'action="/o/acme/runs/"' not in cast.client("bob").get(path).content.decode()


def test_nothing_inline_and_nothing_from_elsewhere(cast, made_run) -> None:
    made_run()
    answer = cast.client("bob").get("/o/acme/ladder/")
    page = answer.content.decode()
    assert answer["Content-Security-Policy"] == POLICY
    assert "unsafe" not in POLICY
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*src=)", page)
    elsewhere = re.findall(r'(?:src|href)="(https?:[^"]+)"', page)
    assert not elsewhere


def test_queries_do_not_grow_with_what_is_kept(cast, made_run, django_assert_max_num_queries) -> None:
    for _ in range(3):
        made_run()
    client = cast.client("bob")
    client.get("/o/acme/")
    with django_assert_max_num_queries(8):
        client.get("/o/acme/")


def test_an_unknown_page_is_not_there(cast) -> None:
    assert cast.client("alice").get("/o/acme/nothing/").status_code == 404
    assert cast.client("alice").get("/o/acme/today/").status_code == 404


def test_results_lie_in_the_folder_of_the_organisation(cast, made_run) -> None:
    run = made_run()
    folder = settings.INSTALLATION.data_folder(cast.acme.pk)
    assert (folder / "results" / f"{run.id}.diagnosis").is_file()
