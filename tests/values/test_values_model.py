"""Everything in one pass: what tables allow is told, what they do not is said."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import verbond
from verbond.method import CIRCLE, CIRCLE_19
from verbond.survey import Survey
from verbond.tables import Tables
from verbond.tables.reads import purchases_after
from verbond.tables.simulate import simulate
from verbond.values import Values


@pytest.fixture(scope="module")
def company():
    tables = simulate("zonnewende", 2_500, seed=11).open()
    return tables.add("scores", Survey().fit(tables).scores)


@pytest.fixture(scope="module")
def found(company):
    return Values(n_bootstrap=40, seed=1).fit(company)


def test_the_story_that_was_built_in_is_told(found) -> None:
    """Zonnewende: customers see a price fighter (achievement, power); service and technicians see care."""
    assert set(found.leading["image"]) & {"achievement", "power"}
    assert set(found.leading["identity"]) & {"benevolence", "universalism"}
    assert any(pair.verdict == "opposing" for pair in found.contradictions.pairs)
    by_name = {d.department: d.match.value for d in found.identity.departments}
    assert by_name["marketing"] > by_name["klantenservice"]
    assert "directie" not in by_name  # four people
    assert found.circle.agreement.index_pvalue < 0.001
    misfit = {row.value: row.direction for row in found.congruence.values}
    assert misfit["achievement"] == "too_much"
    assert misfit["benevolence"] == "too_little"


def test_surfaces_are_told_only_beyond_chance(found) -> None:
    pvalues = [s.misfit_pvalue for s in found.surfaces]
    assert pvalues == sorted(pvalues)
    assert len(pvalues) == 30  # ten values; trust, commitment, purchases
    n, k = len(pvalues), found.n_surfaces_told
    assert all(p * (n - i) <= 0.05 for i, p in enumerate(pvalues[:k]))
    assert k == n or pvalues[k] * (n - k) > 0.05


def test_days_with_a_purchase_are_counted_by_hand() -> None:
    """Answered on the first of March; the horizon of 30 days begins the day after it."""
    day = np.array(["2026-03-01", "2026-03-02", "2026-03-02", "2026-03-31", "2026-04-01", "2026-12-31"])
    tables = Tables.from_columns(
        {
            "responses": {
                "respondent_id": ["a", "b", "late", "unlinked"], "customer_id": ["ca", "cb", "cc", None],
                "occurred_at": np.array([day[0], day[0], "2026-12-20", day[0]], "datetime64[s]"),
                "item": ["q"] * 4, "value": [1.0] * 4,
            },
            "events": {
                "customer_id": ["ca"] * 5 + ["cc"], "kind": ["purchase"] * 6,
                "occurred_at": day.astype("datetime64[s]"),
            },
        }
    )  # fmt: skip
    with tables:
        assert purchases_after(tables, 30) == {"a": 2, "b": 0}  # two orders of 2 March are one day


def test_seeds_and_json(company, found) -> None:
    again = Values(n_bootstrap=40, seed=1).fit(company)
    assert again.to_dict() == found.to_dict()
    json.dumps(found.to_dict(), allow_nan=False)
    assert len(found.to_dicts()) == 10


def test_without_questions_about_values_that_is_said() -> None:
    found = Values().fit(simulate("quiet", 150, seed=2).open())
    assert (found.own, found.image, found.identity, found.circle, found.contradictions) == (None,) * 5
    assert [r.code for r in found.reasons] == ["values.nobody_asked"]


def of_own_questionnaire(tmp_path: Path, ids: list[str], n: int) -> verbond.tables.Tables:
    """A folder with a survey of somebody else's and what its items mean."""
    rng = np.random.default_rng(5)
    folder = tmp_path / "survey"
    folder.mkdir()
    names = [f"{side}{j}" for side in "AB" for j in range(len(ids))]
    answers = np.clip(np.round(rng.normal(3.5, 1.2, (n, len(names)))), 1, 6).astype(int)
    lines = [",".join(["respondent_id", *names])]
    lines += [",".join([f"r{i}", *map(str, row)]) for i, row in enumerate(answers)]
    (folder / "responses.csv").write_text("\n".join(lines) + "\n", "utf-8")
    meanings = [
        f'[items.{side}{j}]\nconstruct = "values_{kind}"\nvalue = "{id}"\nmin = 1\nmax = 6\n'
        for side, kind in (("A", "own"), ("B", "seen"))
        for j, id in enumerate(ids)
    ]
    (folder / "items.toml").write_text("\n".join(meanings), "utf-8")
    return verbond.open_tables(folder)


@pytest.mark.parametrize(
    "ids",
    [
        [v.id for v in CIRCLE_19],
        [v.id for v in CIRCLE],
        [*(v.id for v in CIRCLE_19), "security", "benevolence"],
    ],
    ids=["nineteen", "ten", "mixed"],
)
def test_a_folder_with_only_a_survey_is_diagnosed(tmp_path: Path, ids: list[str]) -> None:
    with of_own_questionnaire(tmp_path, ids, 60) as tables:
        diagnosis = verbond.diagnose(tables)
    assert diagnosis.values is not None
    assert len(diagnosis.values.own.values) == (10 if len(ids) == 10 else 19)
    assert diagnosis.values.identity is None
    from verbond.reports import html_report

    for language in ("nl", "en"):
        assert "<html" in html_report(diagnosis, language)


def test_three_respondents_get_reasons_and_no_figures(tmp_path: Path) -> None:
    with of_own_questionnaire(tmp_path, [v.id for v in CIRCLE], 3) as tables:
        found = Values().fit(tables)
    assert all(row.score.value is None for row in found.own.values)
    assert found.circle is None
    assert [r.code for r in found.reasons] == ["values.no_circle"]
    assert found.leading == {}
