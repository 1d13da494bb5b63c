"""What drifted, in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from streamkap_pulumi.preview.comment import marker, source_cells
from streamkap_pulumi.preview.drifting import Drifted
from streamkap_pulumi.preview.markdown import code
from streamkap_pulumi.preview.tables import count, table
from streamkap_pulumi.preview.wording import property_lines


def drift_comment(drifted: Sequence[Drifted], stack: str, *, show_values: bool = True) -> str:
    """What differs in Streamkap from what is declared, from the declared to the live value."""
    where = f"Streamkap drift of {code(stack)}"
    if not drifted:
        return f"{marker('drift', stack)}\n### ✅ {where}: none\n\nEvery declared property is as declared.\n"
    title = f"{count(len(drifted), 'source differs', 'sources differ')} from what is declared"
    lines = [marker("drift", stack), f"### ⚠️ {where}: {title}", ""]
    lines += table(
        ("Source", "Connector", "From what is declared to what is live"),
        ((*source_cells(each.change), _what(each, show_values)) for each in drifted),
        40_000,
    )
    lines += [
        "`pulumi up --refresh` puts right what is declared. Where the change was meant, declare it in the program.",
        "",
    ]
    return "\n".join(lines).rstrip() + "\n"


def _what(drifted: Drifted, show_values: bool) -> str:
    if drifted.is_gone:
        return f"**gone**: {code(drifted.change.id or '')} was deleted behind the stack's back"
    if not drifted.properties:
        return "the engine does not tell which property"
    return "<br>".join(property_lines(drifted.properties, show_values=show_values))
