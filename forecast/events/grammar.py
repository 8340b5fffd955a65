"""Sentence to tree: a recursive descent, one function a level of the grammar.

or      = and {"or" and}
and     = not {"and" not}
not     = "not" not | compared
compared = sum {("<" | "<=" | "==" | "!=" | ">=" | ">") sum}
sum     = product {("+" | "-") product}
product = signed {("*" | "/") signed}
signed  = "-" signed | atom
atom    = number | text | name "(" [or {"," or}] ")" | "(" or ")"
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from forecast.events.tokens import EventError, Token, tokens

DEEPEST = 40
_COMPARING = ("<", "<=", "==", "!=", ">=", ">")


@dataclass(frozen=True, slots=True)
class Number:
    """A number, exact."""

    value: Fraction
    at: int


@dataclass(frozen=True, slots=True)
class Text:
    """A name in quotes."""

    value: str
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    """A quantity of the house, by its name, about what stands in the brackets."""

    name: str
    arguments: tuple[Tree, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Chain:
    """Parts joined by signs: ``signs[i]`` stands before ``parts[i + 1]``. A ``sum`` may be a comparison's part."""

    kind: Literal["or", "and", "compared", "sum", "product"]
    parts: tuple[Tree, ...]
    signs: tuple[Token, ...]

    @property
    def at(self) -> int:
        """Place of the first sign."""
        return self.signs[0].at


@dataclass(frozen=True, slots=True)
class Prefix:
    """``not`` or ``-`` before a part."""

    sign: Literal["not", "-"]
    part: Tree
    at: int


Tree = Number | Text | Call | Chain | Prefix


def parsed(sentence: str) -> Tree:
    """Return the tree of a sentence.

    >>> parsed("1 + 2").kind
    'sum'

    Raises
    ------
    EventError
        The sentence breaks off, or holds a word where none of its kind belongs.
    """
    return _Reader(sentence).sentence()


class _Reader:
    def __init__(self, sentence: str) -> None:
        self.text = sentence
        self.words = list(tokens(sentence))
        self.at = 0
        self.depth = 0

    def next(self) -> Token:
        return self.words[self.at]

    def take(self) -> Token:
        self.at += 1
        return self.words[self.at - 1]

    def stop(self, token: Token, wrong: str) -> EventError:
        return EventError(self.text, token.at, wrong)

    def sentence(self) -> Tree:
        if self.next().kind == "end":
            raise self.stop(self.next(), 'nothing is asked; write an event such as seats("Name") >= 50')
        tree = self.any_of()
        if self.next().kind != "end":
            raise self.stop(self.next(), _unexpected(self.next(), self.words[self.at - 1]))
        return tree

    def any_of(self) -> Tree:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.stop(self.next(), f"brackets are nested too deeply; at most {DEEPEST} levels are read")
        tree = self.chain("or", ("or",), lambda: self.chain("and", ("and",), self.negated))
        self.depth -= 1
        return tree

    def chain(
        self,
        kind: Literal["or", "and", "compared", "sum", "product"],
        joining: tuple[str, ...],
        part: Callable[[], Tree],
    ) -> Tree:
        parts, signs = [part()], []
        while self.next().written in joining and self.next().kind != "text":
            signs.append(self.take())
            parts.append(part())
        return Chain(kind, tuple(parts), tuple(signs)) if signs else parts[0]

    def negated(self) -> Tree:
        return self.prefixed("not", self.negated, self.compared)

    def compared(self) -> Tree:
        return self.chain("compared", _COMPARING, self.sum)

    def sum(self) -> Tree:
        return self.chain("sum", ("+", "-"), lambda: self.chain("product", ("*", "/"), self.signed))

    def signed(self) -> Tree:
        return self.prefixed("-", self.signed, self.atom)

    def prefixed(self, sign: Literal["not", "-"], again: Callable[[], Tree], inner: Callable[[], Tree]) -> Tree:
        if self.next().written != sign:
            return inner()
        token = self.take()
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.stop(token, f"{sign} is repeated too often; at most {DEEPEST} levels are read")
        part = again()
        self.depth -= 1
        return Prefix(sign, part, token.at)

    def atom(self) -> Tree:
        token = self.take()
        if token.kind == "number":
            if len(token.written) > 30:
                raise self.stop(token, "has too many digits; at most 30")
            return Number(Fraction(token.written), token.at)
        if token.kind == "text":
            return Text(token.written[1:-1], token.at)
        if token.kind == "name" and token.written not in ("and", "or", "not"):
            return self.call(token)
        if token.written == "(":
            tree = self.any_of()
            self.close(token)
            return tree
        self.at -= 1
        if token.kind == "end":
            raise self.stop(token, "the sentence breaks off here")
        raise self.stop(token, f"{token.written} cannot stand here; a number, a name in quotes or a quantity can")

    def call(self, name: Token) -> Tree:
        if self.next().written != "(":
            wrong = f'{name.written} stands alone; write {name.written}(...), or "{name.written}" for a name'
            raise self.stop(name, wrong)
        opening = self.take()
        arguments: list[Tree] = []
        while self.next().written != ")":
            if arguments:
                if self.next().written != ",":
                    break
                self.take()
            arguments.append(self.any_of())
        self.close(opening)
        return Call(name.written, tuple(arguments), name.at)

    def close(self, opening: Token) -> None:
        if self.next().written != ")":
            if self.next().kind == "end":
                raise self.stop(opening, "this bracket is never closed")
            raise self.stop(self.next(), _unexpected(self.next(), self.words[self.at - 1]))
        self.take()


def _unexpected(token: Token, before: Token) -> str:
    if token.written == ",":
        return "a comma cannot stand here; decimals have a point (0.05)"
    if token.written == ")":
        return "this bracket was never opened"
    if before.kind == "name" or token.kind in ("name", "number", "text"):
        return f"{token.written} is not expected here; join two events by and, or, or compare them"
    return f"{token.written} is not expected here"
