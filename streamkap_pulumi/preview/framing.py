"""What every comment begins with, and how its lines are put together."""

from __future__ import annotations

import re
from collections.abc import Sequence

from streamkap_pulumi.preview.markdown import code

_LONGEST_STACK = 200


def marker(kind: str, stack: str) -> str:
    """The first line of a comment: the same for each run of `kind` on one stack, and not to be seen."""
    plain = re.sub(r"[^A-Za-z0-9_./]+", "-", stack).strip("-")[:_LONGEST_STACK]
    return f"<!-- streamkap-{kind}{f': {plain}' if plain else ''} -->"


def opening(kind: str, stack: str, sign: str, verdict: str) -> list[str]:
    """The marker, and the heading with the verdict."""
    of_stack = f" of {code(stack)}" if stack else ""
    return [marker(kind, stack), f"### {sign} Streamkap {kind}{of_stack}: {verdict}", ""]


def joined(lines: Sequence[str]) -> str:
    """The whole comment."""
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip() + "\n"
