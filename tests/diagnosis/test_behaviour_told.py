"""What behaviour tells in a diagnosis: each method once, its sentence with the findings, nobody by name."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from tests.diagnosis import stand_ins

from verbond.diagnosis import Diagnosis, LoyaltyResults, compare, load_diagnosis, save_diagnosis
from verbond.diagnosis.loyalty import METHODS_OF_LOYALTY, read_loyalty, with_rungs
from verbond.errors import DataError
from verbond.reports.loyalty import LOYALTY_SECTIONS
from verbond.reports.sections import found_among
from verbond.results import Reason
from verbond.tables import Tables


def test_each_method_has_a_field_and_a_section() -> None:
    assert [part.name for part in fields(LoyaltyResults)] == list(METHODS_OF_LOYALTY)
    assert set(LOYALTY_SECTIONS) == {"intention", *METHODS_OF_LOYALTY}


def test_each_result_is_told_once(small_diagnosis: Diagnosis) -> None:
    loyalty = small_diagnosis.loyalty
    assert loyalty is not None
    rooms = [finding.room for finding in small_diagnosis.findings]
    for name in METHODS_OF_LOYALTY:
        result = getattr(loyalty, name)
        assert result is not None, name
        if result.headline is None:
            assert name not in rooms
            assert set(result.reasons) <= set(small_diagnosis.unsaid), name
        else:
            assert rooms.count(name) == 1
            (told,) = (f for f in small_diagnosis.findings if f.room == name)
            assert told.n_obs > 0, name
            assert told.reason.sentence("nl") != told.reason.sentence("en")


@pytest.mark.parametrize("language", ["nl", "en"])
def test_sections_have_a_table_behind_each_picture(small_diagnosis: Diagnosis, language: str) -> None:
    for part in found_among(LOYALTY_SECTIONS, small_diagnosis, language):  # type: ignore[arg-type]
        assert part.title, part.id
        assert part.tables or part.empty or not part.pictures, part.id
        assert all(picture.see for picture in part.pictures), part.id
        assert part.how, part.id


def test_what_cannot_be_carried_becomes_a_reason(small_tables: Tables) -> None:
    said = []

    def refuse(method: object, code: str) -> None:
        said.append(code)

    assert read_loyalty(small_tables, refuse) == LoyaltyResults()
    assert said == [f"diagnosis.{name}_failed" for name in METHODS_OF_LOYALTY]
    for code in said:
        assert Reason(code, {"why": "!"}).sentence("nl").endswith("!")


def test_an_error_in_the_data_stops_one_method_only(small_tables: Tables) -> None:
    def attempt(method: object, code: str) -> object:
        try:
            if code == "diagnosis.growth_failed":
                raise DataError("amounts are in several currencies")
            return method()  # type: ignore[operator]
        except DataError:
            return None

    found = read_loyalty(small_tables, attempt)  # type: ignore[arg-type]
    assert found.growth is None
    assert found.promotion is not None


def test_people_stay_out_of_the_file(small_diagnosis: Diagnosis, tmp_path: Path) -> None:
    assert small_diagnosis.loyalty is not None
    assert small_diagnosis.loyalty.promotion is not None
    one = str(small_diagnosis.loyalty.promotion.customers["customer_id"][0])
    save_diagnosis(small_diagnosis, tmp_path / "a.verbond")
    loaded = load_diagnosis(tmp_path / "a.verbond")
    assert loaded.loyalty is not None
    assert loaded.loyalty.promotion is not None
    assert loaded.loyalty.promotion.customers == {}
    assert loaded.loyalty.growth == small_diagnosis.loyalty.growth
    with np.load(tmp_path / "a.verbond") as file:
        held = [str(file["header"]), *(str(file[name].tolist()) for name in file.files)]
    assert not any(f"'{one}'" in text or f'"{one}"' in text for text in held)


def test_another_sentence_of_a_method_is_a_turn(small_diagnosis: Diagnosis) -> None:
    """The next diagnosis says another thing of growth: it turned, and is not new."""
    (told,) = (f for f in small_diagnosis.findings if f.room == "growth")
    other = replace(told, reason=Reason("loyalty.growth_too_short"))
    kept = [f for f in small_diagnosis.findings if f.room != "growth"]
    later = replace(small_diagnosis, findings=(*kept, other))
    codes = [f.reason.code for f in compare(small_diagnosis, later).findings if f.room == "growth"]
    assert codes == ["diagnosis.turned"]


def test_rungs_are_those_known_at_the_time(small_diagnosis: Diagnosis, small_tables: Tables) -> None:
    ladder = small_diagnosis.ladder
    assert ladder is not None
    known = with_rungs(small_tables, ladder)
    if not ladder.anchored:
        assert "rungs" not in known
        return
    probs = ladder.score(small_tables, "filtered", n_draws=0)
    found = known.fetch("rungs")
    assert len(found["probability"]) == probs.probs.size
    assert np.allclose(np.sort(found["probability"]), np.sort(probs.probs.ravel()))


def test_without_rungs_there_are_no_groups_by_rung(small_tables: Tables) -> None:
    assert "rungs" not in with_rungs(small_tables, None)
    assert "rungs" not in with_rungs(small_tables, stand_ins.ladder(anchored=False))
