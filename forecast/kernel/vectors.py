"""Rows 32 draws at a time: vector types for compiled code, with the arithmetic of plain numbers lane by lane.

LLVM's loop vectoriser gives up in silence; code on these types is vector code from the start, on any machine: two
registers of 16 floats where there are such, more of smaller ones elsewhere, and the same bits everywhere. Two chains
of instructions side by side keep a processor busy that would wait for the results of one.
Only operations that IEEE 754 rounds exactly exist here. ``load`` and ``store`` go between rows and vectors; a plain
number beside a vector stands in all its lanes.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, TypeAlias

from llvmlite import ir
from numba import types
from numba.extending import lower_builtin, models, register_model, type_callable

from forecast.kernel.compiler import instruction
from forecast.kernel.rows import Rows

LANES = 32

Context: TypeAlias = Any
Builder: TypeAlias = Any
Signature: TypeAlias = Any


class Vector(types.Type):
    """A vector of numbers, or of truth values."""

    def __init__(self, element: Any, lanes: int = LANES) -> None:
        self.element, self.lanes = element, lanes
        super().__init__(name=f"vector({lanes} x {element})")

    @property
    def is_real(self) -> bool:
        """Tell floats from whole numbers and truth values."""
        return isinstance(self.element, types.Float)

    @property
    def code(self) -> Any:
        """The type in LLVM's language."""
        if self.is_real:
            return ir.VectorType(ir.FloatType() if self.element.bitwidth == 32 else ir.DoubleType(), self.lanes)
        return ir.VectorType(ir.IntType(1 if self.element == types.boolean else self.element.bitwidth), self.lanes)


FLOATS, WHOLES, DOUBLES = Vector(types.float32), Vector(types.int32), Vector(types.float64)
SHORTS, LONGS = Vector(types.int16), Vector(types.uint64, LANES // 2)
FLAGS = Vector(types.int64, 8)  # 512 truth values, a bit each
OF_ROW = {kind.element: kind for kind in (FLOATS, WHOLES, DOUBLES, SHORTS, LONGS, FLAGS)}


@register_model(Vector)
class VectorModel(models.PrimitiveModel):
    """A vector is one value of LLVM's."""

    def __init__(self, manager: Any, kind: Vector) -> None:
        super().__init__(manager, kind, kind.code)


def _spread(context: Context, builder: Builder, value: Any, kind: Any, to: Vector) -> Any:
    """Return a vector: ``value`` itself, or a plain number in all lanes."""
    if isinstance(kind, Vector):
        return value
    number = context.cast(builder, value, kind, to.element)
    one = builder.insert_element(ir.Constant(to.code, ir.Undefined), number, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), to.lanes), None)
    return builder.shuffle_vector(one, ir.Constant(to.code, ir.Undefined), zeros)


def _both(a: Any, b: Any) -> Vector | None:
    """Return the vector type of two operands of which one at least is a vector, or None."""
    kinds = {kind for kind in (a, b) if isinstance(kind, Vector)}
    if len(kinds) != 1 or not all(isinstance(kind, (Vector, types.Number, types.Boolean)) for kind in (a, b)):
        return None
    return kinds.pop()


def _define(
    function: Any, result: Callable[[Vector], Vector], write: Callable[[Builder, Vector, Any, Any], Any]
) -> None:
    """Make an operator work on vectors: ``result`` names its type, ``write`` its instruction."""

    @type_callable(function)
    def typed(context: Context) -> Any:
        def typer(a: Any, b: Any) -> Any:
            kind = _both(a, b)
            return None if kind is None else result(kind)

        return typer

    def lowered(context: Context, builder: Builder, signature: Signature, arguments: Any) -> Any:
        kind = _both(*signature.args)
        assert kind is not None
        left, right = (
            _spread(context, builder, value, of, kind) for value, of in zip(arguments, signature.args, strict=True)
        )
        return write(builder, kind, left, right)

    for left, right in ((Vector, Vector), (Vector, types.Number), (types.Number, Vector)):
        lower_builtin(function, left, right)(lowered)


def _same(kind: Vector) -> Vector:
    return kind


def _truth(kind: Vector) -> Vector:
    return Vector(types.boolean, kind.lanes)


def _arithmetic(real: str, whole: str) -> Callable[[Builder, Vector, Any, Any], Any]:
    return lambda builder, kind, a, b: getattr(builder, real if kind.is_real else whole)(a, b)


def _shift_right(builder: Builder, kind: Vector, a: Any, b: Any) -> Any:
    return (builder.ashr if kind.element.signed else builder.lshr)(a, b)


def _comparison(sign: str) -> Callable[[Builder, Vector, Any, Any], Any]:
    return lambda builder, kind, a, b: (builder.fcmp_ordered if kind.is_real else builder.icmp_signed)(sign, a, b)


_define(operator.add, _same, _arithmetic("fadd", "add"))
_define(operator.sub, _same, _arithmetic("fsub", "sub"))
_define(operator.mul, _same, _arithmetic("fmul", "mul"))
_define(operator.truediv, _same, _arithmetic("fdiv", "sdiv"))
_define(operator.and_, _same, lambda builder, kind, a, b: builder.and_(a, b))
_define(operator.or_, _same, lambda builder, kind, a, b: builder.or_(a, b))
_define(operator.xor, _same, lambda builder, kind, a, b: builder.xor(a, b))
_define(operator.lshift, _same, lambda builder, kind, a, b: builder.shl(a, b))
_define(operator.rshift, _same, _shift_right)
for _function, _sign in (
    (operator.lt, "<"), (operator.le, "<="), (operator.gt, ">"), (operator.ge, ">="), (operator.eq, "=="),
):  # fmt: skip
    _define(_function, _truth, _comparison(_sign))


def _start(context: Context, builder: Builder, row: Any, kind: Any) -> Any:
    """Return the address of a row's first element."""
    return (
        builder.extract_value(row, 0)
        if isinstance(kind, Rows)
        else context.make_array(kind)(context, builder, row).data
    )


def _place(context: Context, builder: Builder, row: Any, kind: Any, index: Any, to: Vector) -> Any:
    """Return the address of a row's element, as that of a vector."""
    start = _start(context, builder, row, kind)
    return builder.bitcast(builder.gep(start, [index]), to.code.as_pointer())


@instruction
def load(typingctx: Any, row: Any, first: Any) -> Any:
    """Return the vector at ``row[first]``; its lanes are those of the row's type."""
    kind = OF_ROW[row.dtype]

    def code(context: Context, builder: Builder, signature: Signature, arguments: Any) -> Any:
        place = _place(context, builder, arguments[0], signature.args[0], arguments[1], kind)
        return builder.load(place, align=kind.element.bitwidth // 8)

    return kind(row, types.intp), code


@instruction
def store(typingctx: Any, row: Any, first: Any, vector: Any) -> Any:
    """Write a vector to ``row[first]`` and on."""
    kind = OF_ROW[row.dtype]

    def code(context: Context, builder: Builder, signature: Signature, arguments: Any) -> Any:
        place = _place(context, builder, arguments[0], signature.args[0], arguments[1], kind)
        value = _spread(context, builder, arguments[2], signature.args[2], kind)
        builder.store(value, place, align=kind.element.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(row, types.intp, vector), code


@instruction
def store_flags(typingctx: Any, row: Any, first: Any, truth: Any) -> Any:
    """Write truth values to a row of FLAGS, from bit ``first`` on, a multiple of their number."""

    def code(context: Context, builder: Builder, signature: Signature, arguments: Any) -> Any:
        mask, lanes = ir.IntType(truth.lanes), ir.Constant(ir.IntType(64), truth.lanes)
        start = builder.bitcast(_start(context, builder, arguments[0], row), mask.as_pointer())
        place = builder.gep(start, [builder.udiv(arguments[1], lanes)])
        builder.store(builder.bitcast(arguments[2], mask), place)
        return context.get_dummy_value()

    return types.void(row, types.intp, truth), code


def _call(builder: Builder, name: str, arguments: Any, result: Any = None) -> Any:
    """Call a function of LLVM's on numbers or vectors of them; llvmlite cannot declare the latter by itself."""
    kind = arguments[0].type
    number = str(getattr(kind, "element", kind)).replace("float", "f32").replace("double", "f64")
    whole = f"llvm.{name}.v{kind.count}{number}" if isinstance(kind, ir.VectorType) else f"llvm.{name}.{number}"
    function = builder.module.globals.get(whole)
    if function is None:
        function = ir.Function(builder.module, ir.FunctionType(result or kind, [kind] * len(arguments)), whole)
    return builder.call(function, arguments)


def _vector_among(*kinds: Any) -> Any:
    """Return the type of the first vector, or else of the first plain number."""
    return next((kind for kind in kinds if isinstance(kind, Vector)), kinds[0])


def _values(context: Context, builder: Builder, signature: Signature, arguments: Any, to: Any) -> list[Any]:
    """Return arguments as vectors of one type, or as plain numbers of one type."""
    pairs = zip(arguments, signature.args, strict=True)
    if isinstance(to, Vector):
        return [_spread(context, builder, value, kind, to) for value, kind in pairs]
    return [context.cast(builder, value, kind, to) for value, kind in pairs]


@instruction
def fma(typingctx: Any, a: Any, b: Any, c: Any) -> Any:
    """Fused multiply-add ``a * b + c``, rounded once: the same bits on every machine. Of vectors or plain floats."""
    kind = _vector_among(a, b, c)

    def code(context: Context, builder: Builder, signature: Signature, arguments: Any) -> Any:
        return _call(builder, "fma", _values(context, builder, signature, arguments, kind))

    return kind(a, b, c), code


@instruction
def root(typingctx: Any, x: Any) -> Any:
    """Square root."""

    def code(context: Context, builder: Builder, signature: Signature, arguments: Any) -> Any:
        return _call(builder, "sqrt", arguments)

    return x(x), code


@instruction
def choose(typingctx: Any, truth: Any, a: Any, b: Any) -> Any:
    """Return lanes of ``a`` where the truth holds, of ``b`` elsewhere."""
    kind = _vector_among(a, b)
    if isinstance(truth, Vector) and not isinstance(kind, Vector):
        kind = OF_ROW[kind]

    def code(context: Context, builder: Builder, signature: Signature, arguments: Any) -> Any:
        choices = zip(arguments[1:], signature.args[1:], strict=True)
        if isinstance(kind, Vector):
            one, other = (_spread(context, builder, value, of, kind) for value, of in choices)
        else:
            one, other = (context.cast(builder, value, of, kind) for value, of in choices)
        return builder.select(arguments[0], one, other)

    return kind(truth, a, b), code


def _conversion(name: str, to: Vector, documentation: str, write: Callable[[Builder, Any, Any], Any]) -> Any:
    """Return a function from vectors of one type to those of another, or between the plain numbers of their lanes."""

    def declared(typingctx: Any, x: Any) -> Any:
        result = to if isinstance(x, Vector) else to.element

        def code(context: Context, builder: Builder, signature: Signature, arguments: Any) -> Any:
            return write(builder, arguments[0], context.get_value_type(result))

        return result(x), code

    declared.__name__, declared.__doc__ = name, documentation
    return instruction(declared)


def _is_real(x: Any) -> bool:
    return isinstance(getattr(x.type, "element", x.type), (ir.FloatType, ir.DoubleType))


def _doubles(builder: Builder, x: Any, to: Any) -> Any:
    return builder.fpext(x, to) if _is_real(x) else builder.sitofp(x, to)


def _floats_of_bits(builder: Builder, x: Any, to: Any) -> Any:
    wide = isinstance(x.type, ir.IntType) and x.type.width > 32  # sums of plain int32 are int64
    return builder.bitcast(builder.trunc(x, ir.IntType(32)) if wide else x, to)


def _wholes(builder: Builder, x: Any, to: Any) -> Any:
    return builder.fptosi(x, to) if _is_real(x) else builder.sext(x, to)


floats = _conversion("floats", FLOATS, "Whole numbers, rounded to float32.", lambda b, x, to: b.sitofp(x, to))
doubles = _conversion("doubles", DOUBLES, "The same numbers in float64.", _doubles)
wholes = _conversion("wholes", WHOLES, "Floats truncated to int32, which must hold them; or int16 as int32.", _wholes)
shorts = _conversion("shorts", SHORTS, "int32 that fit, as int16.", lambda b, x, to: b.trunc(x, to))
bits_of = _conversion("bits_of", WHOLES, "Bits of floats, or halves of words.", lambda b, x, to: b.bitcast(x, to))
float_of = _conversion("float_of", FLOATS, "Floats of these bits.", _floats_of_bits)
ones = _conversion("ones", WHOLES, "1 where the truth holds, 0 elsewhere.", lambda b, x, to: b.zext(x, to))
short_ones = _conversion("short_ones", SHORTS, "1 where the truth holds, as int16.", lambda b, x, to: b.zext(x, to))


@instruction
def spread(typingctx: Any, x: Any) -> Any:
    """Return a float32, int16 or int32 in all lanes."""
    kind = OF_ROW[x]

    def code(context: Context, builder: Builder, signature: Signature, arguments: Any) -> Any:
        return _spread(context, builder, arguments[0], x, kind)

    return kind(x), code


def _numbers(name: str, kind: Vector) -> Any:
    """Return a function that returns the numbers of a vector's lanes."""

    def declared(typingctx: Any) -> Any:
        def code(context: Context, builder: Builder, signature: Signature, arguments: Any) -> Any:
            return ir.Constant(kind.code, list(range(kind.lanes)))

        return kind(), code

    declared.__name__, declared.__doc__ = name, "Return 0, 1, 2 ... in the lanes."
    return instruction(declared)


lane_numbers, word_numbers = _numbers("lane_numbers", WHOLES), _numbers("word_numbers", LONGS)


@instruction
def count(typingctx: Any, truth: Any) -> Any:
    """Return the number of lanes in which the truth holds."""

    def code(context: Context, builder: Builder, signature: Signature, arguments: Any) -> Any:
        mask = builder.bitcast(arguments[0], ir.IntType(truth.lanes))
        return builder.zext(builder.ctpop(mask), ir.IntType(64))

    return types.int64(truth), code


@instruction
def total_of(typingctx: Any, whole: Any) -> Any:
    """Return the sum of the lanes, which must fit the lanes' type."""

    def code(context: Context, builder: Builder, signature: Signature, arguments: Any) -> Any:
        total = _call(builder, "vector.reduce.add", arguments, whole.code.element)
        return context.cast(builder, total, whole.element, types.int64)

    return types.int64(whole), code


@instruction
def count_flags(typingctx: Any, flags: Any) -> Any:
    """Return the number of bits that are set."""

    def code(context: Context, builder: Builder, signature: Signature, arguments: Any) -> Any:
        return _call(builder, "vector.reduce.add", [_call(builder, "ctpop", arguments)], flags.code.element)

    return types.int64(flags), code
