"""What the API refuses, in the user's own spelling."""

from __future__ import annotations

import pytest

from streamkap_pulumi.config.catalogue import SOURCES
from streamkap_pulumi.config.spelling import Spelling
from streamkap_pulumi.lifecycle.errors import in_users_spelling

TYPED = Spelling(typed=True)
ALIAS = Spelling(keys={"database.user": "database.user.user.defined"})


@pytest.mark.parametrize(
    ("text", "spelling", "told"),
    [
        ("config.database.dbname: Field required", TYPED, "config.database_dbname: Field required"),
        ("Missing: database.dbname, database.user.", TYPED, "Missing: database_dbname, database_user."),
        ("'database.port.user.defined' is no port", TYPED, "'database_port' is no port"),
        (
            "database.user is wrong, database.dbname too",
            ALIAS,
            "database.user.user.defined is wrong, database.dbname too",
        ),
        ("database.username and my.database.user stay", TYPED, "database.username and my.database.user stay"),
        ("database.user.more stays, too", TYPED, "database.user.more stays, too"),
        ("nothing of ours", TYPED, "nothing of ours"),
        ("database.dbname", Spelling(), "database.dbname"),
    ],
)
def test_each_property_is_named_as_the_program_names_it(text: str, spelling: Spelling, told: str) -> None:
    """A whole key only, also in a path."""
    assert in_users_spelling(text, SOURCES.find("postgresql"), spelling) == told


def test_of_a_connector_that_is_not_known_the_text_stays() -> None:
    """There is nothing to translate it by."""
    assert in_users_spelling("database.user", None, TYPED) == "database.user"
