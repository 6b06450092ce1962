"""A few numbers at a time inside compiled kernels: rows of a table as vectors.

A compiler finds vectors in simple loops over long arrays. Here rows are short (the states of one customer)
and the loop around them is long, so the vectors are written out: each function is one instruction or two, on
any processor that LLVM knows (wider vectors than it has are cut up). Only for use inside `compiled`
functions, on flat arrays without gaps; places are not checked. How wide a vector is comes with the type of
`width`, a tuple of so many integers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.datamodel import models
from numba.core.errors import TypingError
from numba.extending import intrinsic, register_model

__all__ = [
    "add",
    "aligned",
    "broadcast",
    "item",
    "load",
    "multiply",
    "multiply_add",
    "same",
    "store",
    "total",
]

CACHE_LINE = 64
CONTRACT = ("contract",)


class _Vector(types.Type):
    """So many numbers of one type, held in a register."""

    def __init__(self, scalar: types.Type, length: int) -> None:
        self.scalar, self.length = scalar, length
        super().__init__(name=f"vector({scalar}, {length})")


@register_model(_Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: _Vector) -> None:
        super().__init__(
            manager, kind, ir.VectorType(manager.lookup(kind.scalar).get_value_type(), kind.length)
        )


def aligned(*shape: int) -> np.ndarray:
    """Zeros of this shape, C order, that begin at a cache line: no vector of theirs lies across two.

    Examples
    --------
    >>> aligned(2, 8).ctypes.data % 64
    0
    """
    size = int(np.prod(shape))
    room = np.zeros(size + CACHE_LINE // 8)
    first = -room.ctypes.data % CACHE_LINE // 8
    return room[first : first + size].reshape(shape)


def _address(context: Any, builder: Any, kind: Any, array: Any, index: Any) -> Any:
    if kind.layout != "C" or kind.ndim != 1:
        raise TypingError(f"vectors are read from flat arrays without gaps, not from {kind}")
    return builder.gep(context.make_array(kind)(context, builder, array).data, [index])


def _repeated(builder: Any, value: Any, length: int) -> Any:
    vector = ir.VectorType(value.type, length)
    first = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
    return _picked(builder, first, [0] * length)


def _picked(builder: Any, vector: Any, places: list[int]) -> Any:
    mask = ir.Constant(ir.VectorType(ir.IntType(32), len(places)), places)
    return builder.shuffle_vector(vector, vector, mask)


@intrinsic
def load(_, array, index, width):
    """The numbers of a flat array from `index` on, as many as `width` is long."""

    def build(context, builder, signature, args):
        kind = ir.VectorType(context.get_value_type(array.dtype), len(width))
        address = _address(context, builder, signature.args[0], args[0], args[1])
        found = builder.load(builder.bitcast(address, kind.as_pointer()))
        found.align = array.dtype.bitwidth // 8
        return found

    return _Vector(array.dtype, len(width))(array, types.intp, width), build


@intrinsic
def store(_, array, index, vector):
    """Write a vector into a flat array from `index` on."""

    def build(context, builder, signature, args):
        address = _address(context, builder, signature.args[0], args[0], args[1])
        written = builder.store(args[2], builder.bitcast(address, args[2].type.as_pointer()))
        written.align = array.dtype.bitwidth // 8
        return context.get_dummy_value()

    return types.void(array, types.intp, vector), build


@intrinsic
def broadcast(_, array, index, width):
    """One number of a flat array, in every place of a vector."""

    def build(context, builder, signature, args):
        value = builder.load(_address(context, builder, signature.args[0], args[0], args[1]))
        return _repeated(builder, value, len(width))

    return _Vector(array.dtype, len(width))(array, types.intp, width), build


@intrinsic
def item(_, array, index):
    """One number of a flat array; `index` is not negative."""

    def build(context, builder, signature, args):
        return builder.load(_address(context, builder, signature.args[0], args[0], args[1]))

    return array.dtype(array, types.intp), build


@intrinsic
def same(_, value, width):
    """A number in every place of a vector."""

    def build(context, builder, signature, args):
        return _repeated(builder, args[0], len(width))

    return _Vector(value, len(width))(value, width), build


@intrinsic
def add(_, a, b):
    """a + b, place by place."""

    def build(context, builder, signature, args):
        return builder.fadd(*args, flags=CONTRACT)

    return a(a, b), build


@intrinsic
def multiply(_, a, b):
    """a b, place by place."""

    def build(context, builder, signature, args):
        return builder.fmul(*args, flags=CONTRACT)

    return a(a, b), build


@intrinsic
def multiply_add(_, a, b, c):
    """a b + c, place by place."""

    def build(context, builder, signature, args):
        return builder.fadd(builder.fmul(args[0], args[1], flags=CONTRACT), args[2], flags=CONTRACT)

    return a(a, b, c), build


@intrinsic
def total(_, vector):
    """The sum of a vector's places: halves are added until one is left."""

    def build(context, builder, signature, args):
        left, n = args[0], vector.length
        while n > 1:
            n //= 2
            halves = (_picked(builder, left, list(range(start, start + n))) for start in (0, n))
            left = builder.fadd(*halves)
        return builder.extract_element(left, ir.Constant(ir.IntType(32), 0))

    return vector.scalar(vector), build
