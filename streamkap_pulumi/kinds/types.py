"""The types of a field's values: what is wrong with one, how it is recorded, and when two mean the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from streamkap_pulumi.config.hints import suggest
from streamkap_pulumi.config.slips import stray_in_name
from streamkap_pulumi.config.values import Unknown
from streamkap_pulumi.config.wording import described
from streamkap_pulumi.durations import seconds

OPERATIONS = ("create", "update", "delete")
"""Those that wait, and have a time-out."""


@dataclass(frozen=True)
class Type:
    """Any value that the API sends: nothing is checked. The types of inputs derive from it.

    Args:
        output: the annotation of the output.
        empty: makes the value that a missing field or null stands for; None where they stand for nothing.
    """

    output: str
    empty: Callable[[], Any] | None = None
    input: str = ""
    """The annotation of the input's plain value."""

    def or_empty(self, value: Any) -> Any:
        """`value`, or what stands for it where it is None."""
        return self.empty() if value is None and self.empty else value

    def faults(
        self,
        path: str,  # noqa: ARG002
        value: Any,  # noqa: ARG002
        unknown: Unknown,  # noqa: ARG002
        *,
        silent: bool = False,  # noqa: ARG002
    ) -> Iterator[str]:
        """What is wrong with `value`, which is known in part at least: sentences that begin with the path.

        Args:
            path: where the value stands, such as ``tags``.
            value: as the program gives it.
            unknown: whether a part of it is not known yet. Such a part is not checked.
            silent: the value may be secret, so no sentence quotes it.
        """
        yield from ()

    def literal_faults(self, path: str, value: Any) -> Iterator[str]:  # noqa: ARG002
        """What is wrong with the parts of `value` that are no Outputs, where `faults` does not judge them."""
        yield from ()

    def doubts(self, path: str, value: Any, *, silent: bool = False) -> Iterator[str]:  # noqa: ARG002
        """What may be a slip in `value`, which is known: sentences that begin with the path and quote nothing."""
        yield from ()

    def canonical(self, value: Any) -> Any:
        """The valid `value` in the form that is sent and recorded; None if it counts as omitted."""
        return value

    def same(self, some: Any, other: Any) -> bool:
        """Both are there, and mean the same."""
        return some is not None and other is not None and bool(some == other)

    def readable(self, live: Any) -> bool:
        """The API shows a value that a program could declare."""
        return live is not None


@dataclass(frozen=True)
class Text(Type):
    """A string; an empty one is as good as none."""

    output: str = "str"
    input: str = "str"

    def faults(self, path: str, value: Any, unknown: Unknown, *, silent: bool = False) -> Iterator[str]:  # noqa: ARG002
        """It is not a string."""
        if not isinstance(value, str):
            yield f"{path}: it is {described(value)}; it must be a string"

    def canonical(self, value: Any) -> Any:
        """An empty string is none."""
        return value or None

    def readable(self, live: Any) -> bool:
        """It is a string that is not empty."""
        return isinstance(live, str) and bool(live)


@dataclass(frozen=True)
class Name(Text):
    """The object's name in Streamkap. The API drops blanks around it."""

    def faults(self, path: str, value: Any, unknown: Unknown, *, silent: bool = False) -> Iterator[str]:  # noqa: ARG002
        """It is not a string, is empty, or has a control character."""
        if not (isinstance(value, str) and value.strip()):
            yield f"{path}: it is {described(value)}; it must be a string that is not empty. Omit it to get a default"
        elif stray := stray_in_name(value):
            yield f"{path}: it has {stray}; remove it"

    def same(self, some: Any, other: Any) -> bool:
        """Blanks around a name make no difference."""
        return isinstance(some, str) and isinstance(other, str) and some.strip() == other.strip()


@dataclass(frozen=True)
class Choice(Text):
    """One of several words, in any case."""

    allowed: tuple[str, ...] = ()

    def faults(self, path: str, value: Any, unknown: Unknown, *, silent: bool = False) -> Iterator[str]:  # noqa: ARG002
        """It is none of the words."""
        if self._meant(value) is None:
            quoted = isinstance(value, str) and not silent
            hint, shown = (suggest(value, self.allowed), repr(value)) if quoted else (".", described(value))
            yield f"{path}: {shown} is not one of {', '.join(self.allowed)}{hint}"

    def canonical(self, value: Any) -> Any:
        """As the API spells it."""
        return self._meant(value) or value

    def readable(self, live: Any) -> bool:
        """It is one of the words."""
        return live in self.allowed

    def _meant(self, value: Any) -> str | None:
        return next(
            (each for each in self.allowed if isinstance(value, str) and each.lower() == value.strip().lower()), None
        )


@dataclass(frozen=True)
class Note(Text):
    """A string that may be empty, which is a value like any other; the API may show an empty one as null."""

    def canonical(self, value: Any) -> Any:
        """As it is."""
        return value

    def readable(self, live: Any) -> bool:
        """It is a string."""
        return isinstance(live, str)


@dataclass(frozen=True)
class Choices(Type):
    """Some of several words, in any case and order."""

    output: str = "list[str]"
    input: str = "Sequence[pulumi.Input[str]]"
    allowed: tuple[str, ...] = ()
    reserved: tuple[str, ...] = ()
    """Words that only Streamkap itself uses."""

    def faults(self, path: str, value: Any, unknown: Unknown, *, silent: bool = False) -> Iterator[str]:
        """It is not a list, is empty, or has an item that is none of the words."""
        if not isinstance(value, (list, tuple)):
            yield f'{path}: it is {described(value)}; it must be a list such as ["{self.allowed[0]}"]'
        elif not value:
            yield f"{path}: it is empty; name at least one of {', '.join(self.allowed)}"
        else:
            word = Choice(allowed=self.allowed)
            for number, each in enumerate(value):
                if isinstance(each, str) and each.strip().lower() in self.reserved:
                    yield f"{path}[{number}]: {each!r} is reserved for Streamkap's own; use {', '.join(self.allowed)}"
                elif not unknown(each):
                    yield from word.faults(f"{path}[{number}]", each, unknown, silent=silent)

    def canonical(self, value: Any) -> Any:
        """As the API spells them, each once."""
        word = Choice(allowed=self.allowed)
        return list(dict.fromkeys(word.canonical(each) for each in value))

    def same(self, some: Any, other: Any) -> bool:
        """They are the same words."""
        return _are_strings(some) and _are_strings(other) and _folded(some) == _folded(other)

    def readable(self, live: Any) -> bool:
        """It is a list of strings; the API may have newer words."""
        return _are_strings(live) and bool(live)


def _folded(words: Sequence[str]) -> set[str]:
    return {each.strip().lower() for each in words}


@dataclass(frozen=True)
class Flag(Type):
    """True or False."""

    output: str = "bool"
    input: str = "bool"

    def faults(self, path: str, value: Any, unknown: Unknown, *, silent: bool = False) -> Iterator[str]:  # noqa: ARG002
        """It is not a boolean."""
        if not isinstance(value, bool):
            yield f"{path}: it is {described(value)}; it must be True or False"


@dataclass(frozen=True)
class Ids(Type):
    """Ids of other objects, whose order does not matter."""

    output: str = "list[str]"
    input: str = "Sequence[pulumi.Input[str]]"
    of: str = "tag"

    def faults(self, path: str, value: Any, unknown: Unknown, *, silent: bool = False) -> Iterator[str]:
        """It is not a list, or has an item that is not an id."""
        if not isinstance(value, (list, tuple)):
            yield f"{path}: it is {described(value)}; it must be a list of {self.of} ids"
            return
        for number, each in enumerate(value):
            if unknown(each):
                continue
            if not (isinstance(each, str) and each.strip()):
                yield f"{path}[{number}]: it is {described(each)}; it must be the id of a {self.of}"
            elif not silent:
                yield from self._name_fault(f"{path}[{number}]", each)

    def literal_faults(self, path: str, value: Any) -> Iterator[str]:
        """The items that the program writes as names, beside others that are Outputs."""
        for number, each in enumerate(value) if isinstance(value, (list, tuple)) else ():
            yield from self._name_fault(f"{path}[{number}]", each)

    def _name_fault(self, path: str, each: Any) -> Iterator[str]:
        """What an Output gives is not judged: it is an id, or a warning says what it looks like."""
        if isinstance(each, str) and _is_name(each):
            yield (
                f"{path}: {each!r} is a name; it must be the id of a {self.of}, such as {self.of}.id of one that this "
                f"program declares, or streamkap.get_{self.of}(name={each!r}).id"
            )

    def doubts(self, path: str, value: Any, *, silent: bool = False) -> Iterator[str]:
        """An item does not look like an id, and is not refused."""
        for number, each in enumerate(value) if isinstance(value, (list, tuple)) else ():
            is_refused = isinstance(each, str) and _is_name(each) and not silent
            if isinstance(each, str) and each.strip() and not (is_refused or _ID.fullmatch(each.strip())):
                yield (
                    f"{path}[{number}]: it does not look like the id of a {self.of}, which has 24 hexadecimal digits. "
                    f"If it is a name, use streamkap.get_{self.of}(name=...).id"
                )

    def same(self, some: Any, other: Any) -> bool:
        """They hold the same ids. An item that is not an id, such as one that is not known yet, never matches."""
        if not (_are_strings(some) and _are_strings(other)):
            return False
        return set(some) == set(other)


@dataclass(frozen=True)
class Durations(Type):
    """How long each operation may take."""

    output: str = "dict[str, Any]"
    input: str = "Mapping[str, pulumi.Input[str | float]]"

    def faults(self, path: str, value: Any, unknown: Unknown, *, silent: bool = False) -> Iterator[str]:
        """It is not a mapping, names no operation, or has a duration that cannot be read."""
        if not isinstance(value, Mapping):
            yield f'{path}: it is {described(value)}; it must be a mapping such as {{"create": "20m"}}'
            return
        for operation, duration in value.items():
            if operation not in OPERATIONS:
                yield (
                    f"{path}.{operation}: there is no such operation{suggest(str(operation), OPERATIONS)} "
                    f"The operations are {', '.join(OPERATIONS)}"
                )
            elif not unknown(duration):
                try:
                    seconds(duration)
                except (ValueError, TypeError, AttributeError) as error:
                    quoted = isinstance(duration, (str, int, float)) and not silent
                    shown = repr(duration) if quoted else described(duration)
                    reason = (
                        error if quoted and isinstance(error, ValueError) else "a duration is a string such as '20m'"
                    )
                    yield f"{path}.{operation}: {shown} cannot be used: {reason}"

    def canonical(self, value: Any) -> Any:
        """An empty mapping is none."""
        return dict(value) or None


_ID = re.compile(r"[0-9a-fA-F]{24}")


def _is_name(text: str) -> bool:
    """It cannot be an id: ids have digits, and no blanks inside."""
    word = text.strip()
    has_blank = any(each.isspace() for each in word)
    return has_blank or (len(word) > 5 and not any(each.isdigit() for each in word) and not _ID.fullmatch(word))


def _are_strings(values: Any) -> bool:
    return isinstance(values, (list, tuple)) and all(isinstance(each, str) for each in values)
