"""The table of faults, their values and their scopes."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from streamkap_pulumi.emulator import BadValueError, Emulator, UnknownSwitchError
from streamkap_pulumi.emulator.faults import parse_rules
from streamkap_pulumi.emulator.switches import SWITCHES, reference_table, reference_text
from tests.emulator.samples import Api, source

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "emulator.md"


def faults_set_in(path: Path) -> Iterator[tuple[str, Any]]:
    """Every fault that a test sets by name, with its value if the source shows it."""
    module = ast.parse(path.read_text(encoding="utf-8"))
    constants = {
        ast.unparse(node.targets[0]): [literal(node.value)] for node in module.body if isinstance(node, ast.Assign)
    }
    for function in ast.walk(module):
        if not isinstance(function, ast.FunctionDef):
            continue
        values = {**constants, **values_of_names(function)}
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "faults":
                for keyword in node.keywords:
                    for value in [literal(keyword.value), *values.get(ast.unparse(keyword.value), ())]:
                        yield str(keyword.arg), value


def values_of_names(function: ast.FunctionDef) -> dict[str, list[Any]]:
    """What the function's arguments are parametrised with, and what its loops over literals go through."""
    pairs = [
        (
            [name.strip() for name in names] if isinstance(names := literal(node.args[0]), tuple) else [names],
            node.args[1],
        )
        for node in function.decorator_list
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.parametrize"
    ]
    pairs += [([ast.unparse(node.target)], node.iter) for node in ast.walk(function) if isinstance(node, ast.For)]
    values: dict[str, list[Any]] = {}
    for names, rows in pairs:
        for row in rows.elts if isinstance(rows, ast.List | ast.Tuple) else ():
            cells = row.elts if isinstance(row, ast.Tuple) and len(names) > 1 else [row]
            for name, cell in zip(names, cells, strict=True):
                values.setdefault(name, []).append(literal(cell))
    return values


def literal(node: ast.expr) -> Any:
    """The value that the expression is written out as, without its scope; None when it is not."""
    if isinstance(node, ast.Dict):
        # A scope may be computed; it is the value that counts.
        for key, value in zip(node.keys, node.values, strict=True):
            if key is not None and literal(key) == "value":
                return literal(value)
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None


def differs(name: str, value: Any) -> bool:
    """Whether this is another value than the switch's default, and one that it takes."""
    try:
        return any(rule.value != SWITCHES[name].default for rule in parse_rules(SWITCHES[name], value))
    except BadValueError:
        return False


def test_every_fault_is_set_by_a_test() -> None:
    """To something other than its default."""
    switched = {
        name
        for path in Path(__file__).parent.glob("test_*.py")
        for name, value in faults_set_in(path)
        if name in SWITCHES and value is not None and differs(name, value)
    }
    assert switched == set(SWITCHES)


def test_every_default_is_one_of_the_switchs_own_values() -> None:
    """And every switch says in a sentence what it does."""
    for switch in SWITCHES.values():
        assert switch.parse(switch.default) == switch.default
        assert switch.doc.endswith(".")
        assert switch.values


def test_the_documentation_has_the_present_table_of_faults() -> None:
    """`reference_table` returns it; after a change, paste it."""
    assert reference_table() in DOCUMENTATION.read_text(encoding="utf-8")


def test_the_command_line_lists_every_fault() -> None:
    """With its default and its values."""
    for switch in SWITCHES.values():
        assert f"{switch.name}={switch.default}\n" in reference_text()


@pytest.mark.parametrize(
    ("name", "given", "meant"),
    [
        ("stuck", True, "on"),
        ("stuck", "ON", "on"),
        ("gateway_after_commit", 502, "502"),
        ("status_delay", "0.5", 0.5),
        ("rate_limit", "off", "off"),
        ("rate_limit", 3, 3),
        ("missing_write", "no_such", "no such"),
        ("retry_after", "http_date", "http-date"),
        ("clock_skew", -5, -5),
        ("status_path", "Starting,Active", "Starting,Active"),
    ],
)
def test_a_value_is_accepted_in_any_spelling(name: str, given: Any, meant: Any) -> None:
    """From JSON and from the command line."""
    assert SWITCHES[name].parse(given) == meant


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("stuck", "perhaps"),
        ("status_delay", -1),
        ("status_delay", "long"),
        ("gateway_after_commit", 500),
        ("clock_skew", "nan"),
        ("end_status", ""),
    ],
)
def test_a_wrong_value_is_refused_with_the_accepted_ones(emulator: Emulator, name: str, given: Any) -> None:
    """And nothing changes, not even other faults in the same call."""
    with pytest.raises(BadValueError, match="It takes: "):
        emulator.faults(**{"missing_get": "404", name: given})
    assert emulator.faults()["missing_get"] == "empty"


def test_an_unknown_fault_is_refused_with_the_nearest_name(emulator: Emulator) -> None:
    """In a test and on the command line."""
    with pytest.raises(UnknownSwitchError, match="Did you mean token_ttl"):
        emulator.faults(token_tll=1)


def test_a_fault_can_have_another_name(api: Api, emulator: Emulator) -> None:
    """With its own values, and the usual scopes; it is shown under its main name."""
    emulator.faults(gateway_504_after_commit={"value": "on", "times": 1})
    assert emulator.faults()["gateway_after_commit"] == "504"
    assert [api.post("/sources", json=source(name)).status_code for name in "ab"] == [504, 200]
    assert emulator.faults(gateway_504_after_commit=504)["gateway_after_commit"] == "504"
    assert emulator.faults(gateway_504_after_commit=None, rate_limit_429="on")["gateway_after_commit"] == "off"
    assert statuses(api, 2) == [429, 429]
    assert emulator.faults(rate_limit_429=5)["rate_limit"] == 5
    assert emulator.faults(rate_limit_429=False)["rate_limit"] == "off"
    with pytest.raises(BadValueError, match="It takes: on, off, 504"):
        emulator.faults(gateway_504_after_commit=502)


@pytest.mark.parametrize(
    "scope",
    [
        {"value": 502, "time": 1},
        {"times": 1},
        {"value": 502, "times": -1},
        {"value": 502, "times": "x"},
        {"value": 502, "path": "sources"},
        {"value": 502, "path": "^("},
        "502;time=1",
    ],
)
def test_a_wrong_scope_is_refused(emulator: Emulator, scope: Any) -> None:
    """A misspelled scope would have no effect."""
    with pytest.raises(BadValueError, match="gateway_before_commit"):
        emulator.faults(gateway_before_commit=scope)


def statuses(api: Api, count: int = 4) -> list[int]:
    """The statuses of as many reads."""
    return [api.get("/sources").status_code for _ in range(count)]


def test_a_fault_can_be_limited_to_a_number_of_requests(api: Api, emulator: Emulator) -> None:
    """Then the switch has its default again."""
    emulator.faults(html_5xx={"value": 502, "times": 2})
    assert statuses(api) == [502, 502, 200, 200]
    assert emulator.faults()["html_5xx"] == "off"


def test_a_fault_can_start_after_a_number_of_requests(api: Api, emulator: Emulator) -> None:
    """Here in the command line's form."""
    emulator.faults(html_5xx="502;after=1;times=1")
    assert statuses(api) == [200, 502, 200, 200]


def test_a_fault_can_be_limited_to_methods_and_paths(api: Api, emulator: Emulator) -> None:
    """Other requests do not count."""
    emulator.faults(html_5xx="502;times=2;method=POST;path=^/sources$")
    assert statuses(api) == [200] * 4
    assert api.post("/sources/search").status_code == 200
    answers = [api.post("/sources", json=source(f"s{n}")).status_code for n in range(3)]
    assert answers == [502, 502, 200]


def test_several_rules_of_one_fault_are_tried_in_order(api: Api, emulator: Emulator) -> None:
    """The first that matches and is not used up wins."""
    emulator.faults(html_5xx=[{"value": 502, "times": 1}, {"value": 503, "times": 1}, "504;times=1"])
    assert statuses(api) == [502, 503, 504, 200]


def test_a_request_counts_once_however_often_a_fault_is_consulted(api: Api, emulator: Emulator) -> None:
    """A list of ten sources is one request."""
    for number in range(3):
        api.new(f"s{number}")
    emulator.faults(mask_style={"value": "null", "times": 1})
    masks = [[entry["config"]["database.password"] for entry in api.get("/sources").json()["result"]] for _ in "ab"]
    assert masks == [[None] * 3, ["********"] * 3]


def test_the_counts_of_a_fault_can_be_read(api: Api, emulator: Emulator) -> None:
    """So that a test can check that it was met."""
    emulator.faults(html_5xx="502;times=3")
    statuses(api, 2)
    described = httpx.get(f"{emulator.control_url}/faults").json()["html_5xx"]
    assert (described["rules"][0]["fired"], described["current"], described["default"]) == (2, "502", "off")


def test_null_and_reset_restore_defaults(api: Api, emulator: Emulator) -> None:
    """One, or all of them."""
    emulator.faults(html_5xx=502, missing_get="404")
    assert emulator.faults(html_5xx=None)["html_5xx"] == "off"
    emulator.reset_faults()
    assert emulator.faults() == {name: switch.default for name, switch in SWITCHES.items()}
