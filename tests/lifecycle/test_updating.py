"""Updates and deletions whose answers get lost, and updates that the API accepts and does not apply."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from streamkap_pulumi import api
from streamkap_pulumi.api.errors import (
    APIError,
    BadRequestError,
    ConnectionFailedError,
    NoAnswerError,
    StreamkapError,
    UnreadableAnswerError,
    error_for,
)
from streamkap_pulumi.api.settings import Retries
from streamkap_pulumi.config.catalogue import DESTINATIONS, SOURCES
from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.creating import create
from streamkap_pulumi.lifecycle.deleting import delete
from streamkap_pulumi.lifecycle.errors import (
    GoneError,
    LifecycleError,
    NameTakenError,
    NotAppliedError,
    UnknownOutcomeError,
)
from streamkap_pulumi.lifecycle.keys import NOT_READY
from streamkap_pulumi.lifecycle.merging import merged_config
from streamkap_pulumi.lifecycle.updating import update
from tests.lifecycle.conftest import Clock
from tests.lifecycle.samples import ORDERS, PASSWORD, a_source, but, changed, without_password
from tests.lifecycle.test_creating import LOST_AFTER

OTHER = changed(ORDERS, database__user="other")


@pytest.fixture
def retrying(emulator: Emulator, context: Context) -> Iterator[Context]:
    """The context with a transport that retries calls, too."""
    with api.Streamkap(emulator.url, emulator.client_id, emulator.secret, retries=Retries(count=3)) as streamkap:
        yield replace(context, api=streamkap)


def fault(emulator: Emulator, method: str, **faults: Any) -> None:
    emulator.faults(**{name: {"value": value, "times": 1, "method": method} for name, value in faults.items()})


def stored(emulator: Emulator, source_id: str) -> dict[str, Any]:
    return next(source for source in emulator.sources(secrets=True) if source["id"] == source_id)


@pytest.mark.parametrize(("name", "value"), LOST_AFTER)
@pytest.mark.parametrize("wait", [True, False])
def test_an_update_whose_answer_was_lost_is_read_back(
    emulator: Emulator,
    context: Context,
    name: str,
    value: Any,
    wait: bool,
) -> None:
    """It counts, since Streamkap shows all of what was asked for."""
    source_id, outputs = create(context, ORDERS)
    fault(emulator, "PUT", **{name: value})
    outputs = update(context, source_id, outputs, but(OTHER, wait=wait))
    assert outputs["config"]["database.user"] == stored(emulator, source_id)["config"]["database.user"] == "other"


def test_an_update_is_read_back_until_it_can_be_read(emulator: Emulator, context: Context) -> None:
    """For a while; then what stands in the way is reported, and the next run sends the same once more."""
    source_id, outputs = create(context, ORDERS)
    declared = but(OTHER, wait=False)
    emulator.faults(html_5xx={"value": 502, "method": "GET", "after": 1, "times": 2})
    assert update(context, source_id, outputs, declared)["config"]["database.user"] == "other"
    emulator.faults(html_5xx={"value": 502, "method": "GET", "after": 1})
    with pytest.raises(api.GatewayError):
        update(context, source_id, outputs, declared)


def test_a_name_that_is_taken_is_reported_though_nobody_can_read_by_whom(emulator: Emulator, context: Context) -> None:
    """The source stays what it is."""
    source_id, outputs = create(context, ORDERS)
    create(context, but(ORDERS, name="taken"))
    emulator.faults(html_5xx={"value": 502, "method": "GET", "path": "^/sources$"})
    with pytest.raises(NameTakenError, match="the name 'taken' is taken, though no list shows by which one"):
        update(context, source_id, outputs, but(ORDERS, name="taken"))
    assert stored(emulator, source_id)["name"] == "orders"


@pytest.mark.parametrize("faults", [{"gateway_before_commit": 502}, {"connection_drop": "before_commit"}], ids=str)
def test_an_update_that_cannot_be_seen_is_not_a_success(
    emulator: Emulator,
    context: Context,
    faults: dict[str, Any],
) -> None:
    """The error names what is not as asked for, and no value; the next run sends it again."""
    source_id, outputs = create(context, ORDERS)
    emulator.faults(**{name: {"value": value, "times": 99, "method": "PUT"} for name, value in faults.items()})
    with pytest.raises(UnknownOutcomeError, match=r"does not show what was asked for: database\.user\."):
        update(context, source_id, outputs, OTHER)
    emulator.faults(**dict.fromkeys(faults, "off"))
    assert update(context, source_id, outputs, OTHER)["config"]["database.user"] == "other"


@pytest.mark.parametrize("wait", [True, False])
def test_an_update_that_is_accepted_and_not_applied_is_an_error(
    emulator: Emulator,
    context: Context,
    wait: bool,
) -> None:
    """Whatever the answer to it shows."""
    source_id, outputs = create(context, ORDERS)
    fault(emulator, "PUT", ignore_put="on")
    wanted = but(changed(OTHER, database__password="canary-of-another"), name="renamed", wait=wait)
    with pytest.raises(NotAppliedError, match=r"not apply it: database\.user, database\.password, name did") as error:
        update(context, source_id, outputs, wanted)
    assert "canary" not in str(error.value)
    assert stored(emulator, source_id)["config"]["database.password"] == PASSWORD


@pytest.mark.parametrize(("name", "value"), LOST_AFTER)
def test_a_deletion_whose_answer_was_lost_is_believed_once_the_source_is_gone(
    emulator: Emulator,
    context: Context,
    clock: Clock,
    name: str,
    value: Any,
) -> None:
    """And not before."""
    source_id, outputs = create(context, ORDERS)
    fault(emulator, "DELETE", **{name: value})
    delete(context, source_id, outputs)
    assert [source for source in emulator.sources() if not source["deleted"]] == []


def test_a_deletion_that_did_not_happen_is_an_error(emulator: Emulator, context: Context) -> None:
    """The source stays in state, and the next run deletes it."""
    source_id, outputs = create(context, ORDERS)
    emulator.faults(gateway_before_commit={"value": 503, "times": 99, "method": "DELETE"})
    with pytest.raises(Exception, match=r"DELETE /sources/.* answered 503"):
        delete(context, source_id, outputs)
    emulator.faults(gateway_before_commit="off")
    delete(context, source_id, outputs)
    assert [source for source in emulator.sources() if not source["deleted"]] == []


def puts(emulator: Emulator) -> list[dict[str, Any]]:
    return [request["body"] for request in emulator.requests() if request["method"] == "PUT"]


def test_tags_that_were_changed_in_the_web_page_are_put_right_by_any_update(
    emulator: Emulator, context: Context
) -> None:
    """Without a refresh before it."""
    tagged = but(ORDERS, tags=("a",))
    source_id, outputs = create(context, tagged)
    emulator.change_source(source_id, tags=["b"])
    update(context, source_id, outputs, but(OTHER, tags=("a",)))
    assert stored(emulator, source_id)["tags"] == ["a"]


@pytest.mark.parametrize("wait", [True, False])
def test_tags_that_are_not_cleared_are_an_error(emulator: Emulator, context: Context, wait: bool) -> None:
    """An empty list is asked for as any other."""
    source_id, outputs = create(context, but(ORDERS, tags=("a",)))
    fault(emulator, "PUT", ignore_put="on")
    with pytest.raises(NotAppliedError, match="not apply it: tags did"):
        update(context, source_id, outputs, but(ORDERS, tags=(), wait=wait))


def test_a_cluster_that_is_not_changed_is_an_error(emulator: Emulator, context: Context) -> None:
    """The source shows the former one."""
    source_id, outputs = create(context, but(ORDERS, kc_cluster_id="one"))
    fault(emulator, "PUT", ignore_put="on")
    with pytest.raises(NotAppliedError, match="not apply it: kc_cluster_id did"):
        update(context, source_id, outputs, but(ORDERS, kc_cluster_id="two"))


def test_a_property_that_is_not_cleared_is_an_error(emulator: Emulator, context: Context) -> None:
    """Its value is still the former one, and none that the server fills in."""
    source_id, outputs = create(context, changed(ORDERS, ssh__enabled=True, ssh__host="bastion", slot__name="ours"))
    kept = {key: value for key, value in ORDERS.config.items() if key != "streamkap.snapshot.parallelism"}
    fault(emulator, "PUT", ignore_put="on")
    with pytest.raises(NotAppliedError, match=r"slot\.name \(no longer declared, and still set\)"):
        update(context, source_id, outputs, but(ORDERS, config=kept))


@pytest.mark.parametrize("backfill", ["on", "absent", "off"])
def test_a_cleared_property_that_shows_the_servers_default_is_cleared(
    emulator: Emulator, context: Context, backfill: str
) -> None:
    """Also where the default is what was declared."""
    emulator.faults(backfill=backfill)
    declared = changed(ORDERS, ssh__enabled=False, slot__name="streamkap_pgoutput_slot", ssh__port="2222")
    source_id, outputs = create(context, declared)
    update(context, source_id, outputs, ORDERS)
    assert not stored(emulator, source_id)["config"].get("ssh.port")


@pytest.mark.parametrize("ends", ["Broken", "Hibernating"])
def test_an_update_that_was_not_applied_is_an_error_though_the_wait_ended_badly_as_well(
    emulator: Emulator, context: Context, ends: str
) -> None:
    """Recorded as not ready, it would never be sent again."""
    source_id, outputs = create(context, ORDERS)
    emulator.faults(end_status=ends)
    emulator.change_source(source_id, connector_status=ends)
    fault(emulator, "PUT", ignore_put="on")
    with pytest.raises(NotAppliedError, match=rf"database\.user did not .* Also, .* is still {ends}"):
        update(context, source_id, outputs, but(OTHER, timeouts={"update": "3s"}))


def test_a_check_again_sends_what_the_source_does_not_show(emulator: Emulator, context: Context) -> None:
    """The update before may not have been applied. Nothing is sent to a source that shows all of it."""
    source_id, outputs = create(context, ORDERS)
    emulator.forget_requests()
    again = update(context, source_id, outputs | {NOT_READY: "it was Broken"}, ORDERS)
    assert puts(emulator) == []
    emulator.change_source(source_id, config={"database.user": "before"})
    again = update(context, source_id, again | {NOT_READY: "it was Broken"}, ORDERS)
    assert NOT_READY not in again
    assert stored(emulator, source_id)["config"]["database.user"] == "streamkap"


def test_nothing_is_sent_where_the_api_does_not_show_the_config(
    emulator: Emulator, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The PUT would wipe all that is not declared."""
    source_id, outputs = create(context, ORDERS)
    seen = context.api.sources.get(source_id)
    hidden: tuple[dict[str, Any] | None, ...] = (None, {})
    for config in hidden:
        monkeypatch.setattr(
            context.api.sources, "get", lambda *_, config=config, **__: seen.model_copy(update={"config": config})
        )
        with pytest.raises(LifecycleError, match=r"does not show the source's config.* Run `pulumi up` again"):
            update(context, source_id, outputs, OTHER)
    assert puts(emulator) == []


def test_a_mapping_that_is_no_longer_declared_is_cleared_by_an_empty_one() -> None:
    """Null would keep it. For all other properties null clears."""
    snowflake = DESTINATIONS.find("snowflake")
    key = "auto.qa.dedupe.table.mapping"
    kept = {"snowflake.private.key": "canary"}
    was = {**kept, key: {"raw": "clean"}, "sfwarehouse": "WH"}
    dropped = merged_config("destination", snowflake, was, was, kept, users_keys=dict)
    assert dropped == {**kept, key: {}, "sfwarehouse": None}
    emptied = merged_config("destination", snowflake, {key: {"a": "b"}}, kept, {**kept, key: {}}, users_keys=dict)
    assert emptied == {**kept, key: {}}


def test_a_secret_that_must_be_set_and_is_hidden_stops_the_update(emulator: Emulator, context: Context) -> None:
    """Somebody set it in the web page, and the API shows it as null, even when asked for secrets."""
    known = SOURCES.find("elasticsearch")
    assert known is not None
    live = {"http.auth.user.defined": "Basic", "http.auth.password": None}
    with pytest.raises(LifecycleError, match=r"'http\.auth\.password', which must be set.*Declare the property"):
        merged_config("source", known, live, {}, {}, users_keys=dict)
    assert merged_config("source", known, live | {"http.auth.user.defined": "None"}, {}, {}, users_keys=dict)
    assert (
        merged_config("source", known, live | {"http.auth.password": "x"}, {}, {}, users_keys=dict)[
            "http.auth.password"
        ]
        == "x"
    )
    emulator.faults(secret_null_echo="on")
    source_id, outputs = create(context, ORDERS)
    update(context, source_id, outputs, OTHER)
    outputs["config"] = without_password(ORDERS).config
    with pytest.raises(
        LifecycleError, match=r"'database\.password', which must be set, since every source of postgresql has it"
    ):
        update(context, source_id, outputs, without_password(changed(ORDERS, database__user="third")))
    assert stored(emulator, source_id)["config"]["database.password"] == PASSWORD


def test_an_optional_secret_that_is_hidden_and_not_declared_is_wiped_by_an_update(
    emulator: Emulator, context: Context
) -> None:
    """A limit: a secret that is shown as null even when asked for may as well not be set. Declared, it stays."""
    secret = "aws.secret.access.key"
    bucket = a_source(name="events", connector="s3", config={"aws.s3.bucket.name": "events"})
    emulator.faults(secret_null_echo="on")
    for first, kept in ((bucket, None), (changed(bucket, aws__secret__access__key=PASSWORD), PASSWORD)):
        source_id, outputs = create(context, first)
        emulator.change_source(source_id, config={secret: PASSWORD})
        update(context, source_id, outputs, changed(first, aws__s3__bucket__name="others"))
        config = stored(emulator, source_id)["config"]
        assert (config["aws.s3.bucket.name"], config.get(secret)) == ("others", kept)
        delete(context, source_id, outputs)


@pytest.mark.parametrize(
    "second",
    [{"rate_limit": 0}, {"gateway_before_commit": 503}],
    ids=str,
)
def test_a_retry_is_merged_from_the_source_as_it_is_by_then(
    emulator: Emulator, retrying: Context, monkeypatch: pytest.MonkeyPatch, second: dict[str, Any]
) -> None:
    """What somebody changes in the web page between two tries stays."""
    source_id, outputs = create(retrying, ORDERS)
    fault(emulator, "PUT", **second)
    once = iter([True])

    def meanwhile(_: float) -> None:
        if next(once, False):
            emulator.change_source(source_id, config={"slot.name": "of_the_web_page"})

    monkeypatch.setattr("time.sleep", meanwhile)
    update(retrying, source_id, outputs, OTHER)
    config = stored(emulator, source_id)["config"]
    assert (config["database.user"], config["slot.name"]) == ("other", "of_the_web_page")


def test_a_retry_that_cannot_be_sent_says_that_the_try_before_it_was(
    emulator: Emulator, retrying: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have been applied, though of the repeat nothing was sent."""
    source_id, outputs = create(retrying, ORDERS)
    look = retrying.api.sources.get

    def without_config(*asked: Any, **how: Any) -> Any:
        seen = look(*asked, **how)
        return seen.model_copy(update={"config": None}) if puts(emulator) else seen

    emulator.forget_requests()
    monkeypatch.setattr(retrying.api.sources, "get", without_config)
    fault(emulator, "PUT", gateway_after_commit=504)
    with pytest.raises(LifecycleError, match=r"Nothing was sent.* the try before it may have been applied"):
        update(retrying, source_id, outputs, OTHER)
    assert len(puts(emulator)) == 1


def test_an_update_that_shows_after_a_lost_answer_is_not_sent_again(emulator: Emulator, retrying: Context) -> None:
    """One PUT, however often it may be retried."""
    source_id, outputs = create(retrying, ORDERS)
    emulator.forget_requests()
    fault(emulator, "PUT", gateway_after_commit=504)
    update(retrying, source_id, outputs, OTHER)
    assert len(puts(emulator)) == 1


def test_a_secret_that_is_hidden_is_sent_again_after_a_lost_answer(emulator: Emulator, retrying: Context) -> None:
    """Nobody can see whether it was changed."""
    emulator.faults(secret_null_echo="on")
    source_id, outputs = create(retrying, ORDERS)
    fault(emulator, "PUT", gateway_before_commit=504)
    update(retrying, source_id, outputs, changed(ORDERS, database__password="canary-of-another"))
    assert stored(emulator, source_id)["config"]["database.password"] == "canary-of-another"


def test_a_hidden_secret_whose_change_cannot_be_seen_is_not_a_success(emulator: Emulator, context: Context) -> None:
    """When the answer was lost for good."""
    emulator.faults(secret_null_echo="on")
    source_id, outputs = create(context, ORDERS)
    fault(emulator, "PUT", gateway_before_commit=504)
    with pytest.raises(UnknownOutcomeError, match=r"not show what was asked for: database\.password\.") as error:
        update(context, source_id, outputs, changed(ORDERS, database__password="canary-of-another"))
    assert "canary" not in str(error.value)


@pytest.mark.parametrize("faults", [{"wrong_shape": "null"}, {"wrong_shape": "no_id"}, {"empty_200": "on"}], ids=str)
def test_a_success_of_another_shape_is_one_though_the_secret_is_hidden(
    emulator: Emulator, context: Context, faults: dict[str, Any]
) -> None:
    """The API itself reported it. Otherwise no run could ever rotate the secret."""
    emulator.faults(secret_null_echo="on")
    source_id, outputs = create(context, ORDERS)
    fault(emulator, "PUT", **faults)
    rotated = changed(ORDERS, database__password="canary-of-another")
    assert update(context, source_id, outputs, rotated)["config"]["database.password"] == "canary-of-another"
    assert stored(emulator, source_id)["config"]["database.password"] == "canary-of-another"


@pytest.mark.parametrize("error", [UnreadableAnswerError("an HTML page"), NoAnswerError("half an answer")], ids=str)
def test_a_success_that_a_gateway_may_have_reported_is_none_where_the_secret_is_hidden(
    emulator: Emulator, context: Context, monkeypatch: pytest.MonkeyPatch, error: StreamkapError
) -> None:
    """Its page, or half an answer, says nothing of the update."""
    emulator.faults(secret_null_echo="on")
    source_id, outputs = create(context, ORDERS)

    def unreadable(*_: Any, **__: Any) -> Any:
        raise error

    monkeypatch.setattr(context.api.sources, "put", unreadable)
    with pytest.raises(UnknownOutcomeError, match=r"not show what was asked for: database\.password\."):
        update(context, source_id, outputs, changed(ORDERS, database__password="canary-of-another"))


def test_a_read_of_another_shape_before_a_retry_is_not_a_success_of_the_update(
    emulator: Emulator, retrying: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was sent then: the try before it was refused."""
    emulator.faults(secret_null_echo="on")
    source_id, outputs = create(retrying, ORDERS)
    fault(emulator, "PUT", rate_limit=0)
    once = iter([True])

    def meanwhile(_: float) -> None:
        if next(once, False):
            fault(emulator, "GET", wrong_shape="null")

    monkeypatch.setattr("time.sleep", meanwhile)
    with pytest.raises(UnknownOutcomeError, match=r"not show what was asked for: database\.password\."):
        update(retrying, source_id, outputs, changed(ORDERS, database__password="canary-of-another"))
    assert stored(emulator, source_id)["config"]["database.password"] == PASSWORD


@pytest.mark.parametrize(("status", "words"), [(409, None), (422, "")])
def test_a_rename_that_is_refused_without_a_word_says_who_has_the_name(
    emulator: Emulator, context: Context, monkeypatch: pytest.MonkeyPatch, status: int, words: str | None
) -> None:
    """The list shows it. Where it does not, the refusal is reported as it is."""
    source_id, outputs = create(context, ORDERS)
    other_id, _ = create(context, but(ORDERS, name="events"))

    def refused(*_: Any, **__: Any) -> Any:
        raise error_for(operation="PUT /sources/x", status=status, detail=words)

    monkeypatch.setattr(context.api.sources, "put", refused)
    with pytest.raises(NameTakenError, match=rf"'events' is taken, by the source {other_id}"):
        update(context, source_id, outputs, but(ORDERS, name="events"))
    with pytest.raises(APIError, match=rf"answered {status}$"):
        update(context, source_id, outputs, OTHER)


def test_an_update_is_read_back_where_only_an_earlier_try_was_lost(
    emulator: Emulator, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last one was not sent, and says nothing of the one before."""
    source_id, outputs = create(context, ORDERS)
    put = context.api.sources.put

    def lost(*args: Any, **more: Any) -> Any:
        put(*args, **more)
        error = ConnectionFailedError("refused", operation=f"PUT /sources/{source_id}")
        error.uncertain_before = True
        raise error

    monkeypatch.setattr(context.api.sources, "put", lost)
    assert update(context, source_id, outputs, OTHER)["config"]["database.user"] == "other"


@pytest.mark.parametrize("missing", [{"missing_write": "not found"}, {"missing_write": "400"}], ids=str)
def test_a_source_that_is_deleted_before_the_update_arrives_is_reported_as_gone(
    emulator: Emulator, context: Context, monkeypatch: pytest.MonkeyPatch, missing: dict[str, Any]
) -> None:
    """With the next step, and not as the API's bare answer."""
    emulator.faults(**missing)
    source_id, outputs = create(context, ORDERS)
    put = context.api.sources.put

    def late(*args: Any, **more: Any) -> Any:
        emulator.change_source(source_id, deleted=True)
        return put(*args, **more)

    monkeypatch.setattr(context.api.sources, "put", late)
    with pytest.raises(GoneError, match="Run `pulumi refresh`"):
        update(context, source_id, outputs, OTHER)


def test_a_source_that_is_deleted_before_it_is_read_back_is_reported_as_gone(
    emulator: Emulator, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is known of the update, and nothing needs to be."""
    source_id, outputs = create(context, ORDERS)

    def lost(*_: Any, **__: Any) -> Any:
        emulator.change_source(source_id, deleted=True)
        raise NoAnswerError("lost", operation=f"PUT /sources/{source_id}")

    monkeypatch.setattr(context.api.sources, "put", lost)
    with pytest.raises(GoneError, match="Run `pulumi refresh`"):
        update(context, source_id, outputs, OTHER)


def test_something_else_that_is_missing_is_reported_in_the_apis_words(
    emulator: Emulator, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The source itself is there."""
    source_id, outputs = create(context, ORDERS)

    def refused(*_: Any, **__: Any) -> Any:
        raise error_for(operation="PUT /sources/x", status=400, detail="the tag does not exist")

    monkeypatch.setattr(context.api.sources, "put", refused)
    with pytest.raises(BadRequestError, match="the tag does not exist"):
        update(context, source_id, outputs, OTHER)


@pytest.mark.parametrize("status", [403, 404])
def test_keys_that_nobody_knows_are_sent_along_if_the_api_does_not_say_whom_they_belong_to(
    emulator: Emulator, context: Context, status: int
) -> None:
    """Rather too much than too little: what is left out of an update is wiped."""
    emulator.faults(unknown_keys="keep", api_error={"value": status, "path": "/sources/connectors"})
    source_id, outputs = create(context, ORDERS)
    emulator.change_source(source_id, config={"a.key.of.tomorrow": "set in the web page"})
    update(context, source_id, outputs, OTHER)
    assert stored(emulator, source_id)["config"]["a.key.of.tomorrow"] == "set in the web page"
