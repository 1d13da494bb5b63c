"""What docs/other-stacks.md shows is run as it stands."""

from __future__ import annotations

import subprocess
import sys

from streamkap_pulumi.api import Streamkap
from streamkap_pulumi.emulator import Emulator
from tests.docs.pages import ROOT, blocks, number_of_blocks
from tests.engine.conftest import MakeStack, emulator, make_stack  # noqa: F401 - fixtures
from tests.engine.programs import ORDERS, changed
from tests.engine.traffic import only

PAGE = "docs/other-stacks.md"


def test_there_are_no_other_blocks_on_the_page() -> None:
    """Each has a test below."""
    assert (len(blocks(PAGE, "python")), number_of_blocks(PAGE)) == (2, 2)


def test_a_reader_of_the_first_programs_exports_works_as_it_stands(make_stack: MakeStack, emulator: Emulator) -> None:  # noqa: F811
    """With the name that the owner has in a backend of files; it needs no credentials."""
    owner = make_stack("infra")
    (owner.folder / "__main__.py").write_text(blocks("README.md", "python")[0], encoding="utf-8")
    owner.configure("dbPassword", "canary", secret=True)
    owner.up().succeeded()
    emulator.forget_requests()
    reader = make_stack("reader", credentials=False)
    program = changed(blocks(PAGE, "python")[0], "acme/infra/prod", f"organization/{owner.project}/{owner.name}")
    (reader.folder / "__main__.py").write_text(program, encoding="utf-8")
    reader.up().succeeded()
    assert reader.outputs() == {"topics": ["public.orders", "public.customers"]}
    assert emulator.requests() == []


def test_the_look_ups_work_as_they_stand(make_stack: MakeStack, emulator: Emulator) -> None:  # noqa: F811
    """With the id of a source that exists."""
    make_stack("owner").program(changed(ORDERS, 'connector="', 'name="orders", connector="')).up().succeeded()
    program = changed(blocks(PAGE, "python")[1], "64a1b2c3d4e5f6a7b8c9d0e1", only(emulator)["id"])
    looker = make_stack("looker")
    (looker.folder / "__main__.py").write_text(program, encoding="utf-8")
    looker.up().succeeded()


def test_the_example_of_the_client_lists_sources() -> None:
    """Without Pulumi, against the emulator; a refused secret is one readable line."""
    example = [sys.executable, str(ROOT / "examples" / "list_sources.py")]

    def run(**environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(example, env=environment, capture_output=True, text=True, check=False)

    with Emulator(faults={"status_delay": 0}) as running:
        with Streamkap(running.url, running.client_id, running.secret) as streamkap:
            made = streamkap.sources.create(name="hook", connector="webhook", config={"format": "json"})
        settings = {"STREAMKAP_HOST": running.url, "STREAMKAP_CLIENT_ID": running.client_id}
        listed = run(**settings, STREAMKAP_SECRET=running.secret)
        refused = run(**settings, STREAMKAP_SECRET="wrong")
    assert (listed.returncode, listed.stdout.split(), listed.stderr) == (0, [made.id, "Active", "webhook", "hook"], "")
    assert refused.returncode == 1
    assert "POST /auth/access-token answered 401" in refused.stderr
    assert "Traceback" not in refused.stderr
