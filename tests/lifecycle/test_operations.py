"""Create, read, update and delete against the emulator over HTTP, without the engine: what the API may do to us."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from streamkap_pulumi import api
from streamkap_pulumi.api.models import SourceConnector
from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.creating import create
from streamkap_pulumi.lifecycle.declared import Declared
from streamkap_pulumi.lifecycle.deleting import delete
from streamkap_pulumi.lifecycle.errors import GoneError, LifecycleError, StillThereError, WrongTenantError
from streamkap_pulumi.lifecycle.keys import CLIENT, HOST, NOT_READY, SECRET_KEYS
from streamkap_pulumi.lifecycle.reading import drifted, read, read_foreign
from streamkap_pulumi.lifecycle.updating import update
from tests.lifecycle.conftest import Clock
from tests.lifecycle.samples import HUBSPOT, ORDERS, PASSWORD, but, changed


@pytest.fixture
def context(emulator: Emulator, shared_clock: Clock) -> Iterator[Context]:
    """With the transport's retries, and an emulator that settles while the context sleeps."""
    with api.Streamkap(emulator.url, emulator.client_id, emulator.secret) as streamkap:
        yield Context(SOURCE, streamkap, clock=lambda: shared_clock.now, sleep=shared_clock.sleep, jitter=lambda: 0.1)


DISTORTIONS: list[dict[str, Any]] = [
    {},
    {"stringify_backfill": "off"},
    {"backfill": "off"},
    {"backfill": "on"},
    {"null_hidden_conditionals": "on"},
    {"ports_as": "int"},
    {"ports_as": "string"},
    {"reorder_lists": "reverse"},
    {"reorder_lists": "blanks"},
    {"mask_style": "last4"},
    {"secret_null_echo": "on"},
    {"null_hidden_conditionals": "all"},
    {"empty_string_to_null": "all"},
    {"resolve_placeholders": "off"},
    {"extra_keys": "on"},
    {"empty_tags": "null"},
    {"transient_desired_state": "on"},
    {"drop_tenant_ids": "on"},
    {"create_status": 201},
    {"missing_get": "404"},
    {"missing_get": "null"},
]


@pytest.mark.parametrize("faults", DISTORTIONS, ids=str)
@pytest.mark.parametrize("declared", [ORDERS, HUBSPOT], ids=lambda declared: declared.connector)
def test_no_distortion_of_the_server_resembles_drift(
    emulator: Emulator, context: Context, declared: Declared, faults: dict[str, Any]
) -> None:
    """What was declared is read back as declared, before and after an update; then the source is deleted."""
    emulator.faults(**faults)
    source_id, outputs = create(context, declared)
    assert NOT_READY not in outputs
    found = read(context, source_id, outputs)
    assert found is not None
    assert Declared.from_inputs(SOURCE, found[1]) == declared
    other = but(declared, name="renamed")
    updated = update(context, source_id, found[0], other)
    again = read(context, source_id, updated)
    assert again is not None
    assert Declared.from_inputs(SOURCE, again[1]) == other
    delete(context, source_id, again[0])
    assert read(context, source_id, again[0]) is None


def test_real_drift_is_read_key_by_key(emulator: Emulator, context: Context) -> None:
    """The live value of a declared key, in the form that a program would be checked to."""
    source_id, outputs = create(context, but(ORDERS, desired_state="Active", tags=("a",)))
    emulator.change_source(
        source_id,
        name="moved",
        desired_state="Paused",
        tags=["b"],
        config={"database.port.user.defined": 6543, "heartbeat.enabled": "false", "slot.name": "not_ours"},
    )
    found = read(context, source_id, outputs)
    assert found is not None
    drifted = Declared.from_inputs(SOURCE, found[1])
    assert drifted == but(
        changed(ORDERS, database__port__user__defined="6543", heartbeat__enabled=False),
        name="moved",
        desired_state="Paused",
        tags=("b",),
    )


@pytest.mark.parametrize(
    ("shown", "tags"),
    [([{"id": "a"}], ["a"]), ("a", ["a"]), (None, []), ([], []), (["b"], ["b"])],
    ids=str,
)
def test_tags_of_another_shape_than_documented_are_not_drift(
    emulator: Emulator, context: Context, shown: Any, tags: tuple[str, ...]
) -> None:
    """What cannot be read says nothing; null is how the API says that there are none."""
    source_id, outputs = create(context, but(ORDERS, tags=("a",)))
    seen = context.api.sources.get(source_id).model_dump() | {"tags": shown}
    assert drifted(Declared.from_recorded(SOURCE, outputs), SourceConnector.model_validate(seen)).get("tags") == tags


def test_a_mask_is_never_sent_back(emulator: Emulator, context: Context) -> None:
    """A secret set in the web page, which the API shows masked even when asked for secrets, stops the update."""
    source_id, outputs = create(context, ORDERS)
    emulator.change_source(source_id, config={"new.api_key": "********"})
    emulator.forget_requests()
    with pytest.raises(LifecycleError, match=r"only a mask of the secret property 'new\.api_key'"):
        update(context, source_id, outputs, changed(ORDERS, database__user="other"))
    assert [request for request in emulator.requests() if request["method"] == "PUT"] == []


def test_secrets_set_elsewhere_survive_an_update(emulator: Emulator, context: Context) -> None:
    """They are read in clear, in flight only, and sent back."""
    declared = but(ORDERS, config={key: value for key, value in ORDERS.config.items() if key != "database.password"})
    source_id, outputs = create(context, ORDERS)
    outputs["config"] = dict(declared.config)
    update(context, source_id, outputs, changed(declared, database__user="other"))
    (stored,) = emulator.sources(secrets=True)
    assert (stored["config"]["database.password"], stored["config"]["database.user"]) == (PASSWORD, "other")


def test_a_newer_key_of_the_users_is_carried_and_the_servers_own_are_not(emulator: Emulator, context: Context) -> None:
    """The API itself is asked which is which, when the catalogue does not know a key."""
    emulator.faults(extra_keys="on")
    source_id, outputs = create(context, ORDERS)
    emulator.forget_requests()
    update(context, source_id, outputs, changed(ORDERS, database__user="other"))
    paths = [(request["method"], request["path"]) for request in emulator.requests()]
    assert ("GET", "/sources/connectors") in paths
    (put,) = [request["body"]["config"] for request in emulator.requests() if request["method"] == "PUT"]
    assert "streamkap.internal.revision" not in put
    assert put.keys().isdisjoint({"database.hostname", "table.include.list", "ssh.public.key.user.displayed"})


def test_an_api_sources_values_are_sent_back_in_their_own_type(emulator: Emulator, context: Context) -> None:
    """The API says lists joined and numbers as strings; a PUT takes lists and numbers."""
    source_id, outputs = create(context, HUBSPOT)
    emulator.change_source(source_id, config={"properties": ["email", "phone"]})
    emulator.forget_requests()
    update(context, source_id, outputs, but(HUBSPOT, name="other"))
    (put,) = [request["body"]["config"] for request in emulator.requests() if request["method"] == "PUT"]
    assert put["properties"] == ["email", "phone"]
    assert put["sync_all_properties"] is True


def test_the_owner_is_requested_when_the_answer_does_not_say(emulator: Emulator, context: Context) -> None:
    """A later "it is gone" has to be compared with something; and a later answer without it changes nothing."""
    emulator.faults(drop_tenant_ids="on")
    source_id, outputs = create(context, ORDERS)
    assert (outputs["tenant_id"], outputs["service_id"]) == ("tenant-demo", "service-demo")
    found = read(context, source_id, outputs)
    assert found is not None
    assert found[0]["tenant_id"] == "tenant-demo"


def test_a_source_is_created_though_nobody_says_whom_it_belongs_to(context: Context, emulator: Emulator) -> None:
    """A created source is recorded, whatever else fails."""
    emulator.faults(drop_tenant_ids="on", api_error={"value": 500, "path": "/auth/whoami"})
    source_id, outputs = create(context, ORDERS)
    assert [source["id"] for source in emulator.sources()] == [source_id]
    assert outputs.keys().isdisjoint({"tenant_id", "service_id", NOT_READY})


@pytest.mark.parametrize("operation", ["read", "read_foreign", "update", "delete"])
@pytest.mark.parametrize(
    ("recorded", "said"),
    [
        ({"tenant_id": "tenant-other"}, "the source to the tenant tenant-other"),
        ({"service_id": "service-other"}, "the source to the project service-other"),
        ({HOST: "https://api.streamkap.com"}, r"it was created at https://api\.streamkap\.com"),
        ({"tenant_id": None, CLIENT: "another's"}, "does not say which tenant"),
    ],
)
def test_gone_is_not_believed_elsewhere(
    context: Context, emulator: Emulator, operation: str, recorded: dict[str, Any], said: str
) -> None:
    """In every operation that can miss."""
    source_id, outputs = create(context, ORDERS)
    emulator.change_source(source_id, deleted=True)
    outputs |= recorded
    calls: dict[str, Callable[[], object]] = {
        "read": lambda: read(context, source_id, outputs),
        "read_foreign": lambda: read_foreign(context, source_id, outputs),
        "update": lambda: update(context, source_id, outputs, changed(ORDERS, database__user="other")),
        "delete": lambda: delete(context, source_id, outputs),
    }
    with pytest.raises(WrongTenantError, match=said):
        calls[operation]()


@pytest.mark.parametrize("operation", ["read", "delete"])
@pytest.mark.parametrize("who", [404, 403, "of no project"])
def test_gone_is_not_believed_if_the_api_does_not_say_which_account_the_credentials_belong_to(
    context: Context, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, operation: str, who: int | str
) -> None:
    """Unless they are those that it was created with, since a token belongs to one project."""
    source_id, outputs = create(context, ORDERS)
    emulator.change_source(source_id, deleted=True)
    if isinstance(who, int):
        emulator.faults(api_error={"value": who, "path": "/auth/whoami"})
    else:
        known = context.api.whoami().model_copy(update={"service_id": None})
        monkeypatch.setattr(context.api, "whoami", lambda: known)

    calls: dict[str, Callable[[dict[str, Any]], object]] = {
        "read": lambda recorded: read(context, source_id, recorded),
        "delete": lambda recorded: delete(context, source_id, recorded),
    }
    older = {name: value for name, value in outputs.items() if name != CLIENT}
    for recorded in (older, outputs | {CLIENT: "another's"}):
        with pytest.raises(WrongTenantError, match=r"does not say wh.* truly gone, `pulumi state delete` its URN"):
            calls[operation](recorded)
    if who == 403:  # Who may no longer ask may no longer see, either.
        with pytest.raises(WrongTenantError, match="answered 403"):
            calls[operation](outputs)
    else:
        assert calls[operation](outputs) is None


def test_a_refresh_keeps_which_client_created_a_source_and_an_update_renews_it(
    context: Context, emulator: Emulator
) -> None:
    """A refresh with a renewed token, or of what an older version recorded, shows no difference."""
    source_id, outputs = create(context, ORDERS)
    older = {name: value for name, value in outputs.items() if name != CLIENT}
    for recorded in (older, outputs | {CLIENT: "another's"}):
        found = read(context, source_id, recorded)
        assert found is not None
        assert found[0] == recorded
        foreign = read_foreign(context, source_id, recorded)
        assert foreign is not None
        assert foreign.get(CLIENT) == recorded.get(CLIENT)
    assert update(context, source_id, older, changed(ORDERS, database__user="other"))[CLIENT] == outputs[CLIENT]
    assert emulator.client_id not in str(outputs)


def test_an_update_of_what_is_gone_creates_no_new_source(context: Context, emulator: Emulator) -> None:
    """It says what to run."""
    source_id, outputs = create(context, ORDERS)
    emulator.change_source(source_id, deleted=True)
    with pytest.raises(GoneError, match="pulumi refresh"):
        update(context, source_id, outputs, changed(ORDERS, database__user="other"))
    assert len(emulator.sources()) == 1


def test_a_delete_that_takes_too_long_is_an_error(emulator: Emulator, context: Context) -> None:
    """Nothing is forgotten because of it; the next try waits on."""
    emulator.faults(async_delete_delay=1.5)
    source_id, outputs = create(context, but(ORDERS, timeouts={"delete": "0.5s"}))
    with pytest.raises(StillThereError, match="still exists after"):
        delete(context, source_id, outputs)
    delete(context, source_id, outputs | {"timeouts": {"delete": "20s"}})
    assert read(context, source_id, outputs) is None


def test_a_delete_waits_through_passing_trouble(emulator: Emulator, context: Context) -> None:
    """A gateway's error while checking is not an end."""
    source_id, outputs = create(context, ORDERS)
    emulator.faults(async_delete_delay=0.6, html_5xx={"value": 502, "times": 1, "methods": ["GET"]})
    delete(context, source_id, outputs)
    assert read(context, source_id, outputs) is None


def test_a_foreign_source_is_read_without_secrets(context: Context) -> None:
    """Neither in clear nor masked."""
    source_id, _ = create(context, ORDERS)
    facts = read_foreign(context, source_id, {})
    assert facts is not None
    assert facts["config"]["database.user"] == "streamkap"
    assert "database.password" not in facts["config"]
    assert "api_key" not in facts
    assert PASSWORD not in str(facts)


def test_a_refresh_finds_a_foreign_source_gone_and_the_program_does_not(context: Context, emulator: Emulator) -> None:
    """Also one that an earlier version has read, which recorded no host: none is added by a refresh."""
    source_id, _ = create(context, ORDERS)
    seen = read_foreign(context, source_id, {})
    assert seen is not None
    assert seen[HOST] == emulator.url
    before = {key: value for key, value in seen.items() if key != HOST}
    assert read_foreign(context, source_id, seen) == seen
    assert read_foreign(context, source_id, before) == before
    emulator.change_source(source_id, deleted=True)
    assert read_foreign(context, source_id, seen) is None
    assert read_foreign(context, source_id, before) is None
    with pytest.raises(api.NotFoundError, match=f"no source has the id {source_id}"):
        read_foreign(context, source_id, {})


def test_a_wait_that_fails_is_recorded_with_the_reason(emulator: Emulator, context: Context) -> None:
    """And create does not raise, since the source would be lost."""
    emulator.faults(end_status="Broken", task_trace_secret="on")
    source_id, outputs = create(context, but(ORDERS, timeouts={"create": "0.5s"}))
    assert source_id
    assert "is still Broken" in outputs[NOT_READY]
    assert PASSWORD not in str({key: value for key, value in outputs.items() if key != "config"})
    found = read(context, source_id, outputs)
    assert found is not None
    assert found[0][NOT_READY] == outputs[NOT_READY]
    emulator.change_source(source_id, connector_status="Active")
    settled = read(context, source_id, outputs)
    assert settled is not None
    assert NOT_READY not in settled[0]


def test_a_foreign_sources_trace_holds_no_secret(emulator: Emulator, context: Context) -> None:
    """The reader of somebody else's source does not even know the secrets."""
    emulator.faults(end_status="Broken", task_trace_secret="on")
    source_id, _ = create(context, but(ORDERS, wait=False))
    facts = read_foreign(context, source_id, {})
    assert facts is not None
    assert "FAILED" in str(facts["task_statuses"])
    assert PASSWORD not in str(facts)


def test_a_secret_set_elsewhere_is_cleared_from_what_the_api_says(emulator: Emulator, context: Context) -> None:
    """It is read and sent along, so the API may quote it: in a refusal, and in a trace."""
    declared = but(ORDERS, config={key: value for key, value in ORDERS.config.items() if key != "database.password"})
    source_id, outputs = create(context, ORDERS)
    outputs["config"] = dict(declared.config)
    other = changed(declared, database__user="other")
    emulator.faults(error_echoes_secrets="on", api_error={"value": 500, "methods": ["PUT"]})
    with pytest.raises(api.ServerError) as caught:
        update(context, source_id, outputs, other)
    assert PASSWORD not in str(caught.value)
    emulator.faults(api_error=None, error_echoes_secrets=None, end_status="Broken", task_trace_secret="on")
    updated = update(context, source_id, outputs, but(other, timeouts={"update": "0.5s"}))
    assert "Broken" in updated[NOT_READY]
    assert PASSWORD not in str(updated)


def test_a_source_paused_elsewhere_is_updated_without_waiting_for_active(emulator: Emulator, context: Context) -> None:
    """The state is not declared; what a PUT's answer calls the desired state may be none."""
    source_id, outputs = create(context, ORDERS)
    emulator.change_source(source_id, desired_state="Paused", connector_status="Paused")
    emulator.faults(transient_desired_state="on", status_delay=0.2)
    updated = update(
        context, source_id, outputs, but(changed(ORDERS, database__user="other"), timeouts={"update": "5s"})
    )
    assert NOT_READY not in updated
    assert updated["status"] == "Paused"


def test_a_paused_source_that_is_just_being_updated_is_not_waited_for_to_be_active(
    emulator: Emulator, context: Context
) -> None:
    """What the API called the desired state before the update was none."""
    source_id, outputs = create(context, ORDERS)
    emulator.change_source(source_id, desired_state="Paused", connector_status="Paused")
    emulator.faults(transient_desired_state="on", pending_after_put=0.5)
    first = update(context, source_id, outputs, but(changed(ORDERS, database__user="other"), wait=False))
    assert context.api.sources.get(source_id).desired_state == "Pending Update"
    updated = update(context, source_id, first, but(changed(ORDERS, database__user="third"), timeouts={"update": "8s"}))
    assert (NOT_READY in updated, updated["status"]) == (False, "Paused")


def test_a_deployed_source_that_is_declared_pending_is_refused_before_anything_is_sent(
    emulator: Emulator, context: Context
) -> None:
    """Somebody deployed it in the web page."""
    pending = but(ORDERS, desired_state="Pending")
    source_id, outputs = create(context, pending)
    emulator.change_source(source_id, desired_state="Active", connector_status="Active")
    emulator.forget_requests()
    with pytest.raises(LifecycleError, match="so nothing was sent"):
        update(context, source_id, outputs, changed(pending, database__user="other"))
    assert [request["method"] for request in emulator.requests()] == ["GET"]


def test_whatever_goes_wrong_after_the_source_was_created_it_is_recorded(emulator: Emulator, context: Context) -> None:
    """Also what nobody has thought of."""
    emulator.faults(status_delay=5)

    def broken(_: str) -> None:
        raise RuntimeError(PASSWORD)

    source_id, outputs = create(replace(context, report=broken), ORDERS)
    assert [source["id"] for source in emulator.sources()] == [source_id]
    assert "was created and could not be read (RuntimeError)" in outputs[NOT_READY]
    assert PASSWORD not in outputs[NOT_READY]


def test_what_the_program_marks_as_secret_is_cleared_from_what_is_recorded(
    context: Context, emulator: Emulator
) -> None:
    """In this run and in later ones: which keys they are is recorded, too."""
    emulator.faults(end_status="Broken", task_trace_secret="on")
    marked = but(ORDERS, secret_keys=("database.user",), wait=False)
    _, outputs = create(context, marked)
    assert Declared.from_recorded(SOURCE, outputs).secrets() == ["streamkap", PASSWORD]
    assert Declared.from_recorded(SOURCE, outputs).secret_keys == ("database.user",)
    assert "secret_keys" not in str(marked.inputs())


def test_a_mark_that_comes_later_is_recorded_and_nothing_is_sent(context: Context, emulator: Emulator) -> None:
    """And what is recorded of the API's own words is cleared of its value; a mark that is taken away is forgotten."""
    source_id, outputs = create(context, changed(ORDERS, database__user="canary-user"))
    outputs["task_statuses"] = {"0": {"state": "FAILED", "trace": "refused canary-user"}}
    emulator.forget_requests()
    marked = but(changed(ORDERS, database__user="canary-user"), secret_keys=("database.user",))
    updated = update(context, source_id, outputs, marked)
    assert emulator.requests() == []
    assert Declared.from_recorded(SOURCE, updated) == marked
    assert updated["task_statuses"] == {"0": {"state": "FAILED", "trace": "refused [secret]"}}
    plain = update(context, source_id, updated, but(marked, secret_keys=(), wait=False))
    assert SECRET_KEYS not in plain


def test_a_trace_that_quotes_another_sources_secret_is_cleared_of_it(emulator: Emulator, context: Context) -> None:
    """The sources of a run share a Kafka Connect cluster, and its words may mix them up."""
    create(context, ORDERS)
    source_id, outputs = create(context, but(HUBSPOT, wait=False))
    trace = f"ConnectException: refused {PASSWORD}"
    emulator.change_source(source_id, task_statuses={"0": {"state": "FAILED", "trace": trace}})
    found = read(context, source_id, outputs)
    assert found is not None
    assert found[0]["task_statuses"]["0"]["trace"] == "ConnectException: refused [secret]"


@pytest.mark.parametrize("operation", ["create", "delete"])
def test_a_read_of_a_wait_that_fails_is_followed_by_the_next_and_not_retried_by_itself(
    emulator: Emulator, clock: Clock, operation: str
) -> None:
    """Else the tries of one read could take longer than the wait, and no word of progress would come meanwhile."""
    with api.Streamkap(emulator.url, emulator.client_id, emulator.secret) as streamkap:
        context = Context(SOURCE, streamkap, report=clock.said.append, clock=lambda: clock.now, sleep=clock.sleep)
        hasty = but(ORDERS, timeouts={"create": "30s", "delete": "30s"})
        emulator.faults(status_delay=0 if operation == "delete" else 1000)
        if operation == "delete":
            source_id, outputs = create(context, hasty)
            emulator.faults(html_5xx={"value": 502, "method": "GET"})
            with pytest.raises(StillThereError) as caught:
                delete(context, source_id, outputs)
            told = str(caught.value)
        else:
            emulator.faults(html_5xx={"value": 502, "method": "GET"})
            _, outputs = create(context, hasty)
            told = outputs[NOT_READY]
        assert "answered 502" in told
        assert "tried" not in told
        assert clock.now == pytest.approx(30, abs=0.1)
