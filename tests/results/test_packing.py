"""What is packed comes back as it was; what is no such file is refused, and nothing in it is run."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import math
import pickle
import zipfile
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from verbond.errors import DataError, NotFoundError, OptionError
from verbond.results import Estimate, Reason
from verbond.results.packing import FileKind, load_packed, pack, save_packed, types_within, unpack


@dataclass(frozen=True, slots=True)
class Leaf:
    name: str
    held: Any = None


@dataclass(frozen=True, slots=True)
class Tree:
    leaves: tuple[Leaf, ...]
    share: Estimate | None = None


TYPES = types_within(Tree)
KIND = FileKind("tree", "verbond plant", 2, TYPES, Tree, max_bytes=4_000_000)

plain = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.dates(),
    st.datetimes(min_value=dt.datetime(1900, 1, 1)),
    st.dates(dt.date(1700, 1, 1), dt.date(2200, 1, 1)).map(np.datetime64),
)  # fmt: skip
numbers = st.sampled_from(["f8", "f4", "i8", "u1", "?", "U5", "M8[D]"]).flatmap(
    lambda kind: arrays_of.arrays(kind, arrays_of.array_shapes(min_dims=0, min_side=0, max_side=4))
)
objects = arrays_of.arrays(
    object, arrays_of.array_shapes(min_dims=1, min_side=0, max_side=3),
    elements=st.one_of(plain, st.tuples(plain)), fill=st.nothing(),
)  # fmt: skip
values = st.recursive(
    st.one_of(plain, numbers, objects),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.one_of(st.text(), st.integers()), inner, max_size=3),
        st.builds(Leaf, st.text(), inner),
    ),
    max_leaves=12,
)


def alike(a: Any, b: Any) -> bool:
    """Equal, of one type all the way down, and unknown numbers alike."""
    if isinstance(a, np.ndarray):
        same = type(a) is type(b) and a.dtype == b.dtype and a.shape == b.shape
        return same and all(alike(x, y) for x, y in zip(a.ravel().tolist(), b.ravel().tolist(), strict=True))
    if type(a) is not type(b):
        return False
    if is_dataclass(a):
        return all(alike(getattr(a, f.name), getattr(b, f.name)) for f in fields(a))
    if isinstance(a, dict):
        return list(a) == list(b) and all(alike(a[k], b[k]) for k in a)
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, float):
        return (math.isnan(a) and math.isnan(b)) or (a == b and math.copysign(1, a) == math.copysign(1, b))
    return a == b


@settings(deadline=None)
@given(values)
def test_what_is_packed_comes_back(value: Any) -> None:
    tree, arrays = pack(value, TYPES)
    assert alike(unpack(json.loads(json.dumps(tree)), arrays, TYPES), value)


@settings(deadline=None)
@given(values)
def test_what_is_saved_comes_back(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "one.tree"
    tree = Tree((Leaf("a", value), Leaf("b")), Estimate(0.5, reason=Reason("common.none", {"n": 2})))
    save_packed(tree, path, KIND)
    assert alike(load_packed(path, KIND), tree)


def test_numbers_of_numpy_become_plain() -> None:
    tree, _ = pack((np.float32(0.5), np.int64(3), np.bool_(True), np.float64("inf")), ())
    found = unpack(tree, {}, ())
    assert found == (0.5, 3, True, math.inf)
    assert [type(x) for x in found] == [float, int, bool, float]


@pytest.mark.parametrize("value", [{1, 2}, b"bytes", object(), Leaf, 1j, np.array([(None,)], [("a", "O")])])
def test_anything_else_has_no_place(value: object) -> None:
    with pytest.raises(TypeError, match="no place in a saved result"):
        pack([value], TYPES)


def test_types_not_on_the_list_are_neither_packed_nor_made() -> None:
    with pytest.raises(TypeError, match="Leaf has no place"):
        pack(Leaf("a"), ())
    with pytest.raises(KeyError):
        unpack({"type": "Leaf", "fields": {"name": "a"}}, {}, ())


def test_two_types_of_one_name_are_a_mistake() -> None:
    other = dataclass(type("Leaf", (), {"__annotations__": {"name": str}}))
    with pytest.raises(TypeError, match="two types of one name"):
        FileKind("tree", "verbond plant", 1, (Leaf, other), Leaf)


def test_files_of_other_versions_are_read(tmp_path: Path) -> None:
    """A field that is gone is left out, even of a type that is gone; one that is new has its default."""
    gone = {"type": "Twig", "fields": {}}
    tree = {"type": "Tree", "fields": {"leaves": {"tuple": []}, "age": 3, "twig": gone}}
    assert unpack(tree, {}, TYPES) == Tree((), None)
    write(tmp_path / "old.tree", tree, number=1)
    assert load_packed(tmp_path / "old.tree", KIND) == Tree(())


def write(path: Path, tree: Any, number: int = 2, version: str = "0.1.0", **more: np.ndarray) -> None:
    """A file that says that it is whole, whatever is in it."""
    from verbond.results.packing import _digest

    header = {"format": number, "version": version, "digest": _digest(tree, more), "tree": tree}
    with path.open("wb") as file:
        np.savez_compressed(file, header=np.array(json.dumps(header)), **more)  # type: ignore[arg-type]


def test_a_newer_file_is_refused_in_plain_words(tmp_path: Path) -> None:
    write(tmp_path / "new.tree", None, number=3, version="9.0")
    with pytest.raises(DataError, match=r"newer Verbond: found version 9\.0.*or older\. Upgrade"):
        load_packed(tmp_path / "new.tree", KIND)


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "one.tree"
    save_packed(Tree((Leaf("a", np.arange(3)),)), path, KIND)
    with np.load(path) as found:
        arrays = dict(found)
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays | {"a0": np.arange(1, 4)})
    with pytest.raises(DataError, match="was changed after it was written"):
        load_packed(path, KIND)


def deep(n: int = 100_000) -> str:
    return "[" * n + "]" * n


@pytest.mark.parametrize(
    "tree",
    [
        None, 3, [], {}, {"type": "Tree"}, {"type": "Tree", "fields": {}}, {"type": "Tree", "fields": [1]},
        {"type": "os.system", "fields": {"command": "true"}}, {"type": ["Tree"], "fields": {}},
        {"type": "Leaf", "fields": {"name": "a leaf, not a tree"}}, {"array": "a0"}, {"array": "header"},
        {"call": "print"}, {"tuple": 5}, {"mapping": [[1]]}, {"mapping": [[{"mapping": []}, 1]]},
        {"objects": [1, 2], "shape": [5]}, {"objects": [], "shape": [10**12, 0]}, {"day": "yesterday"},
        {"float": "much"}, {"moment": 5},
    ],
)  # fmt: skip
def test_a_tree_that_is_none_is_refused(tmp_path: Path, tree: Any) -> None:
    write(tmp_path / "bad.tree", tree)
    with pytest.raises(DataError, match=r"bad\.tree is not a tree: expected a file that verbond plant wrote"):
        load_packed(tmp_path / "bad.tree", KIND)


def archive(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(f"{name}.npy", data)
    return path


def npy(value: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, value, **options)
    return file.getvalue()


class Trap:
    """Unpickling it would make a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return Path.touch, (self.path,)


def test_pickles_are_refused_and_not_run(tmp_path: Path) -> None:
    sprung = tmp_path / "sprung"
    trap = np.array([Trap(sprung)], dtype=object)
    bad = [
        archive(tmp_path / "a.tree", header=npy(trap, allow_pickle=True)),
        archive(tmp_path / "b.tree", header=npy("{}"), a0=npy(trap, allow_pickle=True)),
        archive(tmp_path / "c.tree", header=pickle.dumps(Trap(sprung))),
        tmp_path / "d.tree",
    ]
    bad[-1].write_bytes(pickle.dumps(Trap(sprung)))
    for path in bad:
        with pytest.raises(DataError, match="is not a tree"):
            load_packed(path, KIND)
    assert not sprung.exists()


def test_bombs_are_refused_before_they_go_off(tmp_path: Path) -> None:
    lying = npy(np.zeros(4))
    head, tail = lying[:-32], lying[-32:]
    bombs = {
        "zeros": {"header": npy("{}"), "a0": npy(np.zeros(2_000_000))},
        "claims": {"header": head.replace(b"(4,)", b"(9**9,)") + tail},
        "huge": {"header": head.replace(b"(4,),   ", b"(10000000000000,),")[: len(head)] + tail},
        "deep": {"header": npy(f'{{"format": 2, "version": "1", "digest": "", "tree": {deep()}}}')},
        "digits": {"header": npy(f'{{"format": {"9" * 9999}, "version": "1", "tree": 1}}')},
    }
    for name, members in bombs.items():
        path = archive(tmp_path / f"{name}.tree", **members)
        assert path.stat().st_size < 100_000
        with pytest.raises(DataError, match="is not a tree"):
            load_packed(path, KIND)


@pytest.mark.parametrize("content", [b"", b"customer_id\n1\n", b"PK\x03\x04 nothing", b"\x93NUMPY\x01\x00"])
def test_any_other_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.tree"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"other\.tree is not a tree"):
        load_packed(path, KIND)


def test_half_a_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "half.tree"
    save_packed(Tree((Leaf("a", np.arange(3)),)), path, KIND)
    whole = path.read_bytes()
    for n in range(0, len(whole), 97):
        path.write_bytes(whole[:n])
        with pytest.raises(DataError, match="is not a tree"):
            load_packed(path, KIND)


@settings(deadline=None)
@given(st.integers(0, 10**6), st.binary(min_size=1, max_size=3))
def test_a_damaged_file_is_refused_or_whole(
    tmp_path_factory: pytest.TempPathFactory, place: int, bytes_: bytes
) -> None:
    path, tree = tmp_path_factory.getbasetemp() / "damaged.tree", Tree((Leaf("a", np.arange(3)),))
    save_packed(tree, path, KIND)
    whole = path.read_bytes()
    place %= len(whole)
    path.write_bytes(whole[:place] + bytes_ + whole[place + len(bytes_) :])
    with contextlib.suppress(DataError):
        assert alike(load_packed(path, KIND), tree)  # what was damaged says nothing


def test_no_file_and_no_folder(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="verbond plant makes one"):
        load_packed(tmp_path / "none.tree", KIND)
    with pytest.raises(OptionError, match="the folder is not there"):
        save_packed(Tree(()), tmp_path / "none" / "one.tree", KIND)


def test_what_cannot_be_saved_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "one.tree"
    save_packed(Tree((Leaf("old"),)), path, KIND)
    with pytest.raises(TypeError, match="no place"):
        save_packed(Tree((Leaf("new", object()),)), path, KIND)
    assert load_packed(path, KIND) == Tree((Leaf("old"),))
    assert [file.name for file in tmp_path.iterdir()] == ["one.tree"]
