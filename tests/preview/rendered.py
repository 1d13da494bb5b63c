"""A comment as a renderer of Markdown shows it, taken apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

from markdown_it import MarkdownIt

RENDERER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])

EXPECTED = {"h3", "h4", "p", "strong", "code", "pre", "table", "thead", "tbody", "tr", "th", "td", "br"}
EXPECTED |= {"details", "summary"}


@dataclass
class Rendered(HTMLParser):
    """What is in a comment."""

    comment: str
    elements: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    remarks: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    summaries: list[str] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)
    tables: list[list[list[str]]] = field(default_factory=list)
    """Rows of cells, the head first; the text in each as it is seen."""

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[str] = []
        self.feed(RENDERER.render(self.comment))
        self.close()
        assert self._open == [], f"never closed: {self._open}"
        assert self.elements <= EXPECTED, self.elements - EXPECTED
        assert self.attributes <= {"class=language-text"}, self.attributes

    @property
    def rows(self) -> dict[str, list[str]]:
        """The rows of all tables by their first cell."""
        return {row[0]: row for table in self.tables for row in table[1:]}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {f"{name}={value}" for name, value in attrs}
        if tag == "br":
            self.handle_data("\n")
            return
        self._open.append(tag)
        for opened, found in (("h3", self.headings), ("h4", self.headings), ("summary", self.summaries)):
            if tag == opened:
                found.append("")
        if tag == "pre":
            self.blocks.append("")
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in {"td", "th"}:
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop() == tag, f"</{tag}> is out of place"

    def handle_comment(self, data: str) -> None:
        self.remarks.append(data.strip())

    def handle_data(self, data: str) -> None:
        for tags, found in (
            ({"h3", "h4"}, self.headings),
            ({"summary"}, self.summaries),
            ({"pre"}, self.blocks),
        ):
            if tags & set(self._open):
                found[-1] += data
        if {"td", "th"} & set(self._open):
            self.tables[-1][-1][-1] += data
