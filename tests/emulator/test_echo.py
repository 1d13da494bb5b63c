"""How a config comes back: echoed, filled with defaults, hidden, masked."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from streamkap_pulumi.config.catalogue import DESTINATIONS, SOURCES, Catalogue
from streamkap_pulumi.emulator import Emulator, create_app
from streamkap_pulumi.emulator.properties import shown
from streamkap_pulumi.emulator.rendering import as_text
from tests.emulator.samples import HUBSPOT, MONGODB, PASSWORD, POSTGRESQL, Api

CATALOGUES = (SOURCES, DESTINATIONS)


def test_what_was_sent_comes_back_in_its_own_type(api: Api) -> None:
    """Strings, numbers and booleans, including secrets."""
    sent = {**POSTGRESQL, "ssh.enabled": True, "ssh.host": "bastion", "ssh.port": 2222, "heartbeat.enabled": "false"}
    config = api.config(sent)
    assert {key: config[key] for key in sent} == sent
    assert [type(config[key]) for key in sent] == [type(value) for value in sent.values()]


def test_unset_properties_show_their_default_as_a_string(api: Api) -> None:
    """If they were not sent; what was sent as null stays null, because official clients want it back."""
    config = api.config({**POSTGRESQL, "heartbeat.enabled": None})
    assert config["heartbeat.enabled"] is None
    assert config["ssh.enabled"] == "false"
    assert config["transforms.OversizedRecords.max.field.size.bytes"] == "1048576"


def test_stringify_backfill_off_returns_defaults_in_their_type(api: Api, emulator: Emulator) -> None:
    """The same values, as the definitions declare them."""
    emulator.faults(stringify_backfill="off")
    config = api.config()
    assert config["heartbeat.enabled"] is True
    assert config["transforms.OversizedRecords.max.field.size.bytes"] == 1048576


def test_computed_twins_appear(api: Api) -> None:
    """Behind an SSH tunnel they are the tunnel's end, not the user's host."""
    config = api.config()
    assert (config["database.hostname"], config["database.port"]) == ("db.example.com", "5432")
    assert config["table.include.list"] == "public.orders,public.customers"
    tunnel = api.config({**POSTGRESQL, "ssh.enabled": True, "ssh.host": "bastion"})
    assert tunnel["database.hostname"] == "ssh-tunnel.internal"


def test_backfill_off_shows_only_what_was_sent_or_assigned(api: Api, emulator: Emulator) -> None:
    """No defaults and no twins."""
    emulator.faults(backfill="off")
    assert set(api.config()) == {*POSTGRESQL, "ssh.public.key.user.displayed"}


def test_backfill_on_fills_nulls_too(api: Api, emulator: Emulator) -> None:
    """As the API does with some keys."""
    emulator.faults(backfill="on")
    config = api.config({**POSTGRESQL, "heartbeat.enabled": None})
    assert config["heartbeat.enabled"] == "true"
    assert config["ssh.enabled"] == "false"


FIELD = "transforms.InsertStaticKey1.static.field"
SUFFIX = "transforms.OversizedRecords.truncation.suffix"


@pytest.mark.parametrize(("value", "field", "suffix"), [("on", None, ""), ("all", None, None), ("off", "", "")])
def test_an_empty_string_comes_back_as_null(
    api: Api, emulator: Emulator, value: str, field: str | None, suffix: str | None
) -> None:
    """With `on`, except where the empty string is the declared default."""
    emulator.faults(empty_string_to_null=value)
    config = api.config({**POSTGRESQL, FIELD: "", SUFFIX: ""})
    assert (config[FIELD], config[SUFFIX]) == (field, suffix)


@pytest.mark.parametrize(("value", "host", "port"), [("on", None, 23), ("all", None, None), ("off", "bastion", 23)])
def test_a_property_whose_conditions_do_not_hold_comes_back_null(
    api: Api, emulator: Emulator, value: str, host: str | None, port: int | None
) -> None:
    """With `on`, only without a declared default: the API's example shows a port beside a tunnel that is off."""
    emulator.faults(null_hidden_conditionals=value)
    config = api.config({**POSTGRESQL, "ssh.enabled": False, "ssh.host": "bastion", "ssh.port": 23})
    assert (config["ssh.host"], config["ssh.port"]) == (host, port)


def test_what_the_server_assigns_has_real_values(api: Api) -> None:
    """They differ between sources, and never change for one source."""
    one, other = api.new("one"), api.new("other")
    key = "ssh.public.key.user.displayed"
    assert one["config"][key] != other["config"][key]
    assert api.one(one["id"])["config"][key] == one["config"][key]
    webhook = api.config({}, connector="webhook")
    assert webhook["webhook.url"].startswith("https://")
    assert len(webhook["api.key"]) > 20
    mongodb = api.config(MONGODB, connector="mongodb")
    assert mongodb["mongodb.connection.hostname"] == "cluster0.example.net"


def test_resolve_placeholders_off_shows_the_placeholders(api: Api, emulator: Emulator) -> None:
    """As the definitions declare them."""
    emulator.faults(resolve_placeholders="off")
    assert api.config()["ssh.public.key.user.displayed"] == "<SSH.PUBLIC.KEY>"
    webhook = api.config({}, connector="webhook")
    assert (webhook["api.key"], webhook["webhook.url"]) == ("<API_KEY>", "")


def test_secrets_are_masked_unless_requested(api: Api, emulator: Emulator) -> None:
    """In every answer, also under the key that is computed from one."""
    created = api.post("/sources", json=source_of(MONGODB))
    listed = api.get("/sources")
    got = api.get(f"/sources/{created.json()['id']}?secret_returned=false")
    searched = api.post("/sources/search", json={})
    put = api.put(f"/sources/{created.json()['id']}", json=source_of(MONGODB))
    for answer in (created, listed, got, searched, put):
        assert answer.status_code == 200
        assert PASSWORD not in answer.text
        assert '"mongodb.connection.string.user.defined":"********"' in answer.text
        assert '"mongodb.connection.string":"********"' in answer.text
    assert PASSWORD in api.get("/sources?secret_returned=true").text


def source_of(config: dict[str, Any]) -> dict[str, Any]:
    return {"name": "documents", "connector": "mongodb", "config": config}


@pytest.mark.parametrize(("style", "seen"), [("last4", "********9876"), ("null", None), ("omit", "left out")])
def test_a_mask_has_several_styles(api: Api, emulator: Emulator, style: str, seen: str | None) -> None:
    """The real one is undocumented."""
    emulator.faults(mask_style=style)
    source_id = api.new()["id"]
    assert api.one(source_id, query="")["config"].get("database.password", "left out") == seen


def test_masking_can_be_limited_to_what_the_api_encrypts_or_switched_off(api: Api, emulator: Emulator) -> None:
    """The API forgets to mark a webhook's key."""
    emulator.faults(mask_without_secret_returned="encrypted")
    plain, marked = api.new("a", {}, connector="shopify_webhook")["id"], api.new("b")["id"]
    assert api.one(plain, query="")["config"]["api.key"].startswith("sk_")
    assert api.one(marked, query="")["config"]["database.password"] == "********"
    emulator.faults(mask_without_secret_returned="off")
    assert api.one(marked, query="")["config"]["database.password"] == PASSWORD


def test_a_secret_that_reads_null_comes_back_as_null(api: Api) -> None:
    """As the API's own decryption treats it as missing."""
    assert api.config({**POSTGRESQL, "database.password": "null"})["database.password"] is None


def test_secret_null_echo_returns_null_even_on_request(api: Api, emulator: Emulator) -> None:
    """What is stored stays as it was."""
    source_id = api.new()["id"]
    emulator.faults(secret_null_echo="on")
    assert api.one(source_id)["config"]["database.password"] is None
    emulator.faults(secret_null_echo=None)
    assert api.one(source_id)["config"]["database.password"] == PASSWORD


@pytest.mark.parametrize(
    ("value", "seen"),
    [("reverse", "public.customers,public.orders"), ("blanks", "public.orders, public.customers")],
)
def test_reorder_lists_changes_order_or_spacing(api: Api, emulator: Emulator, value: str, seen: str) -> None:
    """Only of lists."""
    emulator.faults(reorder_lists=value)
    config = api.config()
    assert config["table.include.list.user.defined"] == seen
    assert config["transforms.SourceRegexSupport.key.field.template"] == "{{database}}.{{table}}"


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ("reverse", r"c,[a,b]x,b(x,y),public.a\,b,public.orders_[0-9]{1,3}"),
        ("blanks", r"public.orders_[0-9]{1, 3}, public.a\, b, b(x, y), [a, b]x, c"),
    ],
)
def test_reorder_lists_splits_no_pattern_and_puts_a_blank_after_every_comma(
    api: Api, emulator: Emulator, value: str, seen: str
) -> None:
    """A comma in a regular expression is part of it, whatever the API writes after it."""
    emulator.faults(reorder_lists=value)
    sent = r"public.orders_[0-9]{1,3},public.a\,b,b(x,y),[a,b]x,c"
    config = api.config({**POSTGRESQL, "table.include.list.user.defined": sent})
    assert config["table.include.list.user.defined"] == seen


@pytest.mark.parametrize(("value", "port", "ssh"), [("string", "5432", "22"), ("int", 5432, 22)])
def test_ports_can_always_be_strings_or_always_be_numbers(
    api: Api, emulator: Emulator, value: str, port: str | int, ssh: str | int
) -> None:
    """However they were sent."""
    emulator.faults(ports_as=value)
    config = api.config()
    assert (config["database.port.user.defined"], config["ssh.port"]) == (port, ssh)


def test_write_only_properties_are_never_shown(api: Api) -> None:
    """Such as the grant of an OAuth sign-in."""
    config = {"subdomain": "acme", "resources": ["tickets"], "oauth_grant_id": "grant-1"}
    assert "oauth_grant_id" not in api.config(config, connector="zendesk")


def test_extra_keys_appear_in_the_object_and_in_its_config(api: Api, emulator: Emulator) -> None:
    """As when the API gets new fields."""
    emulator.faults(extra_keys="on")
    created = api.new()
    assert created["revision"] == 7
    assert created["config"]["streamkap.internal.revision"] == "7"


@pytest.mark.parametrize(("style", "seen"), [("list", []), ("null", None), ("omit", "left out")])
def test_no_tags_are_an_empty_list_null_or_left_out(api: Api, emulator: Emulator, style: str, seen: Any) -> None:
    """Existing tags are always shown."""
    emulator.faults(empty_tags=style)
    assert api.new("without").get("tags", "left out") == seen
    assert api.new("with", tags=["t"])["tags"] == ["t"]


def test_absent_fields_are_left_out(api: Api, emulator: Emulator) -> None:
    """The others are there."""
    emulator.faults(absent_fields="kc_cluster_id, desired_state")
    created = api.new()
    assert {"kc_cluster_id", "desired_state"}.isdisjoint(created)
    assert {"id", "name", "config", "connector_status"} <= set(created)


def test_drop_tenant_ids_makes_them_null(api: Api, emulator: Emulator) -> None:
    """Both of them."""
    emulator.faults(drop_tenant_ids="on")
    created = api.new()
    assert (created["tenant_id"], created["service_id"], created["sub_id"]) == (None, None, "sub-demo")


def test_a_null_without_a_default_comes_back_as_null(api: Api) -> None:
    """Official clients send null for all that is unset."""
    assert api.config({**POSTGRESQL, FIELD: None})[FIELD] is None


@pytest.mark.parametrize(
    ("catalogue", "code"),
    [pytest.param(each, code, id=f"{each.noun}-{code}") for each in CATALOGUES for code in each.codes],
)
def test_declared_defaults_that_are_sent_come_back_as_they_were_sent(
    api: Api, emulator: Emulator, catalogue: Catalogue, code: str
) -> None:
    """Official clients send every default, and fail if one comes back as something else."""
    emulator.faults(append_file_extension="off")
    api.kind = catalogue.plural
    connector = catalogue.find(code)
    assert connector is not None
    sent: dict[str, Any] = {"resources": ["a"]} if connector.family == "api" else {}
    for key, known in connector.properties.items():
        if key == "iceberg.catalog.scope":
            continue
        if known.default is not None and not known.secret:
            sent[key] = int(known.default) if known.type == "integer" else known.default
        elif known.required or (known.required_if_shown and shown(connector, known, sent)):
            sent.setdefault(key, known.enum[0] if known.enum else "1")
    texts = connector.family == "api"
    grants = {
        key: "1" for key, known in connector.properties.items() if known.single_use and shown(connector, known, sent)
    }
    config = api.config(sent | grants, connector=code)
    seen = {key: config[key] for key in sent}
    assert seen == ({key: as_text(value) for key, value in sent.items()} if texts else sent)


def test_an_api_sources_secret_is_masked_too(api: Api) -> None:
    """In a config that has only strings."""
    source_id = api.new(connector="hubspot", config=HUBSPOT)["id"]
    assert api.one(source_id, query="")["config"]["token"] == "********"


def test_other_servers_can_run_the_application(tmp_path: Any) -> None:
    """`create_app` is plain ASGI; its state is in the given file."""
    import asyncio

    async def login() -> int:
        transport = httpx.ASGITransport(app=create_app(tmp_path / "state.db", {"token_ttl": 5}))
        async with httpx.AsyncClient(transport=transport, base_url="http://emulator") as client:
            body = {"client_id": "demo-client", "secret": "demo-secret"}
            return int((await client.post("/auth/access-token", json=body)).json()["expiresIn"])

    assert asyncio.run(login()) == 5
    assert (tmp_path / "state.db").exists()
