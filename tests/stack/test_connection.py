"""The connection of `recover` and `adopt`: the stack's own credentials, its own project, and no secret in a report."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from streamkap_pulumi import api
from streamkap_pulumi.api.redaction import Redaction
from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.lifecycle.errors import WrongTenantError
from streamkap_pulumi.lifecycle.presence import seen_from
from streamkap_pulumi.stack import adoptable
from streamkap_pulumi.stack.commands import Pulumi
from streamkap_pulumi.stack.connection import Connection, connected
from streamkap_pulumi.stack.recovery import Verdict, plan
from streamkap_pulumi.stack.secret_marks import secret
from streamkap_pulumi.stack.state import Goal, State
from tests.stack.fake_pulumi import SOURCE_TYPE, InMemory

URN = f"urn:pulumi:dev::infra::{SOURCE_TYPE}::orders"
PENDING = {
    "type": "creating",
    "resource": {
        "urn": URN,
        "type": SOURCE_TYPE,
        "inputs": {"connector": "webhook", "config": {"format": "json"}, "name": "orders"},
    },
}

PASSWORD = "canary-of-the-database"


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


def connection(streamkap: api.Streamkap, reports: list[str] | None = None) -> Connection:
    reports = [] if reports is None else reports
    return Connection(streamkap, reports.append, 0.0, timedelta())


def recorded(streamkap: api.Streamkap, **changed: Any) -> dict[str, Any]:
    """A source of the stack in the state."""
    who = streamkap.whoami()
    outputs = {"name": "hook", "tenant_id": who.tenant_id, "service_id": who.service_id, "__host": streamkap.host}
    return {"urn": f"{URN}-hook", "type": SOURCE_TYPE, "id": "f" * 24, "outputs": {**outputs, **changed}}


def killed(*resources: dict[str, Any]) -> State:
    return State({"resources": list(resources), "pending_operations": [PENDING]})


def test_credentials_of_another_project_forget_nothing(own: api.Streamkap, elsewhere: api.Streamkap) -> None:
    """Neither in a recovery nor in an adoption. The error names both projects and the next step."""
    own.sources.create(name="orders", connector="webhook", config={"format": "json"})
    other = connection(elsewhere)
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
            adoptable.other_objects(InMemory(), other, state, Goal(URN, {}), "0" * 24)
    assert [step.verdict for step in plan(killed(recorded(own)), [], connection(own)).steps] == [Verdict.LEAVE]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"tenant_id": "tenant-2"}, "to the tenant tenant-2. So what the killed run created would not be found here"),
        ({"__host": "https://eu.example.com"}, "was created at https://eu.example.com. So what the killed run"),
    ],
)
def test_another_host_or_tenant_forgets_nothing(own: api.Streamkap, changed: dict[str, str], said: str) -> None:
    """Like another project."""
    with pytest.raises(WrongTenantError, match=said):
        plan(killed(recorded(own, **changed)), [], connection(own))


def test_without_a_whoami_only_the_credentials_that_created_the_sources_are_believed(
    own: api.Streamkap, elsewhere: api.Streamkap, emulator: Emulator
) -> None:
    """With others, nothing is searched for and nothing is forgotten."""
    ours = killed(recorded(own, **seen_from(own)))
    older = killed(recorded(own))
    emulator.faults(api_error={"value": 404, "path": "/auth/whoami"})
    reports: list[str] = []
    assert [step.verdict for step in plan(ours, [], connection(own, reports)).steps] == [Verdict.FORGET]
    assert reports == [f"Searching the project unknown of the tenant unknown at {own.host}"]
    for state, with_credentials in ((ours, elsewhere), (older, own)):
        with pytest.raises(WrongTenantError, match="does not say which account these credentials belong to"):
            plan(state, [], connection(with_credentials))


def test_the_searched_project_is_reported_where_nothing_can_be_compared(
    own: api.Streamkap, elsewhere: api.Streamkap
) -> None:
    """A state without a source, with one that records no project, and with one that another stack manages."""
    expected = f"Searching the project service-project of the tenant tenant-demo at {elsewhere.host}"
    unknown = {"urn": f"{URN}-hook", "type": SOURCE_TYPE, "id": "f" * 24}
    for state in (killed(), killed(unknown), killed({**recorded(own), "external": True})):
        reports: list[str] = []
        (step,) = plan(state, [], connection(elsewhere, reports)).steps
        assert (step.verdict, reports) == (Verdict.FORGET, [expected])


def test_an_error_of_the_api_shows_no_secret_that_the_command_knows() -> None:
    """Neither one that it learned before, nor the stack's credentials."""
    redaction = Redaction([PASSWORD])
    with Emulator(faults={"error_echoes_secrets": "all"}) as emulator:
        settings = {
            "streamkap:host": emulator.url,
            "streamkap:clientId": emulator.client_id,
            "streamkap:secret": emulator.secret,
        }
        pulumi = cast("Pulumi", SimpleNamespace(configuration=lambda: settings))
        said: list[str] = []
        with connected(pulumi, said.append, redaction) as connection:
            assert connection.api.redaction is redaction
            emulator.faults(api_error={"value": 400, "method": "POST", "path": "/sources"})
            config: dict[str, Any] = {"database.hostname.user.defined": PASSWORD}
            with pytest.raises(api.APIError) as caught:
                connection.api.sources.create(name="orders", connector="postgresql", config=config)
            assert "[secret]" in str(caught.value)
            assert PASSWORD not in str(caught.value)
            connection.report(f"{PASSWORD} and {emulator.secret}")
    assert said == ["[secret] and [secret]"]
