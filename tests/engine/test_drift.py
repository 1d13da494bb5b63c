"""What changes behind the stack's back, and what only reads so."""

from __future__ import annotations

import pytest

from streamkap_pulumi.emulator import Emulator
from tests.engine.programs import ORDERS, changed
from tests.engine.stack import Stack
from tests.engine.traffic import methods, only, traffic

LOOKS = [
    {"secret_null_echo": "on", "ports_as": "int", "reorder_lists": "reverse", "empty_tags": "null"},
    {"mask_style": "stars", "ports_as": "string", "reorder_lists": "blanks", "empty_tags": "omit", "extra_keys": "on"},
    {"null_hidden_conditionals": "all", "drop_tenant_ids": "on", "backfill": "on", "stringify_backfill": "off"},
]
"""How one and the same source may read, as the real API is known to show it."""

SHOWN_SO = changed(
    ORDERS,
    '"schema.include.list": ["public"],',
    '"schema.include.list": ["public", "audit"], "ssh.enabled": False, "streamkap.snapshot.parallelism": 3,',
)

PAYMENTS = """
payments = streamkap.Source(
    "payments",
    config=streamkap.StripeWebhookConfig(
        camel_source_snapshot_stripe_api_key="declared-canary",
        topic_include_list=["customer", "invoice"],
    ),
)
"""

PAIR = """
first = streamkap.Source("first", name="a", config=streamkap.WebhookConfig(format="json"))
second = streamkap.Source("second", name="b", config=streamkap.WebhookConfig(format="json"))
"""
SWAPPED = PAIR.replace('"a"', '"x"').replace('"b"', '"a"').replace('"x"', '"b"')


def test_masked_null_reordered_and_retyped_values_never_look_like_drift(stack: Stack, emulator: Emulator) -> None:
    """Neither to a refresh nor to the preview after it."""
    stack.program(SHOWN_SO).up().succeeded()
    for faults in LOOKS:
        emulator.faults(**faults)
        stack.refresh("--expect-no-changes").succeeded()
        emulator.reset_faults()
    stack.pulumi("preview", "--expect-no-changes").succeeded()


def test_a_pattern_with_a_comma_is_not_drift_and_no_failed_update(stack: Stack, emulator: Emulator) -> None:
    """Though the API writes a blank behind every comma."""
    patterns = r"public.orders_[0-9]{1,3},public.a\,b"
    program = changed(ORDERS, '"public.orders", "public.customers"', f"*r'{patterns}'.split('|')")
    stack.program(program).up().succeeded()
    emulator.faults(reorder_lists="blanks")
    stack.refresh("--expect-no-changes").succeeded()
    stack.program(changed(program, "db.example.com", "db2.example.com")).up().succeeded()
    assert only(emulator)["config"]["table.include.list.user.defined"] == patterns
    stack.rests()


def test_a_secret_that_was_set_in_the_web_page_survives_every_update(stack: Stack, emulator: Emulator) -> None:
    """It is not declared, and the update replaces the whole config; it gets into no state and no output."""
    key = "camel.source.payload.router.stripe.signing.secret"
    stack.program(PAYMENTS).up().succeeded()
    emulator.change_source(only(emulator)["id"], config={key: "canary-of-the-web-page"})
    for old, new in (('["customer", "invoice"]', '["customer"]'), ("declared-canary", "rotated-canary")):
        with traffic(emulator) as requests:
            stack.program(changed(PAYMENTS, old, new)).up().succeeded().hides("canary-of-the-web-page")
        assert methods(requests) == ["GET", "PUT", "GET"]
        assert only(emulator)["config"][key] == "canary-of-the-web-page"
    assert "canary-of-the-web-page" not in str(stack.sources())
    stack.rests()


@pytest.mark.long
def test_credentials_of_another_tenant_or_project_update_nothing_and_forget_nothing(
    stack: Stack, emulator: Emulator
) -> None:
    """They do not see the source, which is not a reason to make it again."""
    stack.program(ORDERS).up().succeeded()
    before = only(emulator)
    mine = {name: stack.environment[name] for name in ("STREAMKAP_CLIENT_ID", "STREAMKAP_SECRET")}
    stack.program(changed(ORDERS, "db.example.com", "db2.example.com"))
    for client in ("other", "project"):
        stack.environment |= {"STREAMKAP_CLIENT_ID": f"{client}-client", "STREAMKAP_SECRET": f"{client}-secret"}
        stack.up().failed().shows("It is not considered deleted")
        assert only(emulator) == before
        assert stack.sources()["orders"]["id"] == before["id"]
    stack.environment |= mine
    stack.up().succeeded()
    assert only(emulator)["id"] == before["id"]
    stack.rests()


@pytest.mark.long
def test_an_api_that_does_not_say_which_account_the_credentials_belong_to_is_enough(
    stack: Stack, emulator: Emulator
) -> None:
    """A lost answer is found again, and what is gone is believed to be gone, with the credentials that made it."""
    lost = {"value": "after_commit", "times": 1, "method": "POST", "path": "/sources"}
    unknown = {"value": 404, "path": "/auth/whoami"}
    emulator.faults(api_error=unknown, drop_tenant_ids="on", connection_drop=lost)
    stack.program(ORDERS).up().succeeded().shows("it was created, though the answer was lost")
    stack.rests_at_every_step()
    emulator.change_source(only(emulator)["id"], deleted=True)
    mine = dict(stack.environment)
    stack.environment |= {"STREAMKAP_CLIENT_ID": "project-client", "STREAMKAP_SECRET": "project-secret"}
    stack.refresh().failed().shows(
        "Streamkap does not say which account these credentials belong to", "not considered deleted"
    )
    assert list(stack.sources()) == ["orders"]
    stack.environment |= mine
    stack.refresh().succeeded()
    assert stack.sources() == {}
    stack.up().succeeded()
    stack.rests()
    emulator.change_source(only(emulator)["id"], deleted=True)
    stack.destroy().succeeded()
    assert stack.sources() == {}


@pytest.mark.long
def test_two_sources_that_swap_their_names_are_reported_the_way_and_nothing_is_lost(
    stack: Stack, emulator: Emulator
) -> None:
    """The API takes one change at a time, and a name is unique."""
    stack.program(PAIR).up().succeeded()
    ids = {name: source["id"] for name, source in stack.sources().items()}
    before = emulator.sources(secrets=True)
    stack.program(SWAPPED).up().failed().shows(
        "the name 'b' is taken",
        f"by the source {ids['second']}, connector webhook",
        "nothing of it was changed",
        "give one of them a name that nobody has, run `pulumi up`, and then give it the other's name",
    )
    assert emulator.sources(secrets=True) == before
    assert {name: source["id"] for name, source in stack.sources().items()} == ids


@pytest.mark.long
def test_two_sources_swap_their_names_by_way_of_a_third_name(stack: Stack, emulator: Emulator) -> None:
    """As the error says; neither is created again."""
    stack.program(PAIR).up().succeeded()
    ids = {name: source["id"] for name, source in stack.sources().items()}
    stack.program(changed(PAIR, '"b"', '"for a moment"')).up().succeeded()
    stack.program(changed(SWAPPED, 'name="a"', 'name="for a moment"')).up().succeeded()
    stack.program(SWAPPED).up().succeeded()
    assert {source["id"]: source["name"] for source in emulator.sources()} == {ids["first"]: "b", ids["second"]: "a"}
    stack.rests()


@pytest.mark.long
def test_a_name_that_is_given_up_in_the_same_run_is_had_at_the_latest_in_the_next(
    stack: Stack, emulator: Emulator
) -> None:
    """Which of two updates comes first is the engine's choice."""
    stack.program(PAIR).up().succeeded()
    ids = {name: source["id"] for name, source in stack.sources().items()}
    stack.program(changed(PAIR, '"b"', '"c"').replace('"a"', '"b"'))
    if (run := stack.up()).code:
        run.failed().shows("If that one gives the name up in this run, run `pulumi up` again")
        stack.up().succeeded()
    assert {source["id"]: source["name"] for source in emulator.sources()} == {ids["first"]: "b", ids["second"]: "c"}
    stack.rests()


@pytest.mark.long
def test_a_property_whose_changes_are_ignored_is_left_to_others_once_a_refresh_has_seen_it(
    stack: Stack, emulator: Emulator
) -> None:
    """A refresh takes over what others have set; an update sends what the state holds, as with any resource."""
    opts = """opts=pulumi.ResourceOptions(ignore_changes=['config["database.user"]']), connector=\""""
    ignoring = changed(ORDERS, 'connector="', opts)
    stack.program(ignoring).up().succeeded()
    emulator.change_source(only(emulator)["id"], config={"database.user": "somebody"})
    stack.rests()
    stack.program(changed(ignoring, "db.example.com", "db2.example.com")).up().succeeded()
    stored = only(emulator)["config"]
    assert (stored["database.user"], stored["database.hostname.user.defined"]) == ("somebody", "db2.example.com")
    stack.rests()
    # Without a refresh, what nobody has read is set back by the next update.
    emulator.change_source(only(emulator)["id"], config={"database.user": "another"})
    stack.program(ignoring).up().succeeded()
    assert only(emulator)["config"]["database.user"] == "somebody"
    stack.rests()
