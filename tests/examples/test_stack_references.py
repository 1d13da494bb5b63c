"""One stack owns the source, two read its exports, as the README says."""

from __future__ import annotations

import json

from streamkap_pulumi.emulator import Emulator
from tests.engine.traffic import only
from tests.examples.conftest import MakeExample


def test_stack_references_work_as_their_readme_says(example: MakeExample, streamkap_emulator: Emulator) -> None:
    """Those that read rest while the exports stay the same, and see new topics and a new status."""
    stacks = example("stack-references")

    def outputs(project: str) -> dict[str, object]:
        shown = stacks.shell(f"pulumi -C {project} stack output --json").succeeded().text
        return dict(json.loads(shown))

    stacks.run("Make the source").succeeded()
    made = only(streamkap_emulator)
    streamkap_emulator.forget_requests()
    stacks.run("Read it elsewhere").succeeded()
    assert streamkap_emulator.requests() == []
    topics = ["public.orders", "public.customers"]
    both = {"source_id": made["id"], "status": "Active"}
    groups = {topic: f"report-{topic}" for topic in topics}
    assert outputs("report-python") == {**both, "consumer_groups": groups}
    assert outputs("report-yaml") == {**both, "first_topic": topics[0], "topics": topics}

    stacks.run("When nothing has changed").succeeded()

    stacks.run("When there are new topics").succeeded().shows("public.refunds")
    assert "public.refunds" in json.dumps(outputs("report-python"))
    assert only(streamkap_emulator)["id"] == made["id"]

    streamkap_emulator.change_source(made["id"], connector_status="Paused")
    stacks.shell("pulumi -C sources refresh --yes && pulumi -C report-yaml up --yes --refresh").succeeded()
    assert outputs("report-yaml")["status"] == "Active"
    stacks.run("When the status has changed").succeeded()
    assert outputs("report-yaml")["status"] == "Paused"
    stacks.run("Take it down").succeeded()
    assert all(source["deleted"] for source in streamkap_emulator.sources())
