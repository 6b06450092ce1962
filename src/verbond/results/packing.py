"""Results as one file: frozen dataclasses, arrays and plain values, without pickles.

The file is a NumPy archive: arrays, and a header in JSON that says how they hang together, which Verbond
wrote it, and a digest of it all. Only types on a closed list come back, so that a file cannot name code to
run; its sizes are checked before anything is unpacked.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import math
import os
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

import numpy as np

from verbond.errors import DataError, NotFoundError, OptionError
from verbond.version import __version__

__all__ = ["FileKind", "load_packed", "pack", "save_packed", "types_within", "unpack"]

MAX_BYTES = 256 * 2**20
"""A file that unpacks to more than this is refused: results are a few megabytes."""
MAX_ARRAYS = 20_000


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file.

    Parameters
    ----------
    name : str
        What is in it: "fitted ladder".
    made_by : str
        What makes one: "verbond ladder fit --save".
    number : int
        Of its format; files with a higher one are refused, lower ones are read.
    types : tuple of type
        Every dataclass that may be in it, no two of one name.
    root : type
        What it holds.
    max_bytes : int
        What it may hold at most, unpacked.
    """

    name: str
    made_by: str
    number: int
    types: tuple[type, ...]
    root: type
    max_bytes: int = MAX_BYTES
    by_name: Mapping[str, type] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        by_name = {kind.__name__: kind for kind in self.types}
        if len(by_name) != len(set(self.types)):
            raise TypeError(f"two types of one name in a {self.name}")
        object.__setattr__(self, "by_name", by_name)


def types_within(*roots: type) -> tuple[type, ...]:
    """The dataclasses that the fields of `roots` may hold, as they are annotated, and `roots` themselves.

    What stands behind `Any` or a protocol is not seen: name it among the roots.

    Examples
    --------
    >>> from verbond.results import Estimate
    >>> [kind.__name__ for kind in types_within(Estimate)]
    ['Estimate', 'Reason']
    """
    found: dict[type, None] = {}
    waiting: list[Any] = list(reversed(roots))
    while waiting:
        hint = waiting.pop()
        waiting += reversed(get_args(hint))
        if isinstance(hint, type) and is_dataclass(hint) and hint not in found:
            found[hint] = None
            waiting += reversed(get_type_hints(hint).values())
    return tuple(found)


def save_packed(value: Any, path: str | Path, kind: FileKind) -> None:
    """Write a value to a file: the whole of it or, if anything goes wrong, nothing.

    Parameters
    ----------
    value : object of `kind.root`
    path : str or Path
        An existing file is replaced.
    kind : FileKind

    Raises
    ------
    OptionError
        If the folder is not there.
    TypeError
        If the value holds a type that is not on the list.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise OptionError("the folder is not there", got=str(path.parent), hint="Make it first.")
    tree, arrays = pack(value, kind.types)
    header = {"format": kind.number, "version": __version__, "digest": _digest(tree, arrays), "tree": tree}
    half = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with half.open("wb") as file:
            np.savez_compressed(file, header=np.array(json.dumps(header)), **arrays)  # type: ignore[arg-type]
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


def load_packed(path: str | Path, kind: FileKind) -> Any:
    """Read what `save_packed` wrote.

    Fields that the file does not have get their default, and those that this version does not know are left
    out: so files of older versions are read.

    Parameters
    ----------
    path : str or Path
    kind : FileKind

    Returns
    -------
    object of `kind.root`

    Raises
    ------
    NotFoundError
        If there is no such file.
    DataError
        If it is another file, was changed, is too large, or was written by a newer Verbond.
    """
    path = Path(path)
    if not path.is_file():
        raise NotFoundError(
            f"there is no such file of a {kind.name}", got=str(path), hint=f"{kind.made_by} makes one."
        )
    other = DataError(f"{path.name} is not a {kind.name}", expected=f"a file that {kind.made_by} wrote")
    try:
        arrays = dict(_read_arrays(path, kind.max_bytes))
        header = json.loads(str(arrays.pop("header")))
        form, version, tree = int(header["format"]), str(header["version"]), header["tree"]
    except Exception:  # zip, zlib, NumPy and JSON each raise their own for a file that is none
        raise other from None
    if form > kind.number:
        raise DataError(
            f"{path.name} was written by a newer Verbond", got=f"version {version[:40]}",
            expected=f"{__version__} or older", hint="Upgrade with: pip install --upgrade verbond",
        )  # fmt: skip
    if _digest(tree, arrays) != header.get("digest"):
        raise DataError(f"{path.name} was changed after it was written", hint="Make and save it again.")
    try:
        value = unpack(tree, arrays, kind.types)
    except Exception:
        raise other from None
    if not isinstance(value, kind.root):
        raise other
    return value


def pack(value: Any, types: Iterable[type]) -> tuple[Any, dict[str, np.ndarray]]:
    """A value as what JSON knows, and its arrays by name.

    Parameters
    ----------
    value : object
        Dataclasses of `types`, arrays, tuples, lists, mappings, dates, numbers, texts, None.
    types : iterable of type

    Returns
    -------
    tree : object
    arrays : dict of str to ndarray
        Without objects in them.

    Raises
    ------
    TypeError
        If the value holds anything else.

    Examples
    --------
    >>> tree, arrays = pack({"a": (1, float("nan"))}, ())
    >>> tree, arrays
    ({'mapping': [['a', {'tuple': [1, {'float': 'nan'}]}]]}, {})
    >>> unpack(tree, arrays, ())
    {'a': (1, nan)}
    """
    arrays: dict[str, np.ndarray] = {}
    return _pack(value, arrays, frozenset(types)), arrays


def unpack(tree: Any, arrays: Mapping[str, np.ndarray], types: Iterable[type]) -> Any:
    """What `pack` took apart.

    Raises
    ------
    ValueError, KeyError, TypeError
        If `tree` is nothing that `pack` makes, or names a type that is not among `types`.
    """
    return _unpack(tree, arrays, {kind.__name__: kind for kind in types})


def _pack(value: Any, arrays: dict[str, np.ndarray], types: frozenset[type]) -> Any:
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):  # NumPy's too
        return float(value) if math.isfinite(value) else {"float": repr(float(value))}
    if type(value) in types:
        held = {f.name: _pack(getattr(value, f.name), arrays, types) for f in fields(value) if f.init}
        return {"type": type(value).__name__, "fields": held}
    if isinstance(value, np.ndarray):
        return _pack_array(value, arrays, types)
    if isinstance(value, np.datetime64):
        return {"day": str(value)}
    if isinstance(value, np.generic):
        return _pack(value.item(), arrays, types)
    if isinstance(value, dt.date):
        return {"moment" if isinstance(value, dt.datetime) else "date": value.isoformat()}
    if isinstance(value, Mapping) and not is_dataclass(value):
        return {"mapping": [[_pack(k, arrays, types), _pack(v, arrays, types)] for k, v in value.items()]}
    if isinstance(value, tuple | list) and type(value) in (tuple, list):
        held = [_pack(v, arrays, types) for v in value]
        return {"tuple": held} if isinstance(value, tuple) else held
    raise TypeError(f"{type(value).__name__} has no place in a saved result")


def _pack_array(value: np.ndarray, arrays: dict[str, np.ndarray], types: frozenset[type]) -> Any:
    if value.dtype.hasobject:
        if value.dtype != object:
            raise TypeError("records of objects have no place in a saved result")
        return {"objects": [_pack(v, arrays, types) for v in value.ravel().tolist()], "shape": value.shape}
    name = f"a{len(arrays)}"
    arrays[name] = value
    return {"array": name}


def _unpack(value: Any, arrays: Mapping[str, np.ndarray], types: Mapping[str, type]) -> Any:
    if isinstance(value, list):
        return [_unpack(v, arrays, types) for v in value]
    if not isinstance(value, dict):
        return value
    if "type" in value:
        kind, held = types[value["type"]], value["fields"]
        known = {f.name: _unpack(held[f.name], arrays, types) for f in _fields(kind) if f.name in held}
        return kind(**known)
    (form, inner), *_ = value.items()
    match form:
        case "array":
            return arrays[inner]
        case "tuple":
            return tuple(_unpack(v, arrays, types) for v in inner)
        case "mapping":
            return {_unpack(k, arrays, types): _unpack(v, arrays, types) for k, v in inner}
        case "float":
            return float(inner)
        case "objects":
            return _objects([_unpack(v, arrays, types) for v in inner], value.get("shape", [len(inner)]))
    return _moment(form, inner)


def _moment(form: str, text: str) -> np.datetime64 | dt.date:
    match form:
        case "day":
            return np.datetime64(text)
        case "date":
            return dt.date.fromisoformat(text)
        case "moment":
            return dt.datetime.fromisoformat(text)
    raise ValueError(f"no such form: {form[:40]}")


def _fields(kind: type) -> Iterator[Any]:
    return (f for f in fields(kind) if f.init)


def _objects(values: list[Any], shape: list[int]) -> np.ndarray:
    found = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        found[i] = value
    return found.reshape(shape)


def _digest(tree: Any, arrays: Mapping[str, np.ndarray]) -> str:
    found = hashlib.sha256(json.dumps(tree, sort_keys=True).encode())
    for name in sorted(arrays):
        found.update(f"{name} {arrays[name].dtype.str} {arrays[name].shape}".encode())
        found.update(np.ascontiguousarray(arrays[name]).tobytes())
    return found.hexdigest()


def _read_arrays(path: Path, max_bytes: int) -> Iterator[tuple[str, np.ndarray]]:
    """The arrays of an archive; sizes are looked at before anything is unpacked."""
    if path.stat().st_size > max_bytes:
        raise ValueError("too large")
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        members = archive.infolist()
        if len(members) > MAX_ARRAYS or sum(member.file_size for member in members) > max_bytes:
            raise ValueError("too large")
        for member in members:
            yield member.filename.removesuffix(".npy"), _array(archive.read(member))


def _array(data: bytes) -> np.ndarray:
    """An array from its bytes; never one of objects, and never larger than the bytes that are there."""
    file = io.BytesIO(data)
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read(file)
    order: Literal["F", "C"] = "F" if fortran else "C"
    if dtype.hasobject or math.prod(shape) * dtype.itemsize != len(data) - file.tell():
        raise ValueError("not as large as it says")
    return np.frombuffer(data, dtype, offset=file.tell()).reshape(shape, order=order).copy(order=order)
