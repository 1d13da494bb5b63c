"""``streamkap compare``: what Streamkap changed since the bundled catalogue was written."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.text import Text

from streamkap_pulumi.cli import live, names
from streamkap_pulumi.cli.exit_codes import Exit, FailedError
from streamkap_pulumi.cli.output import Page, columns, grid, json_page
from streamkap_pulumi.config import comparison, live_schema
from streamkap_pulumi.config.catalogue import DESTINATIONS, SOURCES, Catalogue

EXAMPLES = """\
Examples:
  streamkap compare                             all source connectors, as your Streamkap has them
  streamkap compare postgresql                  one of them
  streamkap compare --saved answer.json         an answer of GET /sources/connectors in a file
  curl … | streamkap compare --saved -          the same from standard input
  streamkap compare --destination               all destination connectors
  streamkap compare --json                      the same for programs"""


_STYLES = {comparison.NEW: "green", comparison.GONE: "red", comparison.CHANGED: "yellow"}


def compare(
    connector: Annotated[
        str | None, Parameter(help="Code, display name, typed class or Terraform name. Default: all of them.")
    ] = None,
    /,
    *,
    destination: Annotated[
        bool, Parameter(negative=(), show_default=False, help="Destination connectors, not sources.")
    ] = False,
    saved: Annotated[
        str | None,
        Parameter(allow_leading_hyphen=True, help="A file with the answer, or - for standard input."),
    ] = None,
    as_json: Annotated[bool, Parameter("--json", negative=(), show_default=False, help="Print JSON.")] = False,
) -> Page:
    """Show how Streamkap's connectors differ from the bundled catalogue.

    It compares the answer of GET /sources/connectors, or with --destination of
    GET /destinations/connectors, fetched now or saved before. A saved answer that
    holds one connector is compared with that one only. What only one side can know
    does not count as a difference.
    """
    catalogue = DESTINATIONS if destination else SOURCES
    code = names.named(connector, catalogue).code if connector is not None else None
    answer = live.connectors_answer(catalogue, code) if saved is None else _saved(saved, catalogue)
    found = live_schema.connectors(answer, catalogue, code)
    if not found and (code is None or answer != {}):
        what = f"nothing of the connector {code!r}" if code else "no connector that can be read"
        raise FailedError(f"The answer of GET /{catalogue.plural}/connectors holds {what}.")
    one = code or (found[0].connector.code if len(found) == 1 else None)
    result = comparison.compare(found, catalogue, one)
    exit_code = Exit.DIFFERENT if result.differences else Exit.DONE
    return json_page(_as_json(result), exit_code) if as_json else _page(result, exit_code)


def _saved(path: str, catalogue: Catalogue) -> Any:
    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is not UTF-8"
        raise FailedError(f"{path} cannot be read: {reason}.") from None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise FailedError(
            f"{'Standard input' if path == '-' else path} is not JSON. "
            f"Save the body of GET /{catalogue.plural}/connectors."
        ) from None


def _as_json(result: comparison.Comparison) -> dict[str, Any]:
    return {
        "compared": list(result.compared),
        "differences": [
            {
                "change": each.change,
                "connector": each.connector,
                "key": each.key,
                "aspect": each.aspect,
                "catalogue": each.catalogue,
                "live": each.live,
                "note": each.note,
            }
            for each in result.differences
        ],
        "undecided": [{"connector": code, "reason": reason} for code, reason in result.undecided.items()],
    }


def _page(result: comparison.Comparison, code: int) -> Page:
    page = Page(code=code)
    if result.differences:
        _table(page, result)
        page.line()
    for name, reason in result.undecided.items():
        page.line(f"{name} was not compared. {reason}", "dim")
    page.line(_summary(result), "bold" if result.differences else "green")
    return page


def _table(page: Page, result: comparison.Comparison) -> None:
    head = ["CHANGE", "CONNECTOR", "PROPERTY", "ASPECT", "CATALOGUE", "STREAMKAP", "NOTE"]
    rows: list[tuple[str, ...]] = [
        (each.change, each.connector, each.key or "", each.aspect, _shown(each.catalogue), _shown(each.live), each.note)
        for each in result.differences
    ]
    if not any(row[-1] for row in rows):
        head, rows = head[:-1], [row[:-1] for row in rows]
    table = grid(("Change", "Property", "Aspect", "Catalogue", "Streamkap"), ratios=(3, 10, 5, 8, 8))
    for each in result.differences:
        key = Text(f"\n{each.key}" if each.key else "")
        live_side = Text(_shown(each.live)).append(f"\n{each.note}" if each.note else "", "dim")
        table.add_row(
            Text(each.change, _STYLES[each.change]),
            Text(each.connector, "cyan").append_text(key),
            Text(each.aspect),
            Text(_shown(each.catalogue)),
            live_side,
        )
    page.add(columns(head, rows), table)


def _shown(value: Any) -> str:
    """A value of a difference; what is described in words stands as it is."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value or '""'
    return json.dumps(value, ensure_ascii=False, default=str)


def _summary(result: comparison.Comparison) -> str:
    of = f"{len(result.compared)} connector{'' if len(result.compared) == 1 else 's'}"
    count = len(result.differences)
    if not count:
        return f"No difference in {of}."
    touched = len({each.connector for each in result.differences})
    differences = f"{count} difference{'' if count == 1 else 's'}"
    return f"{differences} in {touched} connector{'' if touched == 1 else 's'}; {of} compared."
