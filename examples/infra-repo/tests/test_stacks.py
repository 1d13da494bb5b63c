"""The whole program on the real engine, against a local emulator of Streamkap."""

from test_table import PASSWORDS, PROJECT

from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.testing import MakeStack


def test_production_comes_up_rests_keeps_a_renamed_source_and_protects_what_is_removed(
    streamkap_stack: MakeStack, streamkap_emulator: Emulator
) -> None:
    """Thirty sources; a second run changes nothing; one goes only after its protection was taken away."""
    stack = streamkap_stack(PROJECT, name="prod", secrets=PASSWORDS)
    stack.up().succeeded().shows("32 created").hides("for-tests")
    made = {source["id"] for source in streamkap_emulator.sources()}
    assert len(made) == 30
    stack.rests()

    streamkap_emulator.forget_requests()
    stack.edit("sources.yaml", "{name: ledger,", "{name: journal, was: ledger,")
    stack.up().succeeded()
    assert streamkap_emulator.requests() == []
    assert "journal" in stack.outputs()["sources"]
    stack.edit("sources.yaml", "was: ledger, ", "").rests()

    stack.edit("sources.yaml", "  - {name: returns, database: shop, slot: returns, tables: [public.returns]}\n", "")
    stack.up().failed().shows("returns", "protect")
    assert not any(source["deleted"] for source in streamkap_emulator.sources())
    stack.pulumi("state", "unprotect", stack.sources()["returns"]["urn"], "--yes").succeeded()
    stack.up().succeeded()
    assert [source["deleted"] for source in streamkap_emulator.sources()].count(True) == 1
