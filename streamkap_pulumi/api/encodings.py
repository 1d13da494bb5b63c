r"""Finds a value however it is encoded: as it is, or in any usual encoding, several of them, or mixed.

The value becomes a pattern in which each character may have any of its encoded forms. So the string is not decoded, and
it does not matter what stands around the value.

=================  ==================================================================
percent-encoded    ``%2B``, ``%2b``, of UTF-8 or Latin-1, ``%252B``, ``+`` for a blank
JSON, source code  ``\\"``, ``\\/``, ``\\n``, ``\\u00e4``, ``\\u00E4``, ``\\xe4``, ``\\\\\\"``
HTML, XML          ``&amp;``, ``&#39;``, ``&#x27;``, ``&amp;quot;``
=================  ==================================================================

ASCII letters and digits stay as they are in all of these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.entities import codepoint2name

_LETTERS = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f", "\v": "v", "\a": "a"}
_MOST_ESCAPES = 15
"""Backslashes before one character: four levels of JSON."""
_LONGEST_CHARACTER = 300
_PIECES = re.compile(r"(?P<plain>[A-Za-z0-9_.-]+)|(?P<backslashes>\\+)|(?P<other>.)", re.DOTALL)


def plain_parts(value: str) -> list[str]:
    """The parts of `value` that stay as they are in every encoding, the longest first."""
    return sorted({piece["plain"] for piece in _PIECES.finditer(value) if piece["plain"]}, key=len, reverse=True)


def longest(value: str) -> int:
    """The largest length of an encoded `value`."""
    return sum(
        len(piece["plain"] or "") or _LONGEST_CHARACTER * len(piece.group()) for piece in _PIECES.finditer(value)
    )


def beginnings(text: str) -> str:
    """The characters in `text` that an encoded character may begin with."""
    found = "".join(character for character in "%\\" if character in text)
    # An ampersand may be encoded itself.
    return f"{found}&" if "&" in text or (found and "26" in text) else found


def pattern(value: str, beginnings: str = "%\\&") -> str:
    """A regular expression for every encoding of `value`, in a string that has these `beginnings`."""
    return _Patterns(beginnings).of(value)


class _Patterns:
    """Builds patterns. Each repetition in them is bounded and matches in one way only, so no search explodes."""

    def __init__(self, beginnings: str) -> None:
        percent = "%(?:25){0,4}" if "%" in beginnings else ""
        self._percent = percent
        self._has_references = "&" in beginnings
        backslash = [r"\\", f"{percent}5[cC]"] if percent else [r"\\"]
        backslash += ["&(?:amp;){0,4}#(?:92|[xX]5[cC]);"] if self._has_references else []
        self._backslash = f"(?:{'|'.join(backslash)})"
        self._escapes = "\\" in beginnings or len(backslash) > 1
        self._ampersand = rf"(?:&(?:amp;){{0,4}}|\\{{1,15}}u0026{f'|{percent}26' if percent else ''})"
        self._hash = f"(?:#|{percent}23)" if percent else "#"
        self._semicolon = f"(?:;|{percent}3[bB])" if percent else ";"

    def of(self, value: str) -> str:
        found = []
        before = 0
        """The number of backslashes before the piece."""
        for piece in _PIECES.finditer(value):
            if piece["backslashes"]:
                before = len(piece["backslashes"])
                continue
            plain = piece["plain"]
            found.append(self._run(before) + re.escape(plain) if plain else self._encoded(piece["other"], before))
            before = 0
        return "".join([*found, self._run(before)])

    def _run(self, number: int, more: int = 0) -> str:
        """This number of backslashes, plain or encoded."""
        if not number + more:
            return ""
        return f"{self._backslash}{{{number + more},{8 * number + _MOST_ESCAPES}}}"

    def _encoded(self, character: str, before: int) -> str:
        """Every form of `character` after this number of backslashes, plain or encoded."""
        # The longest form comes first: ``%26amp%3B`` begins with ``%26``, ``%25`` with ``%``, and ``&amp;`` with ``&``.
        forms = [*self._references(character), *self._percent_encoded(character), re.escape(character)]
        unescaped = f"(?:{'|'.join(forms)})"
        if not self._escapes:
            return self._run(before) + unescaped
        preceded = f"{self._backslash}{{{before},{8 * before + _MOST_ESCAPES}}}{unescaped}"
        return f"(?:{preceded}|{self._run(before, 1)}(?:{'|'.join(self._escaped(character))}))"

    def _percent_encoded(self, character: str) -> Iterator[str]:
        if character == " ":
            yield r"\+"
        if self._percent:
            yield "".join(f"{self._percent}{_hex(f'{byte:02x}')}" for byte in _bytes(character))
            if character == " ":
                yield f"{self._percent}2[bB]"
            if 0x7F < ord(character) <= 0xFF:
                yield f"{self._percent}{_hex(f'{ord(character):02x}')}"

    def _references(self, character: str) -> Iterator[str]:
        code = ord(character)
        if self._has_references:
            names = [codepoint2name.get(code), "apos" if character == "'" else None]
            named = "".join(f"{name}|" for name in names if name)
            number = f"{self._hash}(?:0{{0,6}}{code}|[xX]0{{0,6}}{_hex(f'{code:x}')})"
            yield f"{self._ampersand}(?:{named}{number}){self._semicolon}"

    def _escaped(self, character: str) -> Iterator[str]:
        """What may follow backslashes."""
        code = ord(character)
        again = f"{self._backslash}{{1,{_MOST_ESCAPES}}}"
        if code > 0x7F:
            yield again.join(f"x{_hex(f'{byte:02x}')}" for byte in _bytes(character))
        yield f"[uU](?:0000)?{_hex(f'{code:04x}')}" if code <= 0xFFFF else f"U{_hex(f'{code:08x}')}"
        if character in _LETTERS:
            yield _LETTERS[character]
        if code <= 0xFF:
            yield f"x{_hex(f'{code:02x}')}"
        if code > 0xFFFF:
            high, low = 0xD800 + ((code - 0x10000) >> 10), 0xDC00 + ((code - 0x10000) & 0x3FF)
            yield f"u{_hex(f'{high:x}')}{again}u{_hex(f'{low:x}')}"


def _bytes(character: str) -> bytes:
    return character.encode("utf-8", "surrogatepass")


def _hex(digits: str) -> str:
    """Hexadecimal digits, in upper or lower case."""
    return "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in digits)
