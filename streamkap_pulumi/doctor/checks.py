"""What a look at one thing found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Status(Enum):
    """How it is."""

    OK = "ok"
    WARN = "warn"
    """It works, or works without this."""
    FAIL = "fail"


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    name: str
    status: Status
    told: str
    """What was found, on one line, without a secret."""
    remedy: str = ""
    """What to do about it; empty where it is well."""


def ok(name: str, told: str) -> Check:
    """It is well."""
    return Check(name, Status.OK, told)


def warn(name: str, told: str, remedy: str) -> Check:
    """It may be well."""
    return Check(name, Status.WARN, told, remedy)


def fail(name: str, told: str, remedy: str) -> Check:
    """It is not well."""
    return Check(name, Status.FAIL, told, remedy)
