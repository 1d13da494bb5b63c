"""The quickstart, as its README says."""

from __future__ import annotations

from streamkap_pulumi.emulator import Emulator
from tests.engine.traffic import only
from tests.examples.conftest import MakeExample


def test_the_quickstart_works_as_its_readme_says(example: MakeExample, streamkap_emulator: Emulator) -> None:
    """Up, outputs, a second run without changes, and down again."""
    quickstart = example("quickstart")
    assert list(quickstart.sections()) == ["Get ready", "Without an account", "Run it", "Take it down"]
    up = quickstart.run("Run it").succeeded()
    up.shows("public.orders", "Active", only(streamkap_emulator)["id"]).hides("the password of")
    assert only(streamkap_emulator)["config"]["database.password"] == "the password of the database user"
    quickstart.run("Take it down").succeeded()
    assert all(source["deleted"] for source in streamkap_emulator.sources())
