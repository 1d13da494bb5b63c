"""One stack owns the source, two read its exports, as the README says."""

from __future__ import annotations

import json

import pytest

from streamkap_pulumi.emulator import Emulator
from tests.engine.traffic import only
from tests.examples.conftest import MakeExample

TABLES = "table.include.list.user.defined"


@pytest.mark.long
def test_stack_references_work_as_their_readme_says(example: MakeExample, streamkap_emulator: Emulator) -> None:
    """Those that read rest while the exports stay the same, and see new topics and a new status, in Python and YAML."""
    stacks = example("stack-references")

    def read(project: str) -> dict[str, object]:
        shown = stacks.shell(f"pulumi -C {project} stack output --json").succeeded().text
        return dict(json.loads(shown))

    def both_read(status: str, *topics: str) -> None:
        common = {"source_id": only(streamkap_emulator)["id"], "status": status}
        groups = {topic: f"report-{topic}" for topic in topics}
        assert read("report-python") == {**common, "consumer_groups": groups}
        assert read("report-yaml") == {**common, "first_topic": topics[0], "topics": list(topics)}

    def both_rest() -> None:
        stacks.run("Make the source, and read it elsewhere", block=1).succeeded()

    stacks.run("Make the source, and read it elsewhere", block=0).succeeded().hides("the password of")
    made = only(streamkap_emulator)["id"]
    both_read("Active", "public.orders", "public.customers")
    streamkap_emulator.forget_requests()
    both_rest()
    assert streamkap_emulator.requests() == []  # Whoever reads never asks Streamkap.

    stacks.run("When the owner changes something").succeeded()
    both_read("Active", "public.orders", "public.refunds")
    both_rest()

    in_the_web_page = {TABLES: "public.orders,public.refunds,public.returns"}
    streamkap_emulator.change_source(made, connector_status="Paused", config=in_the_web_page)
    stacks.shell("pulumi -C sources refresh --yes").succeeded()
    both_rest()  # A plain refresh leaves the exports as they were.
    stacks.run("When something has changed in Streamkap").succeeded()
    both_read("Paused", "public.orders", "public.refunds", "public.returns")
    both_rest()
    assert only(streamkap_emulator)["id"] == made

    stacks.run("Take it down").succeeded()
    assert all(source["deleted"] for source in streamkap_emulator.sources())
