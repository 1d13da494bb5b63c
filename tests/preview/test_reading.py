"""What is no preview; what the engine really writes is in tests/engine/test_gate.py."""

from __future__ import annotations

import json

import pytest

from streamkap_pulumi.preview.reading import UnreadablePreviewError, read_preview

ROOT = {"op": "same", "urn": "urn:pulumi:dev::infra::pulumi:pulumi:Stack::infra-dev"}


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("", "It is empty"),
        (" \n", "It is empty"),
        ("error: no stack named 'dev' found", "It is no JSON but begins with \"error: no stack named 'dev' found\""),
        ('{"steps": [', "cut off or damaged"),
        ('{"sequence":0}\n{"sequence":1}', "PULUMI_ENABLE_STREAMING_JSON_PREVIEW"),
        ("[]", "no preview"),
        ("{}", "no preview"),
        ('{"steps": [], "changeSummary": {}}', "no preview"),
        ('{"steps": "none", "changeSummary": {}}', "no preview"),
        (json.dumps({"steps": [ROOT]}), "no preview"),
        (json.dumps({"steps": [{"op": "same"}], "changeSummary": {}}), "no preview"),
        (json.dumps({"steps": [ROOT | {"op": "vanish"}], "changeSummary": {}}), "operation 'vanish'"),
        ("[" * 100_000, "It is no JSON"),
    ],
)
def test_what_is_no_whole_preview_is_refused(told: str, said: str) -> None:
    """In one line that tells what it is instead."""
    with pytest.raises(UnreadablePreviewError) as caught:
        read_preview(told)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
