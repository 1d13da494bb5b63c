"""Nothing is deleted that certainly cannot be created again, and no two sources get one name."""

from __future__ import annotations

import pytest

from streamkap_pulumi.emulator import Emulator
from tests.engine.programs import MYSQL, ORDERS, changed
from tests.engine.stack import Stack
from tests.engine.traffic import methods, only, traffic


def of(connector: str) -> str:
    """ORDERS with another connector and the same config."""
    return changed(ORDERS, 'connector="postgresql"', f"connector={connector!r}")


WITHOUT_HIDDEN = """
def bare(args):
    props = {name: value for name, value in args.props.items() if name == "__provider" or name[:2] != "__"}
    return pulumi.ResourceTransformResult(props=props, opts=args.opts)
"""


def test_a_slip_in_the_connector_is_refused_before_anything_is_deleted(stack: Stack, emulator: Emulator) -> None:
    """In the preview already, and without a request. As a new source, which loses nothing, it is a warning."""
    stack.program(ORDERS).up().succeeded()
    before = only(emulator)
    with traffic(emulator) as requests:
        for slip in ("postgres", "PostgreSQL"):
            run = stack.program(of(slip)).preview().failed()
            run.shows(f"connector: {slip!r} is not a connector", "did you mean 'postgresql'?", "another resource name")
            run.hides("Traceback", "canary")
        stack.up().failed().shows("did you mean 'postgresql'?")
    assert requests == []
    assert only(emulator) == before

    second = of("postgres").replace("orders", "second").split("pulumi.export")[0]
    stack.program(ORDERS + second).preview().succeeded().shows("does not know 'postgres'; did you mean 'postgresql'?")
    stack.program(ORDERS).rests_at_every_step()


@pytest.mark.long
def test_a_connector_that_streamkap_does_not_know_is_refused_by_the_run_and_never_by_a_preview(
    stack: Stack, emulator: Emulator
) -> None:
    """`--replace` calls no diff: there the deletion itself is what is refused."""
    stack.program(ORDERS).up().succeeded()
    before = only(emulator)
    urn = stack.sources()["orders"]["urn"]
    stack.program(of("teradata"))
    with traffic(emulator) as requests:
        stack.preview().succeeded().shows("does not know 'teradata'", "to replace")
    assert requests == []
    with traffic(emulator) as requests:
        for arguments in ((), ("--replace", urn)):
            run = stack.up(*arguments).failed()
            run.shows("Streamkap does not have the connector 'teradata'", "not deleted").hides("Traceback", "canary")
        stack.program(of("postgres")).up("--replace", urn).failed().shows("did you mean 'postgresql'?", "not deleted")
        # Whatever the name becomes, and where a transform has removed the hidden inputs.
        renamed = changed(of("postgres"), "connector=", 'name="renamed", connector=')
        stack.program(renamed).up("--replace", urn).failed().shows("did you mean 'postgresql'?", "not deleted")
        bare = changed(of("teradata"), "    },\n)", "    },\n    opts=pulumi.ResourceOptions(transforms=[bare]),\n)")
        stack.program(WITHOUT_HIDDEN + bare).up().failed().shows("Streamkap does not have", "not deleted")
        run = stack.up("--replace", urn).failed()
        run.shows("name: it is missing", "a transform has removed the hidden inputs")
    assert {request["method"] for request in requests} == {"GET"}
    assert {request["path"] for request in requests} == {"/sources/connectors"}
    assert only(emulator) == before
    stack.program(ORDERS).rests_at_every_step()


@pytest.mark.long
def test_a_replacement_goes_on_with_a_warning_where_streamkap_cannot_say_which_connectors_it_knows(
    stack: Stack, emulator: Emulator
) -> None:
    """A role that may not read the connectors, for one."""
    stack.program(ORDERS).up().succeeded()
    emulator.faults(forbidden={"value": "on", "path": "/sources/connectors"})
    with traffic(emulator) as requests:
        stack.program(MYSQL).up().succeeded().shows("orders", "could not check whether", "answered 403")
    assert methods(requests) == ["GET", "DELETE", "GET", "POST", "GET"]
    assert only(emulator)["connector"] == "mysql"
    stack.rests()


@pytest.mark.long
def test_a_replacement_whose_new_name_is_taken_deletes_nothing(stack: Stack, emulator: Emulator) -> None:
    """Another connector and another name in one change."""
    other = changed(ORDERS, '"orders",', '"other", name="taken",').replace("orders =", "other =")
    stack.program(ORDERS + other.split("pulumi.export")[0]).up().succeeded()
    ids = {source["id"] for source in emulator.sources()}
    stack.program(changed(MYSQL, '"orders",', '"orders", name="taken",'))
    with traffic(emulator) as requests:
        stack.up("--target", stack.sources()["orders"]["urn"]).failed().shows("'taken' already exists", "not deleted")
    assert {request["method"] for request in requests} == {"GET"}
    assert {source["id"] for source in emulator.sources() if not source["deleted"]} == ids


@pytest.mark.long
def test_two_sources_of_one_name_are_refused_in_the_preview(stack: Stack) -> None:
    """Also where one of the names is worked out, and where one of the two is of a derived class."""
    head = f"{ORDERS.split('orders = ')[0]}settings = dict({ORDERS.split('Source(')[1].split('pulumi.export')[0]}"
    settings = head.replace('"orders",\n', "")
    program = settings + 'streamkap.Source("one", name="shop", **settings)\n'
    own = "class Own(streamkap.Source): pass\n"
    run = stack.program(program + own + 'Own("two", name="shop", **settings)').preview().failed()
    run.shows("name: the source", "of this program also has the name 'shop'").hides("canary", "Traceback")

    stack.program(program + 'streamkap.Source("two", **settings)').up().succeeded()
    worked_out = stack.sources()["two"]["outputs"]["name"]
    twice = program + f'streamkap.Source("two", **settings)\nstreamkap.Source("three", name={worked_out!r}, **settings)'
    stack.program(twice).preview().failed().shows(f"also has the name {worked_out!r}")

    # A source that is replaced is checked twice, and two that swap their names have two names.
    mysql = 'connector="mysql", config=streamkap.MySQLConfig(database_hostname="h", database_user="u", '
    mysql += 'database_password="canary", database_include_list="shop", table_include_list=["shop.orders"])'
    swapped = program.replace("shop", worked_out) + 'streamkap.Source("two", name="shop", **settings)'
    stack.program(swapped).preview().succeeded().shows("2 to update")
    replaced = f'streamkap.Source("one", name="shop", {mysql})\nstreamkap.Source("two", {mysql})'
    stack.program(replaced).preview().succeeded().shows("2 to replace")


def test_a_stringified_output_and_blanks_in_hosts_are_refused_in_the_preview(stack: Stack) -> None:
    """All at once; what is doubtful elsewhere is a warning. No value is shown."""
    program = changed(ORDERS, '"db.example.com"', 'f"db.{other}"').replace(
        "orders = ", "other = pulumi.Output.from_input('x')\norders = "
    )
    program = changed(
        program,
        '"database.dbname": "shop"',
        '"database.dbname": "shop", "ssh.enabled": True, "ssh.host": "bastion\\n", "ssh.user": "me"',
    )
    program = changed(program, 'connector="postgresql"', 'connector="postgresql", name="or\\tders", tags=[f"{other}"]')
    program = changed(program, '"canary-of-the-database"', '"canary-of-the-database\\n"')
    stack.program(program).preview().failed().shows(
        "config.database.hostname.user.defined: it contains the text that Python writes for an Output",
        "tags[0]: it contains the text that Python writes for an Output",
        "pulumi.Output.format",
        "config.ssh.host: it has a line break at its end",
        "name: it has a tab in it",
        "config.database.password: it has a line break at its end",
    ).hides("canary")


@pytest.mark.long
def test_a_forced_replacement_after_a_stack_was_renamed_says_that_the_name_changes(
    stack: Stack, emulator: Emulator
) -> None:
    """A replacement for another connector keeps the recorded name."""
    stack.program(ORDERS).up().succeeded()
    first = only(emulator)["name"]
    stack.pulumi("stack", "rename", "renamed").succeeded()
    stack.name = "renamed"
    stack.preview("--expect-no-changes").succeeded().shows(f"orders: its name in Streamkap is {first!r}")
    stack.program(MYSQL).up().succeeded()
    assert only(emulator)["name"] == first
    urn = stack.sources()["orders"]["urn"]
    run = stack.up("--replace", urn).succeeded()
    second = only(emulator)["name"]
    assert second != first
    run.shows(f"orders: its name in Streamkap changes from {first!r} to {second!r}")
    stack.rests()
