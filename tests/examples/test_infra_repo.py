"""A team's repository of thirty sources, as its README says."""

from __future__ import annotations

import json

import pytest

from streamkap_pulumi.emulator import Emulator
from tests.examples.conftest import MakeExample


@pytest.mark.long
def test_the_infra_repository_s_own_tests_pass_where_nobody_is_logged_in(example: MakeExample) -> None:
    """Without an account: the table in milliseconds, production on the real engine, a renaming among it."""
    repository = example("infra-repo")
    repository.settings.clear()
    repository.run("Test it").succeeded().shows("13 passed")


def test_the_infra_repository_works_as_its_readme_says(example: MakeExample, streamkap_emulator: Emulator) -> None:
    """Thirty sources up, one renamed without being touched, another removed, all down."""
    repository = example("infra-repo")

    def alive() -> dict[str, str]:
        return {source["name"]: source["id"] for source in streamkap_emulator.sources() if not source["deleted"]}

    repository.run("Run it").succeeded().hides("a password for the example")
    before = alive()
    assert len(before) == 30
    assert "a password for the example" in json.dumps(streamkap_emulator.sources(secrets=True))
    streamkap_emulator.forget_requests()
    repository.run("Rename a source, remove another").succeeded()
    written = [each["method"] for each in streamkap_emulator.requests() if each["path"].startswith("/sources/")]
    assert set(written) <= {"GET", "DELETE"}
    assert written.count("DELETE") == 1
    (gone,) = before.keys() - alive().keys()
    assert gone.startswith("returns-")
    assert alive().items() <= before.items()
    repository.run("Take it down").succeeded()
    assert alive() == {}


def test_a_wrong_row_fails_the_preview_by_its_name(example: MakeExample) -> None:
    """In one line, without a traceback."""
    repository = example("infra-repo")
    repository.edit("sources.yaml", "{name: visits, database: web", "{name: visits, database: wep")
    shown = repository.shell("pulumi stack init dev && pulumi preview").failed()
    shown.shows("visits: there is no database 'wep'; there are shop, billing, web, erp, catalogue")
