"""What an `up` would do after a command has changed the state, in a few lines."""

from __future__ import annotations

from collections.abc import Collection

from streamkap_pulumi.cli.output import Page
from streamkap_pulumi.preview.properties import is_hidden
from streamkap_pulumi.pulumi_cli.words import resource_name
from streamkap_pulumi.stack.commands import Pulumi, StackError

_WORDS = {"same": "unchanged", "create": "to create", "update": "to update", "delete": "to delete"}


def add_preview(page: Page, pulumi: Pulumi, urns: Collection[str]) -> None:
    """Add what `pulumi preview` tells: of the whole stack in numbers, of `urns` also what is not unchanged."""
    try:
        preview = pulumi.preview()
    except StackError as error:
        page.line(f"It is done, but a preview cannot be had: {error}", "yellow")
        return
    # The steps leave out most of what is unchanged; the summary counts all.
    counts = [f"{count} {_WORDS.get(op, f'to {op}')}" for op, count in (preview.get("changeSummary") or {}).items()]
    page.line(f"pulumi preview: {', '.join(counts) or 'nothing to do'}.")
    for step in preview.get("steps") or ():
        if step["urn"] in urns and step["op"] != "same":
            keys = ", ".join(sorted(key for key in step.get("detailedDiff") or {} if not is_hidden(key)))
            page.line(f"  {resource_name(step['urn'])}: to {step['op']}{f' ({keys})' if keys else ''}", "yellow")
    page.line(f"Run `pulumi up{pulumi.options}`: it makes what is missing, and renews the stack's outputs.", "bold")
