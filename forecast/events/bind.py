"""Tree to meaning: every name is looked up in the house, every kind checked, and what is left can be evaluated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from difflib import get_close_matches
from fractions import Fraction
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from forecast.events.grammar import Call, Chain, Number, Prefix, Text, Tree, parsed
from forecast.events.house import House
from forecast.events.meaning import Bound, Chunk, Key, Kind, Who
from forecast.events.quantities import AGGREGATES, QUANTITIES, Quantity, Unfit, UnknownName
from forecast.events.ratio import Ratio, TooLarge, Truths, larger, smaller
from forecast.events.tokens import EventError

T = TypeVar("T")

_KINDS = {"event": "an event", "number": "a number", "who": "a winner", "text": "a name"}
_COMPARE: dict[str, Callable[..., npt.NDArray[np.bool_]]] = {
    "<": np.less, "<=": np.less_equal, "==": np.equal, "!=": np.not_equal, ">=": np.greater_equal, ">": np.greater,
}  # fmt: skip
_TOO_LARGE = "the numbers become too large here to mean anything"
_POINTWISE = ("abs", "max", "min")


class Misfit(EventError):
    """The house lacks the tier that a sentence speaks of; in another house it may well mean something."""


def bound(sentence: str, house: House) -> Bound:
    """Return the meaning of a sentence in a house.

    Raises
    ------
    EventError
        The sentence cannot be read, names what is not there, or joins what cannot be joined.
    Misfit
        The house lacks the tier that the sentence speaks of.
    """
    return bind(parsed(sentence), sentence, house)


def bind(tree: Tree, sentence: str, house: House) -> Bound:
    """Return the meaning of a tree; errors as those of ``bound``."""
    return _Binder(sentence, house).bind(tree)


class _Binder:
    def __init__(self, sentence: str, house: House) -> None:
        self.sentence, self.house = sentence, house

    def stop(self, at: int, wrong: str) -> EventError:
        return EventError(self.sentence, at, wrong)

    def bind(self, tree: Tree) -> Bound:
        match tree:
            case Number(value, _):
                ratio = Ratio.of(value)
                return Bound("number", frozenset(), numbers=lambda _: ratio, constant=value)
            case Text(value, _):
                return Bound("text", frozenset(), text=value)
            case Call():
                return self.call(tree)
            case Prefix("not", part, _):
                inner = self.of_kind("event", part)
                return Bound("event", inner.needs, truths=lambda chunk: ~inner.happens(chunk))
            case Prefix(_, part, _):
                number = self.of_kind("number", part)
                constant = None if number.constant is None else -number.constant
                return Bound("number", number.needs, numbers=lambda chunk: -number.value(chunk), constant=constant)
            case Chain("or" | "and"):
                return self.joined(tree)
            case Chain("compared"):
                return self.compared(tree)
        return self.computed(tree)

    def of_kind(self, kind: Kind, tree: Tree) -> Bound:
        made = self.bind(tree)
        if made.kind != kind:
            hint = "; compare it with something" if kind == "event" and made.kind in ("number", "who") else ""
            raise self.stop(tree.at, f"{_KINDS[kind]} is needed here, and this is {_KINDS[made.kind]}{hint}")
        return made

    def joined(self, tree: Chain) -> Bound:
        """Join events; each is looked at only where those before it leave it open."""
        parts = [self.of_kind("event", part) for part in tree.parts]
        every = tree.kind == "and"

        def truths(chunk: Chunk) -> Truths:
            result = np.full(len(chunk), every)
            for part in parts:
                open_ = result if every else ~result
                if open_.all():
                    result = part.happens(chunk).copy()
                elif open_.any():
                    result[open_] = part.happens(chunk.where(open_))
            return result

        return Bound("event", _needs(parts), truths=truths)

    def compared(self, tree: Chain) -> Bound:
        parts = [self.bind(part) for part in tree.parts]
        pairs = [
            self.pair(parts[i], parts[i + 1], sign.written, sign.at, tree.parts[i].at, tree.parts[i + 1].at)
            for i, sign in enumerate(tree.signs)
        ]

        def truths(chunk: Chunk) -> Truths:
            result = np.full(len(chunk), True)
            for holds in pairs:
                result &= holds(chunk)
            return result

        return Bound("event", _needs(parts), truths=truths)

    def pair(
        self, left: Bound, right: Bound, sign: str, at: int, left_at: int, right_at: int
    ) -> Callable[[Chunk], Truths]:
        if left.who is not None:
            return self.matching(left.who, right, sign, at, right_at)
        if right.who is not None:
            return self.matching(right.who, left, sign, at, left_at)
        for one, place in ((left, left_at), (right, right_at)):
            if one.kind != "number":
                raise self.stop(place, f"a number is needed here, and this is {_KINDS[one.kind]}")
        for one, other, place in ((left, right, right_at), (right, left, left_at)):
            if one.is_share and other.constant is not None and other.constant > 1:
                shown = f"{float(other.constant):g}"
                percent = float(other.constant) / 100
                raise self.stop(
                    place, f"a share is a fraction of 1 and never {shown}; {shown} % is written {percent:g}"
                )
        how = _COMPARE[sign]

        def holds(chunk: Chunk) -> Truths:
            try:
                return left.value(chunk).compared(how, right.value(chunk))
            except TooLarge:
                raise self.stop(at, _TOO_LARGE) from None

        return holds

    def matching(self, who: Who, name: Bound, sign: str, at: int, name_at: int) -> Callable[[Chunk], Truths]:
        if name.kind != "text" or sign not in ("==", "!="):
            raise self.stop(at, 'a winner is compared by == or != with a name in quotes, "self" or "nobody"')
        matches = self.guarded(at, [name_at], lambda: who.matching(name.text))
        return matches if sign == "==" else lambda chunk: ~matches(chunk)

    def computed(self, tree: Tree) -> Bound:
        assert isinstance(tree, Chain)
        parts = [self.of_kind("number", part) for part in tree.parts]
        signs = tree.signs
        for part, sign in zip(parts[1:], signs, strict=True):
            if sign.written == "/" and part.constant == 0:
                raise self.stop(sign.at, "division by zero")

        def step(value: Ratio, sign: str, at: int, other: Ratio) -> Ratio:
            try:
                match sign:
                    case "+":
                        return value + other
                    case "-":
                        return value - other
                    case "*":
                        return value * other
                return value * other.inverse()
            except ZeroDivisionError:
                wrong = 'division by zero in some draws; leave them out with --given or "... > 0 and ..."'
                raise self.stop(at, wrong) from None
            except TooLarge:
                raise self.stop(at, _TOO_LARGE) from None

        def numbers(chunk: Chunk) -> Ratio:
            value = parts[0].value(chunk)
            for part, sign in zip(parts[1:], signs, strict=True):
                value = step(value, sign.written, sign.at, part.value(chunk))
            return value

        constant: Fraction | None = None
        if all(part.constant is not None for part in parts):
            ratio = numbers(Chunk({}, 0))
            constant = Fraction(int(ratio.over), int(ratio.under))
        is_share = tree.kind == "sum" and all(part.is_share for part in parts)
        needs = _needs(parts)
        return Bound("number", needs, numbers=numbers, constant=constant, is_share=is_share)

    def call(self, tree: Call) -> Bound:
        if tree.name in AGGREGATES:
            wrong = f"{tree.name}(...) is about all draws together: it stands alone, around everything else"
            raise self.stop(tree.at, wrong)
        if tree.name in _POINTWISE:
            return self.pointwise(tree)
        quantity = QUANTITIES.get(tree.name)
        if quantity is None:
            known = [*QUANTITIES, *_POINTWISE, *AGGREGATES]
            near = get_close_matches(tree.name, known, 1)
            meant = f" (did you mean {near[0]}?)" if near else ""
            raise self.stop(tree.at, f"{tree.name} is not known{meant}; there are: {', '.join(known)}")
        return self.quantity(tree, quantity)

    def quantity(self, tree: Call, quantity: Quantity) -> Bound:
        names: list[str] = []
        for argument in tree.arguments:
            if isinstance(argument, Number) and quantity.of == "a district" and argument.value.denominator == 1:
                names.append(str(argument.value))
            elif isinstance(argument, Text):
                names.append(argument.value)
            else:
                raise self.stop(argument.at, f"{tree.name} is about {quantity.of}: write its name in quotes here")
        low, high = quantity.arguments
        if len(names) < low or (high is not None and len(names) > high):
            raise self.stop(tree.at, f"{tree.name} is written {quantity.example}")
        for number, (name, argument) in enumerate(zip(names, tree.arguments, strict=True)):
            if name in names[:number]:
                raise self.stop(argument.at, f'"{name}" is named twice')
        places = [argument.at for argument in tree.arguments]
        made = self.guarded(tree.at, places, lambda: quantity.made(self.house, tuple(names)))
        return replace(made, is_share=tree.name in ("share", "turnout"))

    def pointwise(self, tree: Call) -> Bound:
        few = 1 if tree.name == "abs" else 2
        if len(tree.arguments) < few or (tree.name == "abs" and len(tree.arguments) > 1):
            raise self.stop(tree.at, f"{tree.name} takes {'one number' if few == 1 else 'two numbers or more'}")
        parts = [self.of_kind("number", argument) for argument in tree.arguments]
        choose = smaller if tree.name == "min" else larger

        def numbers(chunk: Chunk) -> Ratio:
            values = [part.value(chunk) for part in parts]
            if tree.name == "abs":
                values.append(-values[0])
            result = values[0]
            for value in values[1:]:
                result = choose(result, value)
            return result

        needs = _needs(parts)
        return Bound("number", needs, numbers=numbers, is_share=all(part.is_share for part in parts))

    def guarded(self, at: int, places: Sequence[int], make: Callable[[], T]) -> T:
        """Return what ``make`` returns; a name that it does not find is pointed at, by its number among ``places``."""
        try:
            return make()
        except UnknownName as fault:
            raise self.stop(places[fault.number], str(fault)) from None
        except Unfit as fault:
            raise Misfit(self.sentence, at, str(fault)) from None


def _needs(parts: Sequence[Bound]) -> frozenset[Key]:
    return frozenset(key for part in parts for key in part.needs)
