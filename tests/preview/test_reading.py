"""What is no preview; what the engine really writes is in tests/engine/test_gate.py."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from streamkap_pulumi.preview.reading import UnreadablePreviewError, read_preview

SOURCE = "urn:pulumi:dev::infra::pulumi-python:dynamic/streamkap:Source::orders"
ROOT = {"op": "same", "urn": "urn:pulumi:dev::infra::pulumi:pulumi:Stack::infra-dev"}


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("", "It is empty"),
        (" \n", "It is empty"),
        ("error: no stack named 'dev' found", "It is no JSON but begins with \"error: no stack named 'dev' found\""),
        ('{"steps": [', "cut off or damaged"),
        ('{"sequence":0}\n{"sequence":1}', "PULUMI_ENABLE_STREAMING_JSON_PREVIEW"),
        ('{"a": 1}\n{"b": 2}', "JSON followed by more JSON"),
        ('{"steps": [], "changeSummary": {}}\nand text', "no preview"),
        ("[]", "no preview"),
        ("{}", "no preview"),
        ('{"steps": [], "changeSummary": {}}', "no preview"),
        ('{"steps": "none", "changeSummary": {}}', "no preview"),
        (json.dumps({"steps": [ROOT]}), "no preview"),
        (json.dumps({"steps": [{"op": "same"}], "changeSummary": {}}), "no preview"),
        (json.dumps({"steps": [ROOT | {"op": "vanish"}], "changeSummary": {}}), "operation 'vanish'"),
        (
            json.dumps({"steps": [ROOT, {"op": "refresh", "urn": SOURCE}], "changeSummary": {"same": 1}}),
            "not at the stack itself, as with `--run-program`",
        ),
        ("[" * 100_000, "It is no JSON"),
    ],
)
def test_what_is_no_whole_preview_is_refused(told: str, said: str) -> None:
    """In one line that tells what it is instead."""
    with pytest.raises(UnreadablePreviewError) as caught:
        read_preview(told)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


ANY = "pulumi-python:dynamic:Resource"
OURS = base64.b64encode(b"\x80\x04\x8c\x19streamkap_pulumi.provider\x94\x8c\x0eSourceProvider").decode()
SOURCE_LIKE = {"connector": "mysql", "config": {}}


def only_change(urn: str, state: dict[str, Any]) -> tuple[str, bool]:
    """The type of the one resource that a preview would delete, and whether it is one of ours."""
    told = {"steps": [ROOT, {"op": "delete", "urn": urn, "oldState": state}], "changeSummary": {}}
    (change,) = read_preview(json.dumps(told)).changes
    return change.type, change.is_streamkap


@pytest.mark.parametrize(
    ("inputs", "ours"),
    [
        ({"__provider": OURS}, True),
        ({"__provider": base64.b64encode(b"somebody's").decode()}, False),
        ({"__provider": "no base64"}, False),
        ({"__provider": None}, False),
        ({}, False),
        ({"__provider": "[secret]"}, False),
        ({"__provider": "[secret]", **SOURCE_LIKE}, True),
        (SOURCE_LIKE, False),
    ],
)
def test_a_source_of_another_type_is_known_by_its_provider(inputs: dict[str, Any], ours: bool) -> None:
    """Or, where that is a secret, by its shape; a class derived from Source was recorded like that."""
    urn = f"urn:pulumi:dev::infra::{ANY}::orders"
    assert only_change(urn, {"type": ANY, "custom": True, "inputs": inputs}) == (ANY, ours)


def test_a_type_is_read_from_the_urn_where_the_state_has_none() -> None:
    """The last one of a resource within a component; and the state's own where there is no whole URN."""
    source = "pulumi-python:dynamic/streamkap:Source"
    assert only_change(f"urn:pulumi:dev::infra::shop:index:Tenant${source}::orders", {"id": "1"}) == (source, True)
    assert only_change("orders", {"type": source}) == (source, True)
