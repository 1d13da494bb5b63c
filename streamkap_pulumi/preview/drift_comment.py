"""What drifted, in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from streamkap_pulumi.preview.drifting import Drifted
from streamkap_pulumi.preview.framing import joined, opening
from streamkap_pulumi.preview.markdown import code
from streamkap_pulumi.preview.rows import lines_in_cell, source_cells
from streamkap_pulumi.preview.tables import laid_out, table
from streamkap_pulumi.preview.wording import count, property_lines


def drift_comment(drifted: Sequence[Drifted], stack: str, *, show_values: bool = True) -> str:
    """What differs in Streamkap from what is declared, from the declared to the live value."""
    if not drifted:
        return joined([*opening("drift", stack, "✅", "none"), "Every declared property is as declared."])
    title = f"{count(len(drifted), 'source differs', 'sources differ')} from what is declared"
    rows = ((*source_cells(each.change), _what(each, show_values)) for each in drifted)
    return joined(
        [
            *opening("drift", stack, "⚠️", title),
            *laid_out([table(("Source", "Connector", "From what is declared to what is live"), rows)]),
            "`pulumi up --refresh` puts right what is declared. Where the change was meant, declare it in the program.",
        ]
    )


def _what(drifted: Drifted, show_values: bool) -> str:
    if drifted.is_gone:
        return f"**gone**: {code(drifted.change.id or '')} was deleted behind the stack's back"
    if not drifted.properties:
        return "the engine does not tell which property"
    return lines_in_cell(property_lines(drifted.properties, show_values=show_values))
