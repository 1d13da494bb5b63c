"""The pages that people read, and the code blocks in them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def text_of(page: str) -> str:
    """The text of a page, such as `README.md` or `docs/guarantees.md`."""
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    """The page's code blocks in a language, in order."""
    return re.findall(rf"```{language}\n(.*?)```", text_of(page), re.DOTALL)


def commands(page: str) -> list[str]:
    """The page's shell commands, without comments."""
    lines = (line.split("#")[0].strip() for block in blocks(page, "bash") for line in block.splitlines())
    return [line for line in lines if line]


def number_of_blocks(page: str) -> int:
    """How many code blocks the page has, in any language."""
    return text_of(page).count("```") // 2
