"""What a run shares among its tenants and kinds, and what it keeps apart."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from pulumi.dynamic import ConfigureRequest

from streamkap_pulumi import api, run
from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.kinds.destination import DESTINATION
from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.lifecycle.creating import create
from streamkap_pulumi.provider import SourceProvider
from streamkap_pulumi.run import Run, Writing, run_of
from tests.lifecycle.samples import ORDERS, PASSWORD


@pytest.fixture(autouse=True)
def closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The clients of a run end with its process; here they are closed after each test."""
    clients: list[api.Streamkap] = []
    create_client = api.Streamkap.from_settings

    def from_settings(settings: api.Settings, **options: Any) -> api.Streamkap:
        clients.append(create_client(settings, **options))
        return clients[-1]

    monkeypatch.setattr(api.Streamkap, "from_settings", from_settings)
    yield
    for client in clients:
        client.close()


@pytest.fixture
def other() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


def settings_of(emulator: Emulator) -> Callable[[str], str | None]:
    return {
        "streamkap:host": emulator.url,
        "streamkap:clientId": emulator.client_id,
        "streamkap:secret": emulator.secret,
    }.get


def test_two_tenants_at_once_in_one_process_stay_apart(emulator: Emulator, other: Emulator) -> None:
    """Each has its own client, claims and names; both may have a source of the same name."""
    this_run = Run(lambda _: None)
    together = threading.Barrier(2)

    def tenant_of(one: Emulator) -> tuple[run.Tenant, str]:
        tenant = this_run.tenant(settings_of(one))
        together.wait(10)
        object_id, _ = create(tenant.context(SOURCE), ORDERS)
        return tenant, object_id

    with ThreadPoolExecutor(2) as pool:
        (first, first_id), (second, second_id) = pool.map(tenant_of, (emulator, other))
    assert [[each["id"] for each in one.sources()] for one in (emulator, other)] == [[first_id], [second_id]]
    assert (first.client().host, second.client().host) == (emulator.url, other.url)
    assert first_id in first.notes(SOURCE).claims
    assert first_id not in second.notes(SOURCE).claims
    assert second_id not in first.notes(DESTINATION).claims


def test_the_same_settings_are_the_same_tenant(emulator: Emulator) -> None:
    """Every provider of a run shares its client, so that there is one token and one pace."""
    this_run = Run(lambda _: None)
    first, second = (this_run.tenant(settings_of(emulator)) for _ in range(2))
    assert first is second
    assert first.client() is second.client() is first.context(SOURCE).api
    assert first.context(SOURCE).claims is second.context(SOURCE).claims
    assert first.context(DESTINATION).claims is not first.context(SOURCE).claims


def test_a_secret_of_one_tenant_is_cleared_from_another_tenants_error(emulator: Emulator, other: Emulator) -> None:
    """A Kafka Connect cluster may be shared, and a trace may quote a neighbour's."""
    this_run = Run(lambda _: None)
    create(this_run.tenant(settings_of(emulator)).context(SOURCE), ORDERS)
    neighbour = this_run.tenant(settings_of(other)).context(DESTINATION)
    error = api.errors.error_for(
        operation="GET /destinations", status=400, detail=f"refused: {PASSWORD}", redaction=neighbour.redaction
    )
    assert error.message == "GET /destinations answered 400: refused: [secret]"


def test_settings_that_cannot_be_used_are_reported_when_the_api_is_needed() -> None:
    """A preview needs none."""
    tenant = Run(lambda _: None).tenant({"streamkap:host": "not a URL"}.get)
    assert tenant.fault is not None
    with pytest.raises(api.SettingsError, match="is not the URL of an API"):
        tenant.context(SOURCE)
    assert tenant.host == "the host"


def test_an_interrupted_run_begins_nothing(emulator: Emulator) -> None:
    """What it has not sent is not sent any more."""
    this_run = Run(lambda _: None)
    tenant = this_run.tenant(settings_of(emulator))
    this_run.interruption.interrupt()
    with pytest.raises(api.InterruptedRunError, match="nothing was sent"):
        tenant.client()
    assert emulator.requests() == []


def test_notes_are_kept_by_name() -> None:
    """What a check has seen is there for the operations that follow it."""
    notes = run.Notes(SOURCE)
    notes.note("orders", Writing(default_name="orders-1234567"))
    assert notes.writing("orders") == Writing(default_name="orders-1234567")
    assert notes.writing("another") is None


def test_a_run_ends_with_its_owner() -> None:
    """Such as a program's connection to the engine."""

    class Owner:
        pass

    owner, another = Owner(), Owner()
    assert run_of(owner, lambda _: None) is run_of(owner, lambda _: None)
    assert run_of(owner, lambda _: None) is not run_of(another, lambda _: None)


def configured(emulator: Emulator) -> SourceProvider:
    provider = SourceProvider()
    config: Any = SimpleNamespace(get=settings_of(emulator))
    provider.configure(ConfigureRequest(config))
    return provider


@pytest.fixture
def fresh_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The provider host's run is the process's; here each test has its own."""
    monkeypatch.setattr(run, "_runs", type(run._runs)())


@pytest.mark.usefixtures("fresh_runs")
def test_two_providers_of_a_process_share_a_run_and_its_tenants(emulator: Emulator, other: Emulator) -> None:
    """They are one tenant where their settings are the same, and two where they are not."""
    first, same, second = configured(emulator), configured(emulator), configured(other)
    checked = {"connector": ORDERS.connector, "config": dict(ORDERS.config), "name": "orders"}
    assert [provider.check({}, checked).failures for provider in (first, second)] == [[], []]
    created: list[Any] = [provider.create(dict(checked)) for provider in (first, second)]
    assert [each["id"] for each in (*emulator.sources(), *other.sources())] == [each.id for each in created]
    read = same.read(created[0].id, created[0].outs)
    assert read.id == created[0].id
    for provider, each in ((same, created[0]), (second, created[1])):
        provider.delete(each.id, each.outs)
    assert same.read(created[0].id, created[0].outs).id is None
