"""What an engine, a program or a provider had to say beside a preview."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from streamkap_pulumi.preview.markdown import shortened

_EMPTY_WORDS = re.compile(
    r"error: (preview|update|refresh) failed"
    r"|error: an unhandled error occurred: program exited with non-zero exit code: \d+"
)
"""What only says that it failed, beside what says why."""
_LONGEST_MESSAGE = 2000

_PLACE = re.compile(r"\((?P<file>[^\n]+), line (?P<line>\d+)\)")
"""Where a typed config that is refused was made."""
_FRAME = re.compile(r'^ *File "(?P<file>[^"\n]+)", line (?P<line>\d+)', re.MULTILINE)
_OF_OTHERS = re.compile(
    r"[\\/](site-packages|dist-packages|lib[\\/]python3[.\d]*)[\\/]|^<|pulumi-language-python-exec$"
)
"""Files that the user did not write."""


@dataclass(frozen=True)
class Place:
    """A line of a program."""

    file: str
    line: int


@dataclass(frozen=True)
class Diagnostic:
    """What the engine, the program or a provider had to say."""

    severity: str
    message: str
    urn: str | None = None

    @property
    def headline(self) -> str:
        """The whole message in one line; of a traceback, the last error and where the program raised."""
        place = self.place if self._is_traceback else None
        text = _raised(self.message) if self._is_traceback else self.message
        first, *rest = [line.strip() for line in text.splitlines() if line.strip()] or [""]
        told = f"{first} {'; '.join(rest)}" if first.endswith(":") else "; ".join([first, *rest])
        return told.removeprefix("error: ") + (f" ({place.file}, line {place.line})" if place else "")

    @property
    def place(self) -> Place | None:
        """The line of the program that it is about; None where it does not say."""
        if self._is_traceback:
            found = [each for each in _FRAME.finditer(self.message) if not _OF_OTHERS.search(each["file"])][-1:]
        else:
            found = [each for each in (_PLACE.search(self.message),) if each]
        return Place(found[0]["file"], int(found[0]["line"])) if found else None

    @property
    def _is_traceback(self) -> bool:
        return "Traceback (most recent call last)" in self.message


def _raised(traceback: str) -> str:
    """What stands behind the last frame of a traceback, which is indented as a whole; else its last line."""
    lines = traceback.splitlines()
    frames = [number for number, line in enumerate(lines) if _FRAME.match(line)]
    behind = lines[frames[-1] + 1 :] if frames else []
    while behind and (behind[0].startswith(" ") or not behind[0]):
        behind.pop(0)
    return "\n".join(behind or lines[-1:])


def telling(diagnostics: Iterable[Diagnostic]) -> Sequence[Diagnostic]:
    """What was said, each message once, without what only says that something was said."""
    found = list({each.message: each for each in diagnostics if each.message}.values())
    return [each for each in found if not _EMPTY_WORDS.fullmatch(each.message)] or found


def messages(diagnostics: Iterable[Diagnostic]) -> list[str]:
    """The messages that tell something, none of them too long."""
    return [shortened(each.message, _LONGEST_MESSAGE) for each in telling(diagnostics)]
