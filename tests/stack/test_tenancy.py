"""Credentials and hosts that see nothing of the stack: with them no create is taken for unmade."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from streamkap_pulumi import api
from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.errors import WrongTenantError
from streamkap_pulumi.lifecycle.presence import seen_from
from streamkap_pulumi.pulumi_cli.words import SOURCE_TYPE
from streamkap_pulumi.stack import adoptable
from streamkap_pulumi.stack.connection import Connection
from streamkap_pulumi.stack.recovery import Verdict, plan
from streamkap_pulumi.stack.secrecy import secret
from streamkap_pulumi.stack.state import State, Wanted
from tests.stack.pulumis import InMemory

URN = f"urn:pulumi:dev::infra::{SOURCE_TYPE}::orders"
PENDING = {
    "type": "creating",
    "resource": {
        "urn": URN,
        "type": SOURCE_TYPE,
        "inputs": {"connector": "webhook", "config": {"format": "json"}, "name": "orders"},
    },
}


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(faults={"status_delay": 0}) as emulator:
        yield emulator


@pytest.fixture
def own(emulator: Emulator) -> Iterator[api.Streamkap]:
    with api.Streamkap(emulator.url, emulator.client_id, emulator.secret) as streamkap:
        yield streamkap


@pytest.fixture
def elsewhere(emulator: Emulator) -> Iterator[api.Streamkap]:
    """Credentials of another project of the same tenant."""
    with api.Streamkap(emulator.url, "project-client", "project-secret") as streamkap:
        yield streamkap


def connected(streamkap: api.Streamkap, told: list[str] | None = None) -> Connection:
    told = [] if told is None else told
    return Connection(Context(SOURCE, streamkap, report=told.append), 0.0, timedelta())


def recorded(streamkap: api.Streamkap, **changed: Any) -> dict[str, Any]:
    """A source of the stack, as the state has it."""
    who = streamkap.whoami()
    outputs = {"name": "hook", "tenant_id": who.tenant_id, "service_id": who.service_id, "__host": streamkap.host}
    return {"urn": f"{URN}-hook", "type": SOURCE_TYPE, "id": "f" * 24, "outputs": {**outputs, **changed}}


def killed(*resources: dict[str, Any]) -> State:
    return State({"resources": list(resources), "pending_operations": [PENDING]})


def test_with_credentials_of_another_project_nothing_is_forgotten(own: api.Streamkap, elsewhere: api.Streamkap) -> None:
    """Neither by a recovery nor by an adoption. Both projects are named, and the way out."""
    own.sources.create(name="orders", connector="webhook", config={"format": "json"})
    other = connected(elsewhere)
    for state in (
        killed(recorded(own)),
        killed(recorded(own, service_id=secret(own.whoami().service_id))),
        killed({**recorded(own), "pendingReplacement": True}),
    ):
        with pytest.raises(WrongTenantError) as refused:
            plan(state, [], other)
        assert "the project service-project, the stack's source 'hook'" in str(refused.value)
        assert f"to the project {own.whoami().service_id}." in str(refused.value)
        assert "Use the credentials of its own project (streamkap:clientId" in str(refused.value)
        with pytest.raises(WrongTenantError):
            adoptable.other_sources(InMemory(), other, state, Wanted(URN, {}), "0" * 24)
    assert [step.verdict for step in plan(killed(recorded(own)), [], connected(own)).steps] == [Verdict.LEAVE]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"tenant_id": "tenant-2"}, "to the tenant tenant-2. What was being made cannot be seen from here"),
        ({"__host": "https://eu.example.com"}, "was made at https://eu.example.com. What was being made cannot be"),
    ],
)
def test_at_another_host_or_in_another_tenant_nothing_is_forgotten(
    own: api.Streamkap, changed: dict[str, str], said: str
) -> None:
    """As in another project."""
    with pytest.raises(WrongTenantError, match=said):
        plan(killed(recorded(own, **changed)), [], connected(own))


def test_where_the_api_does_not_tell_whose_the_credentials_are_those_that_made_the_sources_are_believed(
    own: api.Streamkap, elsewhere: api.Streamkap, emulator: Emulator
) -> None:
    """And no other: what was being made is then neither looked for nor forgotten."""
    ours = killed(recorded(own, **seen_from(own)))
    older = killed(recorded(own))
    emulator.faults(api_error={"value": 404, "path": "/auth/whoami"})
    told: list[str] = []
    assert [step.verdict for step in plan(ours, [], connected(own, told)).steps] == [Verdict.FORGET]
    assert told == [f"Looking in the project unknown of the tenant unknown at {own.host}"]
    for state, with_credentials in ((ours, elsewhere), (older, own)):
        with pytest.raises(
            WrongTenantError, match="does not say which account these credentials belong to, and the stack's source"
        ):
            plan(state, [], connected(with_credentials))


def test_what_is_searched_is_told_where_nothing_can_be_compared(own: api.Streamkap, elsewhere: api.Streamkap) -> None:
    """In a state without a source, with one that records no project, and with one that is another stack's."""
    expected = f"Looking in the project service-project of the tenant tenant-demo at {elsewhere.host}"
    unknown = {"urn": f"{URN}-hook", "type": SOURCE_TYPE, "id": "f" * 24}
    for state in (killed(), killed(unknown), killed({**recorded(own), "external": True})):
        told: list[str] = []
        (step,) = plan(state, [], connected(elsewhere, told)).steps
        assert (step.verdict, told) == (Verdict.FORGET, [expected])
