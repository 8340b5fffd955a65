"""What a sentence means: a function from draws to truths or exact numbers, and the columns it is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
import numpy.typing as npt

from forecast.events.ratio import Ratio, Truths

Column = Literal["votes", "list_seats", "seats", "winner"]
Key = tuple[Column, str]  # a column, and the option, party, group or district it belongs to
Integers = npt.NDArray[np.integer]
Kind = Literal["event", "number", "who", "text"]


class Chunk:
    """Some draws of one house: a column of whole numbers a key, all of one length."""

    def __init__(self, columns: Mapping[Key, Integers], draws: int) -> None:
        self.columns, self.draws = columns, draws

    def __len__(self) -> int:
        return self.draws

    def __getitem__(self, key: Key) -> npt.NDArray[np.int64]:
        return self.columns[key].astype(np.int64, copy=False)

    def where(self, chosen: Truths) -> Chunk:
        """Return the draws that are chosen."""
        columns = {key: column[chosen] for key, column in self.columns.items()}
        return Chunk(columns, int(np.count_nonzero(chosen)))


@dataclass(frozen=True, slots=True)
class Who:
    """A person or a party, draw by draw; ``matching`` returns where it is the one of that name."""

    matching: Callable[[str], Callable[[Chunk], Truths]]


@dataclass(frozen=True, slots=True)
class Bound:
    """A sentence, or a part of it, that a house gives a meaning.

    ``needs`` are the columns it is made of. ``constant`` is a number that is known without any draw; ``is_share``
    marks a number between 0 and 1.
    """

    kind: Kind
    needs: frozenset[Key]
    truths: Callable[[Chunk], Truths] | None = None
    numbers: Callable[[Chunk], Ratio] | None = None
    who: Who | None = None
    text: str = ""
    constant: Fraction | None = None
    is_share: bool = False

    def happens(self, chunk: Chunk) -> Truths:
        """Return where an event happens, ``[draw]``."""
        assert self.truths is not None
        return np.broadcast_to(self.truths(chunk), len(chunk))

    def value(self, chunk: Chunk) -> Ratio:
        """Return a number, ``[draw]``."""
        assert self.numbers is not None
        return self.numbers(chunk)
