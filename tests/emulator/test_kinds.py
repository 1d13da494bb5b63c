"""Another kind of object that runs a connector is just another entry in a table."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx
import pytest

from streamkap_pulumi.emulator import Emulator, create_app
from streamkap_pulumi.emulator.kinds import DESTINATIONS, SOURCES
from tests.emulator.samples import SNOWFLAKE, client_of
from tests.engine.states import KeptState, kept_states

if TYPE_CHECKING:
    from pathlib import Path

SINKS = replace(DESTINATIONS, noun="sink", plural="sinks", unique_scope="service", duplicate_status=409)


def test_a_kind_has_its_own_routes_rules_and_words() -> None:
    """Its name is taken in one project only, and for itself only."""
    body = {"name": "orders", "connector": "snowflake", "config": SNOWFLAKE}

    async def said() -> list[tuple[int, str]]:
        app = create_app(faults={"status_delay": 0}, kinds=(SOURCES, SINKS))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://emulator") as client:
            answers = []
            for who in ("demo", "project"):
                login = {"client_id": f"{who}-client", "secret": f"{who}-secret"}
                token = (await client.post("/auth/access-token", json=login)).json()["accessToken"]
                client.headers["Authorization"] = f"Bearer {token}"
                answers += [await client.post("/sinks", json=body)]
            answers += [await client.post("/sinks", json=body), await client.delete("/sinks/nobody")]
            answers += [await client.get("/destinations"), await client.post("/sinks/snapshot", json={})]
        return [(answer.status_code, str(answer.json().get("detail"))) for answer in answers]

    assert asyncio.run(said()) == [
        (200, "None"),
        (200, "None"),
        (409, "A sink with name 'orders' already exists"),
        (404, "Sink not found"),
        (404, "Not Found"),
        (405, "Method Not Allowed"),
    ]


@pytest.mark.parametrize("kept", kept_states(), ids=lambda kept: kept.folder.name)
def test_a_state_file_with_the_sources_of_an_earlier_version_is_read(kept: KeptState, tmp_path: Path) -> None:
    """Its records lack what came later; other kinds of objects join them."""
    kept.objects_into(tmp_path / "state.db")
    with Emulator(tmp_path / "state.db") as emulator, client_of(emulator) as api:
        api.login()
        shown = [entry["id"] for entry in api.get("/sources?page_size=100").json()["result"]]
        assert shown == [entry["id"] for entry in emulator.sources()]
        assert len(shown) > 1
        assert api.post("/tags", json={"name": "a", "type": ["sources"]}).status_code == 200
