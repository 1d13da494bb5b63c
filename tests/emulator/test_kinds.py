"""Another kind of object is just another entry in a table."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from streamkap_pulumi.config.catalogue import Connector, Property
from streamkap_pulumi.emulator.app import Service, service_app
from streamkap_pulumi.emulator.kinds import SOURCES, Kind
from streamkap_pulumi.emulator.server import Server, listen
from streamkap_pulumi.emulator.store import Store
from tests.config.catalogues import catalogue_of
from tests.emulator.samples import Api, source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROPERTIES = {
    "aws.secret.access.key": Property(
        "aws.secret.access.key", "secret_key", "string", "string", required=True, secret=True
    ),
    "file.name.template": Property("file.name.template", "file_name_template", "string", "string"),
    "format.output.fields.user.defined": Property(
        "format.output.fields.user.defined", "fields", "list", "array<string>"
    ),
}
S3 = Connector("s3", "S3", "kafka-connect", MappingProxyType(PROPERTIES))
DESTINATIONS: Kind = replace(
    SOURCES,
    noun="destination",
    plural="destinations",
    fields=tuple(field for field in SOURCES.fields if field.name != "service_id"),
    topic_prefix="",
    unique_scope="service",
    duplicate_status=409,
    scalar_config=False,
    snapshots=False,
)
TEMPLATE = "{{topic}}-{{partition}}-{{start_offset}}"
CONFIG = {
    "aws.secret.access.key": "key-1234",
    "file.name.template": TEMPLATE,
    "format.output.fields.user.defined": ["key", "value"],
}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A service with sources and destinations, running."""
    import threading

    destinations = replace(DESTINATIONS, catalogue=catalogue_of(tmp_path, S3))
    service = Service(Store(), {"status_delay": 0}, (SOURCES, destinations))
    ready = threading.Event()
    listener = listen("127.0.0.1", 0)
    service_url.append(f"http://127.0.0.1:{listener.getsockname()[1]}")
    server = Server(service_app(service), ready.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    assert ready.wait(10)
    yield service
    server.should_exit = True
    thread.join()
    service.store.close()


service_url: list[str] = []


@pytest.fixture
def api(service: Service) -> Iterator[Api]:
    """A client of that service."""
    with Api(base_url=service_url.pop(), verify=False) as api:
        yield api.login()


def test_destinations_have_their_own_routes_rules_and_words(api: Api) -> None:
    """A destination and a source may have the same name."""
    api.new("orders")
    body = source("orders", CONFIG, connector="s3")
    created = api.post("/destinations?secret_returned=true", json=body).json()
    assert "service_id" not in created
    assert created["config"]["format.output.fields.user.defined"] == ["key", "value"]
    answer = api.post("/destinations", json=body)
    assert (answer.status_code, answer.json()["detail"]) == (409, "A destination with name 'orders' already exists")
    assert api.delete("/destinations/nobody").json()["detail"] == "Destination not found"
    assert api.get("/destinations").json()["total"] == 1
    assert api.get("/sources").json()["total"] == 1
    assert api.get("/destinations/connectors").json()["S3"]["config"][0]["encrypt"] is True
    assert api.post("/destinations/snapshot", json={}).status_code in {404, 405}
    assert len(api.get("/_emulator/destinations").json()) == 1


def test_a_file_name_gets_its_extension(api: Api, service: Service) -> None:
    """Unless the switch is off, or it already has one."""
    body = source("files", CONFIG, connector="s3")
    created = api.post("/destinations", json=body).json()
    assert created["config"]["file.name.template"] == f"{TEMPLATE}.json.gz"
    Faults(service).faults(append_file_extension="off")
    (seen,) = api.get(f"/destinations/{created['id']}").json()["result"]
    assert seen["config"]["file.name.template"] == TEMPLATE


class Faults:
    """Sets faults by the method that all tests use."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def faults(self, **changes: object) -> None:
        self._service.faults.put(changes)
