"""Whatever is sent, the emulator answers like an API and does not break."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.emulator.samples import POSTGRESQL, Api, detail

if TYPE_CHECKING:
    from streamkap_pulumi.emulator import Emulator

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
CODES = st.sampled_from(["postgresql", "hubspot", "webhook", "mongodb", "nothing"])
KEYS = st.sampled_from([*POSTGRESQL, "resources", "token", "ssh.enabled", "tasks.max", "unknown"])
BODIES = JSON | st.fixed_dictionaries(
    {"name": st.text() | JSON, "connector": CODES | JSON, "config": st.dictionaries(KEYS, JSON)},
    optional={"tags": JSON, "created_from": JSON, "desired_state": JSON, "kc_cluster_id": JSON},
)
LENIENT = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@LENIENT
@given(body=BODIES)
def test_any_json_is_answered_with_success_or_a_refusal(api: Api, body: Any) -> None:
    """Never with a 500; a refusal says what is wrong."""
    for answer in (api.post("/sources?wait=false", content=json.dumps(body)), api.put("/sources/x", json=body)):
        assert answer.status_code in {202, 400, 404, 422}
        assert answer.status_code == 202 or detail(answer)


@pytest.mark.parametrize(
    "content",
    [
        b'{"name": "\\ud800", "connector": "postgresql", "config": {}}',
        b'{"name": "x", "connector": "postgresql", "config": {"database.user": "\\udfff"}}',
        b'{"name": "x", "connector": "\\ud800", "config": {}}',
        b'{"name": NaN, "connector": "x", "config": {}}',
        b'{"name": "x", "connector": "postgresql", "config": {"a": 1e999}}',
        b"[" * 100_000,
        b'{"name": "x", "connector": "postgresql", "config": {"a": ' + b"[" * 300 + b"]" * 300 + b"}}",
        b'{"name": "x", "connector": "postgresql", "config": {"a": ' + b"[" * 90 + b"]" * 90 + b"}}",
        b"1" * 10_000,
        b"\x00",
    ],
)
def test_extreme_json_is_refused_and_breaks_nothing(api: Api, emulator: Emulator, content: bytes) -> None:
    """Half characters, NaN, endless nesting."""
    answer = api.post("/sources", content=content, headers={"content-type": "application/json"})
    assert answer.status_code in {400, 422}
    assert emulator.requests()[-1]["status"] == answer.status_code
