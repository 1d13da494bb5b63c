"""Another kind of object that runs a connector is just another entry in a table."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import httpx

from streamkap_pulumi.emulator import create_app
from streamkap_pulumi.emulator.kinds import DESTINATIONS, SOURCES
from tests.emulator.samples import SNOWFLAKE

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
