"""The few lines about what an `up` would do."""

from __future__ import annotations

from typing import Any, cast

from streamkap_pulumi.cli.confirming import add_preview
from streamkap_pulumi.cli.output import Page
from streamkap_pulumi.stack.commands import Pulumi


class Previewed:
    """Stands in for `pulumi` with a preview that is known."""

    options = " --stack prod"

    def preview(self) -> dict[str, Any]:
        """As `Pulumi.preview`."""
        urns = {name: f"urn:pulumi:dev::infra::x::{name}" for name in ("a", "b", "c")}
        diff: dict[str, Any] = {'config["database.user"]': {}, "__asked": {}, '["__notes"]': {}}
        return {
            "changeSummary": {"update": 2, "same": 1},
            "steps": [
                {"op": "update", "urn": urns["a"], "detailedDiff": diff},
                {"op": "update", "urn": urns["b"], "detailedDiff": {"__asked": {}}},
                {"op": "same", "urn": urns["c"]},
            ],
        }


def test_what_the_provider_notes_for_itself_is_not_shown() -> None:
    """Neither beside other properties nor alone."""
    page = Page()
    urns = [f"urn:pulumi:dev::infra::x::{name}" for name in ("a", "b", "c")]
    add_preview(page, cast("Pulumi", Previewed()), urns)
    told = [part.plain for part in page.parts]
    assert told[:3] == [
        "pulumi preview: 2 to update, 1 unchanged.",
        '  a: to update (config["database.user"])',
        "  b: to update",
    ]
    assert told[3].startswith("Run `pulumi up --stack prod`: ")
