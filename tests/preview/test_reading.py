"""What is not a preview; what the engine really writes is in tests/engine/test_gate.py."""

from __future__ import annotations

import base64
import json
import re
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
        ("error: no stack named 'dev' found", "It is not JSON but begins with \"error: no stack named 'dev' found\""),
        ('{"steps": [', "cut off or damaged"),
        ('{"sequence":0}\n{"sequence":1}', "PULUMI_ENABLE_STREAMING_JSON_PREVIEW"),
        ('{"a": 1}\n{"b": 2}', "JSON followed by more JSON"),
        ('{"steps": [], "changeSummary": {}}\nand text', "not a preview"),
        ("[]", "not a preview"),
        ("{}", "not a preview"),
        ('{"steps": [], "changeSummary": {}}', "not a preview"),
        ('{"steps": "none", "changeSummary": {}}', "not a preview"),
        (json.dumps({"steps": [ROOT]}), "not a preview"),
        (json.dumps({"steps": [{"op": "same"}], "changeSummary": {}}), "not a preview"),
        (json.dumps({"steps": [ROOT | {"op": "vanish"}], "changeSummary": {}}), "operation 'vanish'"),
        (
            json.dumps({"steps": [ROOT, {"op": "refresh", "urn": SOURCE}], "changeSummary": {"same": 1}}),
            "not the stack itself, as with `--run-program`",
        ),
        ("[" * 100_000, "It is not JSON"),
    ],
)
def test_what_is_not_a_whole_preview_is_refused(told: str, said: str) -> None:
    """In one line that says what it is instead."""
    with pytest.raises(UnreadablePreviewError) as caught:
        read_preview(told)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


WHOLE = json.dumps({"steps": [ROOT], "changeSummary": {"same": 1}}, indent=4)


@pytest.mark.parametrize(
    "line", ["warning: a new version of Pulumi is available", "[warning] the proxy is slow", "a {b}"]
)
def test_text_before_a_preview_and_behind_it_is_read_past(line: str) -> None:
    """As with a wrapper that greets, or with `2>&1`; a byte order mark is nothing."""
    for told in (f"{line}\n{WHOLE}", f"{WHOLE}\n{line}\n", f"\ufeff{line}\n\n{line}\n{WHOLE}\n{line}"):
        assert read_preview(told) == read_preview(WHOLE)


def test_an_error_before_a_preview_is_one_of_the_preview() -> None:
    """So that it does not pass."""
    (error,) = read_preview(f"warning: x\nerror: policy pack refused\n{WHOLE}").errors
    assert error.message == "error: policy pack refused"


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (f'{{"level": "warn"}}\n{WHOLE}', "JSON followed by more JSON"),
        (f"[1, 2]\n{WHOLE}", "JSON followed by more JSON"),
        (f"warning: x\n{WHOLE}\n{WHOLE}", "JSON followed by more JSON"),
        ('warning: x\n{"sequence":0}\n{"sequence":1}', "PULUMI_ENABLE_STREAMING_JSON_PREVIEW"),
        (f"warning: x\n{WHOLE[:-2]}", "cut off or damaged"),
        ('warning: x\n{"steps": [\n  {"steps": [], "changeSummary": {}}\n', "cut off or damaged"),
        ("warning: x\nerror: no stack selected", "It is not JSON but begins with 'warning: x'"),
        (f"warning: {json.dumps(ROOT)}", "It is not JSON but begins with 'warning: "),
    ],
)
def test_text_before_something_else_does_not_turn_it_into_a_preview(told: str, said: str) -> None:
    """There is exactly one JSON, and it is whole."""
    with pytest.raises(UnreadablePreviewError, match=re.escape(said)):
        read_preview(told)


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
