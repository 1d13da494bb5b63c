"""`Run`: what a command of `pulumi` did, with assertions that read well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass
class Run:
    """A finished command: its exit code, and all that a terminal would have shown.

    Each assertion answers with the run itself, so that they follow each other::

        stack.preview().succeeded().shows("1 to update").hides("hunter2")
    """

    code: int
    """The exit code of `pulumi`."""
    text: str
    """Standard output and standard error as they came, without colours."""
    json: Any = None
    """What a command with ``--json`` answered, decoded."""

    def succeeded(self) -> Run:
        """This run, which must have succeeded; raises `AssertionError` with the whole text otherwise."""
        __tracebackhide__ = True
        if self.code != 0:
            raise AssertionError(f"exit code {self.code}:\n{self.text}")
        return self

    def failed(self) -> Run:
        """This run, which must have failed, and in words for users: no traceback."""
        __tracebackhide__ = True
        if self.code == 0:
            raise AssertionError(f"it succeeded:\n{self.text}")
        if "Traceback" in self.text:
            raise AssertionError(f"it failed with a traceback:\n{self.text}")
        return self

    def shows(self, *texts: str) -> Run:
        """This run, which must have shown each of `texts`; how lines were broken does not matter."""
        __tracebackhide__ = True
        flat = " ".join(self.text.split())
        for text in texts:
            if " ".join(text.split()) not in flat:
                raise AssertionError(f"{text!r} is not in:\n{self.text}")
        return self

    def hides(self, *texts: str) -> Run:
        """This run, which must have shown none of `texts`, secrets for example."""
        __tracebackhide__ = True
        for text in texts:
            if text in self.text:
                raise AssertionError(f"{text!r} is in:\n{self.text}")
        return self
