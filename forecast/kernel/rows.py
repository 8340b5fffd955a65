"""Arrays as compiled code sees them: an address and a shape; and a tuple of arrays as one address.

numba hands a NamedTuple of arrays on by value, some ten numbers an array, and looks into arrays by code that is ready
for strides, owners and negative indices: with seventy arrays, most of the time of compiling. An entry point decorated
with ``by_address`` gets a table of addresses and shapes for each NamedTuple instead, which nobody changes while it
runs, and hands on the table's address. Arrays in it are contiguous. Their indices are whole numbers from 0 on, never
negative, and at the end there may be one slice: ``rows[i]``, ``rows[i, j]``, ``rows[i:j]``, ``rows[i, j:k]``.
"""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, TypeAlias

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.typing import templates
from numba.core.typing.templates import AbstractTemplate, infer_getattr, infer_global, signature
from numba.extending import (
    NativeValue,
    lower_builtin,
    lower_getattr,
    lower_getattr_generic,
    models,
    register_model,
    unbox,
)
from numba.np.numpy_support import from_dtype

_WORD = ir.IntType(64)
_Attributes: Any = templates.AttributeTemplate
_Tuple: Any = types.BaseTuple

Context: TypeAlias = Any
Builder: TypeAlias = Any
Signature: TypeAlias = Any


class Rows(types.Type):
    """An array: the address of its first number, and how many there are along each axis."""

    def __init__(self, dtype: Any, ndim: int) -> None:
        self.dtype, self.ndim = dtype, ndim
        super().__init__(name=f"rows({dtype}, {ndim})")


class Bundle(types.Type):
    """A table of arrays that have names, and of tables of such: ``fields`` are pairs of a name and a type."""

    def __init__(self, name: str, fields: tuple[tuple[str, Any], ...]) -> None:
        self.fields, self.places, self.words = dict(fields), {}, 0
        for field, kind in fields:
            self.places[field] = self.words
            self.words += kind.words if isinstance(kind, Bundle) else 1 + kind.ndim
        layout = hashlib.blake2b(repr(fields).encode(), digest_size=8).hexdigest()
        super().__init__(name=f"{name}({layout})")  # short, for it stands in the name of every function that takes one


@register_model(Rows)
class RowsModel(models.StructModel):
    """Numbers of LLVM's, no more of them than are used."""

    def __init__(self, manager: Any, kind: Rows) -> None:
        shape = types.UniTuple(types.intp, kind.ndim)
        super().__init__(manager, kind, [("start", types.CPointer(kind.dtype)), ("shape", shape)])


@register_model(Bundle)
class BundleModel(models.PrimitiveModel):
    """An address."""

    def __init__(self, manager: Any, kind: Bundle) -> None:
        super().__init__(manager, kind, _WORD.as_pointer())


class Packed:
    """The table of a NamedTuple's arrays, and of the NamedTuples in it."""

    def __init__(self, arrays: Any) -> None:
        words: list[int] = []
        self._numba_type_ = _kind(_written(arrays, words))
        self.held = arrays, np.array(words, np.int64)
        self.address = self.held[1].ctypes.data


def _written(arrays: Any, words: list[int]) -> tuple[Any, ...]:
    """Write the table of some arrays, and return what names its type."""
    found: list[Any] = [type(arrays)]
    for array in arrays:
        if isinstance(array, tuple):
            found.append(_written(array, words))
            continue
        if not array.flags.c_contiguous:
            raise TypeError("an array is not contiguous")
        words.append(array.ctypes.data)
        words += array.shape
        found.append((array.dtype, array.ndim))
    return tuple(found)


@lru_cache(maxsize=256)
def _kind(found: tuple[Any, ...]) -> Bundle:
    name, *kinds = found
    fields = [_kind(kind) if isinstance(kind[0], type) else Rows(from_dtype(kind[0]), kind[1]) for kind in kinds]
    return Bundle(name.__name__, tuple(zip(name._fields, fields, strict=True)))


def by_address(entry: Callable[..., Any]) -> Callable[..., Any]:
    """Hand the NamedTuples among the arguments of an entry point over by address."""

    @wraps(entry)
    def called(*arguments: Any) -> Any:
        return entry(*[Packed(one) if isinstance(one, tuple) else one for one in arguments])

    return called


@unbox(Bundle)
def _unboxed(kind: Bundle, packed: Any, wrapper: Any) -> NativeValue:
    number = wrapper.pyapi.object_getattr_string(packed, "address")
    address = wrapper.builder.bitcast(wrapper.pyapi.long_as_voidptr(number), _WORD.as_pointer())
    wrapper.pyapi.decref(number)
    return NativeValue(address)


@infer_getattr
class BundleAttribute(_Attributes):
    """The type of a bundle's field."""

    key = Bundle

    def generic_resolve(self, kind: Bundle, name: str) -> Any:
        """Return it."""
        return kind.fields.get(name)


@lower_getattr_generic(Bundle)
def _field(context: Context, builder: Builder, bundle: Bundle, address: Any, name: str) -> Any:
    kind, place = bundle.fields[name], bundle.places[name]

    def word(number: int, to: Any) -> Any:
        there = builder.gep(address, [ir.Constant(_WORD, place + number)], inbounds=True)
        loaded = builder.load(builder.bitcast(there, to.as_pointer()))
        loaded.set_metadata("invariant.load", builder.module.add_metadata([]))
        return loaded

    if isinstance(kind, Bundle):
        return builder.gep(address, [ir.Constant(_WORD, place)], inbounds=True)
    start = word(0, context.get_data_type(kind.dtype).as_pointer())
    return _rows(context, builder, kind, start, [word(1 + axis, _WORD) for axis in range(kind.ndim)])


def _rows(context: Context, builder: Builder, kind: Rows, start: Any, shape: list[Any]) -> Any:
    """Return an array as a value of LLVM's."""
    value = builder.insert_value(ir.Constant(context.get_value_type(kind), ir.Undefined), start, 0)
    for axis, length in enumerate(shape):
        value = builder.insert_value(value, length, [1, axis])
    return value


@infer_getattr
class RowsAttribute(_Attributes):
    """The types of an array's attributes."""

    key = Rows

    def resolve_shape(self, kind: Rows) -> Any:
        """Return that of the shape."""
        return types.UniTuple(types.intp, kind.ndim)

    def resolve_size(self, kind: Rows) -> Any:
        """Return that of the size."""
        return types.intp


@lower_getattr(Rows, "shape")
def _shape(context: Context, builder: Builder, kind: Rows, rows: Any) -> Any:
    return builder.extract_value(rows, 1)


@lower_getattr(Rows, "size")
def _size(context: Context, builder: Builder, kind: Rows, rows: Any) -> Any:
    size = builder.extract_value(rows, [1, 0])
    for axis in range(1, kind.ndim):
        size = builder.mul(size, builder.extract_value(rows, [1, axis]))
    return size


def _indices(index: Any) -> tuple[Any, ...]:
    return tuple(index) if isinstance(index, _Tuple) else (index,)


def _found(rows: Any, index: Any) -> Any:
    """Return the type of what an index finds; None where there is no such index."""
    if not isinstance(rows, Rows):
        return None
    *first, last = _indices(index)
    sliced = isinstance(last, types.SliceType) and not last.has_step
    whole = all(isinstance(one, types.Integer) for one in (first if sliced else [*first, last]))
    left = rows.ndim - len(first) - (not sliced)
    if not whole or left < sliced:
        return None
    return Rows(rows.dtype, left) if left else rows.dtype


@infer_global(operator.getitem)
class RowsItem(AbstractTemplate):
    """``rows[index]``."""

    def generic(self, arguments: Any, keywords: Any) -> Any:
        """Return its types."""
        rows, index = arguments
        found = _found(rows, index)
        return None if found is None else signature(found, rows, index)


@infer_global(operator.setitem)
class RowsSetItem(AbstractTemplate):
    """``rows[index] = number``."""

    def generic(self, arguments: Any, keywords: Any) -> Any:
        """Return its types."""
        rows, index, _ = arguments
        found = _found(rows, index)
        return None if found is None or isinstance(found, Rows) else signature(types.none, rows, index, found)


def _place(context: Context, builder: Builder, signature: Signature, arguments: Any) -> tuple[Any, list[Any]]:
    """Return the address that an index leads to, and the lengths of the axes that are left."""
    kind, index = signature.args[:2]
    rows, value = arguments[:2]
    shape = [builder.extract_value(rows, [1, axis]) for axis in range(kind.ndim)]
    offset, lengths = None, shape[len(_indices(index)) :]
    for axis, one in enumerate(_indices(index)):
        step = builder.extract_value(value, axis) if isinstance(index, _Tuple) else value
        if isinstance(one, types.SliceType):
            step, length = _slice(context, builder, one, step, shape[axis])
            lengths.insert(0, length)
        else:
            step = context.cast(builder, step, one, types.intp)
        offset = builder.add(builder.mul(offset, shape[axis], flags=["nsw"]), step, flags=["nsw"]) if axis else step
    for length in shape[len(_indices(index)) :]:
        offset = builder.mul(offset, length, flags=["nsw"])
    return builder.gep(builder.extract_value(rows, 0), [offset], inbounds=True), lengths


def _slice(context: Context, builder: Builder, kind: Any, value: Any, length: Any) -> tuple[Any, Any]:
    """Return where a slice of so many numbers begins, and how many it has."""
    bounds = context.make_helper(builder, kind, value)
    low, high = _smaller(builder, bounds.start, length), _smaller(builder, bounds.stop, length)
    return low, builder.sub(high, _smaller(builder, low, high))


def _smaller(builder: Builder, a: Any, b: Any) -> Any:
    return builder.select(builder.icmp_signed("<", a, b), a, b)


@lower_builtin(operator.getitem, Rows, types.Any)
def _item(context: Context, builder: Builder, signature: Signature, arguments: Any) -> Any:
    place, lengths = _place(context, builder, signature, arguments)
    found = signature.return_type
    return _rows(context, builder, found, place, lengths) if lengths else context.unpack_value(builder, found, place)


@lower_builtin(operator.setitem, Rows, types.Any, types.Any)
def _set_item(context: Context, builder: Builder, signature: Signature, arguments: Any) -> Any:
    place, _ = _place(context, builder, signature, arguments)
    context.pack_value(builder, signature.args[2], arguments[2], place)
    return context.get_dummy_value()
