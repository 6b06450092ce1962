"""A saved ladder is the ladder, and holds no customer."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from ladder_fitted import company, fitted, fitted_classes, fitted_rich

from verbond.errors import DataError, NotFoundError, OptionError
from verbond.ladder import Ladder, LadderResult, load_ladder, save_ladder
from verbond.ladder.coding.panels import between


@pytest.mark.parametrize(
    "result", [fitted, fitted_classes, fitted_rich], ids=["one class", "two classes", "everything"]
)
def test_what_comes_back_is_the_same(result: object, tmp_path: Path) -> None:
    found: LadderResult = result()  # type: ignore[operator]
    save_ladder(found, tmp_path / "mine.ladder")
    back = load_ladder(tmp_path / "mine.ladder")
    assert json.dumps(back.to_dict()) == json.dumps(found.to_dict())
    panel = company().panel
    np.testing.assert_array_equal(back.score(panel).probs, found.score(panel).probs)
    np.testing.assert_array_equal(back.filter_state(panel).states, found.filter_state(panel).states)
    assert [r.sentence("nl") for r in back.reasons] == [r.sentence("nl") for r in found.reasons]


def test_the_file_grows_with_the_model_not_with_customers(tmp_path: Path) -> None:
    path = tmp_path / "mine.ladder"
    save_ladder(fitted(), path)
    with np.load(path, allow_pickle=False) as found:
        longest = max(found[name].size for name in found.files if name != "header")
        text = str(found["header"])
    n = fitted().n_parameters
    assert longest == n * n  # the covariance
    assert not any(str(customer) in text for customer in company().panel.customer_ids)


def changed(path: Path, **header: object) -> None:
    with np.load(path, allow_pickle=False) as found:
        arrays = {name: found[name] for name in found.files}
    top = json.loads(str(arrays["header"])) | header
    arrays["header"] = np.array(json.dumps(top))
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)


def test_a_newer_file_is_refused_in_plain_words(tmp_path: Path) -> None:
    path = tmp_path / "mine.ladder"
    save_ladder(fitted(), path)
    changed(path, format=99, version="9.0")
    with pytest.raises(DataError, match=r"written by a newer Verbond: found version 9\.0.*Upgrade"):
        load_ladder(path)


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.ladder"
    save_ladder(fitted(), path)
    changed(path, tree={"type": "Estimate", "fields": {}})
    with pytest.raises(DataError, match="was changed after it was written"):
        load_ladder(path)


@pytest.mark.parametrize("content", [b"", b"customer_id,p0\n1,0.5\n", b"PK\x03\x04 nothing"])
def test_any_other_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.ladder"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"other\.ladder is not a fitted ladder"):
        load_ladder(path)


def test_no_file_and_no_folder(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no such file of a fitted ladder"):
        load_ladder(tmp_path / "none.ladder")
    with pytest.raises(OptionError, match="the folder is not there"):
        save_ladder(fitted(), tmp_path / "none" / "mine.ladder")


def test_nothing_fitted_is_not_saved(tmp_path: Path) -> None:
    result = Ladder().fit(between(company().panel, 0, 1))
    with pytest.raises(DataError, match="no fitted ladder to save"):
        save_ladder(result, tmp_path / "mine.ladder")
