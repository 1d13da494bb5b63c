"""What a switch is: its values, how they are written, and what it does without a scope."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Value: TypeAlias = "str | float"
"""What a switch stands at: a word, or a number."""


class BadValueError(ValueError):
    """The switch does not take this value; the text lists what it takes."""


@dataclass(frozen=True, slots=True)
class Switch:
    """One behaviour that can be switched."""

    name: str
    default: Value
    doc: str
    words: tuple[str, ...] = ()
    """The words it takes."""
    number: tuple[float, float] | None = None
    """The range of the number it takes; None when it takes none."""
    text: str = ""
    """What other text it takes; empty when it takes none."""
    writes_only: bool = False
    """Without a scope of its own it leaves requests alone that change nothing."""
    spares_auth: bool = False
    """Without a path of its own it leaves the ``/auth`` routes alone."""
    methods: tuple[str, ...] = ()
    """The methods it is limited to as long as its scope names none."""
    means: Mapping[str, Value] = field(default_factory=dict)
    """What some of the words stand for; the others stand for themselves."""

    @property
    def values(self) -> str:
        """Its values, in words for people."""
        parts = list(self.words)
        if self.number:
            low, high = self.number
            parts.append("a number" if math.isinf(low) else f"a number from {low:g}")
            if not math.isinf(high):
                parts[-1] += f" to {high:g}"
        if self.text:
            parts.append(self.text)
        return ", ".join(parts)

    def parse(self, given: Any) -> Value:
        """The value meant by `given`, which is JSON's or the command line's."""
        if isinstance(given, bool):
            given = "on" if given else "off"
        if self.number and not (isinstance(given, str) and plain(given) in map(plain, self.words)):
            number = _number(given)
            if number is not None and self.number[0] <= number <= self.number[1]:
                return number
        text = f"{given:g}" if isinstance(given, float) else str(given).strip()
        for word in self.words:
            if plain(word) == plain(text):
                return self.means.get(word, word)
        if self.text and text:
            return text
        raise BadValueError(f"{self.name} does not take {given!r}. It takes: {self.values}.")


def plain(word: str) -> str:
    """The word in one spelling, whatever its capitals, blanks and dashes were."""
    return word.strip().lower().replace("_", " ").replace("-", " ")


def _number(given: Any) -> float | None:
    try:
        number = float(given)
    except (TypeError, ValueError):
        return None
    if not math.isfinite(number):
        return None
    return int(number) if number == int(number) else number
