"""The table and what becomes of it: in milliseconds, without engine and network."""

from collections import Counter
from pathlib import Path

import pytest
from table import TableError, read_table

from streamkap_pulumi.testing import StreamkapMocks

PROJECT = Path(__file__).parents[1]
PASSWORDS = dict.fromkeys(
    ("shopPassword", "billingPassword", "webPassword", "erpPassword", "cataloguePassword"), "for-tests"
)


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_every_row_becomes_a_source_that_streamkap_would_take(streamkap_mocks: StreamkapMocks, stack: str) -> None:
    """A wrong value fails here as it would in a preview; production is protected."""
    declared = streamkap_mocks.run(PROJECT, stack=stack, secrets=PASSWORDS)
    connectors = Counter(source.inputs["connector"] for source in declared.sources.values())
    assert connectors == {"postgresql": 15, "mysql": 6, "sqlserveraws": 5, "mongodb": 4}
    assert {source.protect for source in declared.sources.values()} == {stack == "prod"}
    assert declared.outputs["sources"]["orders"]["topics"] == ["public.orders", "public.orders_history"]


def test_no_password_is_in_clear(streamkap_mocks: StreamkapMocks) -> None:
    """Each source has exactly one secret, under whatever key its connector keeps it."""
    declared = streamkap_mocks.run(PROJECT, stack="dev", secrets=PASSWORDS)
    assert {len(source.secrets) for source in declared.sources.values()} == {1}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("{name: a, database: shop, tables: []}", "row 1 (a): tables: List should have at least 1 item"),
        ("{name: a, database: shop, table: [x.y]}", "row 1 (a): table: Extra inputs are not permitted"),
        ("{name: A b, database: shop, tables: [x.y]}", "row 1 (A b): name: String should match pattern"),
        ("{name: a, database: shoop, tables: [x.y]}", "a: there is no database 'shoop'; there are shop"),
        ("{name: a, database: shop, slot: a, tables: [x.y]}", "a: PostgreSQL needs a slot, and nothing else has one"),
        ("just a word", "row 1 (just a word): Input should be a valid dictionary"),
        ("{name: a, was: a, database: shop, tables: [x.y]}", "a: the name 'a' is that of a too"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, row: str, said: str) -> None:
    """By its own name, and with what is wrong in it."""
    file = tmp_path / "sources.yaml"
    file.write_text(f"databases:\n  shop: {{connector: mysql, database: d, password: p}}\nsources:\n  - {row}\n")
    with pytest.raises(TableError) as refused:
        read_table(file)
    assert said in str(refused.value)


def test_a_file_that_is_not_yaml_is_reported_by_line_and_column(tmp_path: Path) -> None:
    """And one that is not there by the reason."""
    file = tmp_path / "sources.yaml"
    with pytest.raises(TableError, match="it cannot be read: No such file"):
        read_table(file)
    file.write_text("databases:\n  shop: {connector: mysql\nsources: []\n")
    with pytest.raises(TableError, match=r"line 3, column 8: "):
        read_table(file)


def test_a_password_may_hold_what_means_something_in_an_address(streamkap_mocks: StreamkapMocks) -> None:
    """MongoDB's stands in one."""
    declared = streamkap_mocks.run(PROJECT, stack="dev", secrets={**PASSWORDS, "cataloguePassword": "p@ss/word"})
    address = declared.sources["products"].config["mongodb.connection.string.user.defined"]
    assert address.startswith("mongodb+srv://streamkap:p%40ss%2Fword@")
