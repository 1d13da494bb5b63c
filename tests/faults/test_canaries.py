"""The search for secrets finds every leak; no public object and no report of a test leaks."""

from __future__ import annotations

import asyncio
import base64
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any

import pulumi
import pytest

import streamkap_pulumi as streamkap
from streamkap_pulumi import api, connectors, testing
from streamkap_pulumi.api.models import Token
from streamkap_pulumi.api.redaction import Redaction
from streamkap_pulumi.kinds.destination import DESTINATION
from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.lifecycle.checking import check
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.declared import Declared
from streamkap_pulumi.lifecycle.keys import SECRET_KEYS
from streamkap_pulumi.resources.lookups import result as looked_up
from tests.api.encoded import ENCODINGS
from tests.engine.stack import ROOT
from tests.faults.canaries import CLIENT_SECRET, CONNECTION, OF_THE_RUN, OF_THE_SOURCE, PASSWORD, USER, Canary, leaks
from tests.faults.program import program_inputs
from tests.faults.stage import Stage
from tests.faults.table import Cell, cells

CELL = "422-list-create"


def cell(name: str) -> Cell:
    return next(each for each in cells() if each.id == name)


CHAINS = [(name,) for name in ENCODINGS] + list(product(ENCODINGS, repeat=2))
"""Every encoding, and every one on top of another."""


def spelled(canary: Canary, chain: tuple[str, ...]) -> str:
    value = canary.value
    for name in chain:
        value = ENCODINGS[name](value)
    return value


OTHER_LEAKS: Mapping[str, Callable[[str], str]] = {
    "in part": lambda value: value[2:-2],
    "its beginning": lambda value: value[: len(value) // 2],
    "its end": lambda value: value[len(value) // 2 :],
    "in capitals": str.upper,
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "base64 within a header": lambda value: base64.b64encode(f"user-1:{value}".encode()).decode(),
    "base64 for URLs": lambda value: base64.urlsafe_b64encode(f"me:{value}".encode()).decode(),
}
"""Spellings that the search finds, although the redaction does not know them."""


@pytest.mark.parametrize("canary", OF_THE_RUN, ids=lambda canary: str(canary.what))
def test_a_leak_is_found_however_it_is_spelled(canary: Canary) -> None:
    """In a string, and in data; the report does not show the secret."""
    spellings = [spelled(canary, chain) for chain in CHAINS] + [leak(canary.value) for leak in OTHER_LEAKS.values()]
    for spelling in spellings:
        text = f"connection refused: {spelling}."
        for content in (text, {"task": [{"trace": text}]}):
            (leak,) = leaks({"here": content}, OF_THE_RUN)
            assert leak.canary is canary
            assert not any(word in str(leak) + repr(leak) for word in canary.words)


@pytest.mark.parametrize("canary", OF_THE_RUN, ids=lambda canary: str(canary.what))
def test_a_leak_names_its_encoding(canary: Canary) -> None:
    """So that it is easy to fix."""
    for chain in CHAINS:
        (leak,) = leaks({"here": spelled(canary, chain)}, [canary])
        assert leak.form in {name for name, form in canary.forms() if form in spelled(canary, chain)}
    assert [each.form for each in leaks({"here": OTHER_LEAKS["in capitals"](canary.value)}, [canary])] == ["in part"]
    assert [each.form for each in leaks({"here": OTHER_LEAKS["base64"](canary.value)}, [canary])] == ["base64"]


@pytest.mark.parametrize("canary", OF_THE_RUN, ids=lambda canary: str(canary.what))
def test_the_redaction_clears_every_spelling(canary: Canary) -> None:
    """And leaves the rest as it is."""
    redaction = Redaction([canary.value])
    for chain in CHAINS:
        cleared = redaction.text(f"connection refused: {spelled(canary, chain)}.")
        assert leaks({"here": cleared}, OF_THE_RUN) == [], chain
        assert cleared == "connection refused: [secret]."


def test_a_canary_changes_under_every_encoding() -> None:
    """Otherwise it would prove nothing. Its words do not change, so the search is for them."""
    for canary in OF_THE_RUN:
        forms = {chain: spelled(canary, chain) for chain in CHAINS}
        assert len({forms[name,] for name in ENCODINGS}) >= len(ENCODINGS) - 5
        assert all(word in form for word in canary.words for form in forms.values())
        assert set("+=&<'%") <= set(canary.value)


LEAKS = {
    "the provider does not redact": """
        import streamkap_pulumi.api.redaction as redaction
        redaction.Redaction.text = lambda self, text: text
        """,
    "a library logs a request": """
        import logging, sys
        import httpx
        build = httpx.Client.build_request
        def request(self, method, url, **more):
            logging.getLogger("careless").debug("%s %s %s", method, url, more)
            return build(self, method, url, **more)
        httpx.Client.build_request = request
        """,
    "a secret is printed": """
        from streamkap_pulumi.lifecycle import creating
        post = creating._Creation._post
        def printing(self):
            print("creating", dict(self._declared.config))
            return post(self)
        creating._Creation._post = printing
        """,
}
FOUND = {
    "the provider does not redact": {"the error's text (0)", "what gRPC says about the error (0)"},
    "a library logs a request": {"standard error, DEBUG logs included"},
    "a secret is printed": {"standard output"},
}


@pytest.mark.usefixtures("provider_host")
@pytest.mark.parametrize(
    "leak",
    [
        "the provider does not redact",
        pytest.param("a library logs a request", marks=pytest.mark.long),
        pytest.param("a secret is printed", marks=pytest.mark.long),
    ],
)
def test_a_deliberate_leak_of_the_real_process_is_found(leak: str, tmp_path: Path) -> None:
    """The search finds nothing in the fault matrix, but it finds this."""
    folder = tmp_path / "leaking"
    folder.mkdir()
    debug = (Path(__file__).parent / "debug" / "sitecustomize.py").read_text(encoding="utf-8")
    (folder / "sitecustomize.py").write_text(debug + textwrap.dedent(LEAKS[leak]), encoding="utf-8")
    found = Stage(cell(CELL), tmp_path / "cell", python_path=folder).run().leaks()
    assert {each.place for each in found} == FOUND[leak]
    assert {each.canary for each in found} >= set(OF_THE_SOURCE)


# Public objects.


def configuration() -> dict[str, Any]:
    return dict(program_inputs()["config"])


def declared() -> Declared:
    inputs, _ = check(SOURCE, program_inputs(), {}, lambda _: False)
    return Declared.from_inputs(SOURCE, {**inputs, SECRET_KEYS: ["database.user"]})


def typed(name: str) -> Any:
    """The typed config with a canary in each field that a secret may be in."""
    kind = getattr(streamkap, name)
    found = {
        key: CONNECTION.value if "string" in key else PASSWORD.value
        for key, known in kind.about().properties.items()
        if known.secret and not known.server_assigned
    }
    # Other required values are not known yet, as in a program with outputs.
    others = {key for key, known in kind.about().properties.items() if not known.server_assigned}
    return kind.from_properties({**{key: pulumi.Output.secret(USER.value) for key in others}, **found})


def client() -> api.Streamkap:
    return api.Streamkap("https://streamkap.test", "me", CLIENT_SECRET.value)


def source() -> api.SourceConnector:
    quoted = {"0": {"trace": PASSWORD.value}}
    return api.SourceConnector.model_validate({"id": "64a1", "config": configuration(), "task_statuses": quoted})


def config_error() -> streamkap.ConfigError:
    kind: Any = streamkap.PostgreSQLConfig
    with pytest.raises(streamkap.ConfigError) as caught:
        kind(database_password=[PASSWORD.value], database_port="soon")
    return caught.value


def result() -> streamkap.SourceResult:
    return looked_up(SOURCE, streamkap.SourceResult, source())


def destination() -> api.DestinationConnector:
    return api.DestinationConnector.model_validate(source().model_dump())


def resource() -> testing.DeclaredResource:
    return testing.DeclaredResource("streamkap:Source", "orders", "urn", "64a1", configuration(), configuration())


def stack() -> testing.Stack:
    """As in the report of a user's failed test; created without running anything."""
    made = testing.Stack.__new__(testing.Stack)
    made.__dict__ |= {"folder": Path("infra"), "backend": Path("backend"), "environment": {"KEY": CLIENT_SECRET.value}}
    return made


def of_the_tree(kind: type[api.StreamkapError]) -> Callable[[], api.StreamkapError]:
    """An error from the API, which quotes what was sent in `input`; or one of our own."""
    complaint = [{"loc": ["body", "config"], "msg": "Field required", "input": configuration()}]
    if issubclass(kind, api.APIError):
        return lambda: kind(operation="POST /sources", status=422, detail=complaint)
    return lambda: kind("it failed")


SPECIMENS: dict[str, Callable[[], object]] = {
    "ConfigError": config_error,
    "ConnectorConfig": lambda: typed("PostgreSQLConfig"),
    "SourceResult": result,
    "DestinationResult": lambda: looked_up(DESTINATION, streamkap.DestinationResult, destination()),
    "Settings": lambda: api.Settings("https://streamkap.test", "me", CLIENT_SECRET.value),
    "Streamkap": client,
    "SourceConnector": source,
    "SourcePage": lambda: api.SourcePage(result=[source()]),
    "DestinationConnector": destination,
    "DestinationPage": lambda: api.DestinationPage(result=[destination()]),
    "Whoami": lambda: api.Whoami.model_validate({"tenant_id": "a", "token": CLIENT_SECRET.value}),
    "Declared": declared,
    "Context": lambda: Context(SOURCE, client()),
    "Redaction": lambda: Redaction([each.value for each in OF_THE_RUN]),
    "testing.Stack": stack,
    "testing.DeclaredResource": resource,
    "testing.Declared": lambda: testing.Declared([resource()], {"password": PASSWORD.value}),
    "Token": lambda: Token.model_validate({"accessToken": PASSWORD.value, "refreshToken": PASSWORD.value}),
    **{name: (lambda name=name: typed(name)) for name in connectors.__all__},  # type: ignore[misc]
    **{
        name: of_the_tree(kind)
        for name in api.__all__
        if isinstance(kind := getattr(api, name), type) and issubclass(kind, api.StreamkapError)
    },
}
"""How to create each public object that can hold a secret, with a canary in it."""

NOTHING_IN_IT = {
    "Source": "a resource holds Outputs, whose text is a fixed one",
    "Destination": "the same",
    "Tag": "the same; and nothing of a tag is secret",
    "TagResult": "nothing of a tag is secret",
    "Interruption": "only whether it came",
    "CheckedObjects": "names and connectors, and no config",
    "Retries": "numbers",
    "Timeouts": "numbers",
    "testing.Run": "what a terminal has shown, which is searched by itself",
    "testing.MakeStack": "a function's type",
    "testing.StreamkapMocks": "it has the repr of any object",
    "testing.EngineNotFoundError": "says where it searched for the engine",
    "testing.ProjectError": "says what is wrong with a project's files",
    "testing.SourcesRefusedError": "the faults that a preview reports, of which ConfigError is the specimen",
}


async def shown(name: str) -> str:
    """The object in `repr`, in `str`, inside another object, and in a format string."""
    made = SPECIMENS[name]()
    return f"{made!r} {made!s} {[made]!r} {made}"


@pytest.mark.parametrize("name", [*SPECIMENS])
def test_no_public_object_shows_a_secret(name: str) -> None:
    """However it is shown.

    Outputs need an event loop. This one runs in its own thread, so that it does not depend on the loops of other tests,
    and does not change them.
    """
    with ThreadPoolExecutor(1) as thread:
        text = thread.submit(lambda: asyncio.run(shown(name))).result()
    assert leaks({name: text}, OF_THE_RUN) == []


def test_every_public_object_is_checked() -> None:
    """A new one needs a specimen, or the reason why it cannot hold a secret."""
    for module, prefix in ((streamkap, ""), (api, ""), (testing, "testing.")):
        for name in module.__all__:
            if isinstance(getattr(module, name), type):
                assert prefix + name in SPECIMENS or prefix + name in NOTHING_IN_IT, f"{module.__name__}.{name}"
    assert set(SPECIMENS) & set(NOTHING_IN_IT) == set()


# Reports.

WRONG = """
from tests.faults import judgement

genuine = judgement.faults_of
judgement.faults_of = lambda cell, seen: [*genuine(cell, seen), "it fails on purpose", repr(seen)]
"""


@pytest.mark.long
def test_the_report_of_a_cell_that_fails_shows_no_secret(tmp_path: Path) -> None:
    """With its local variables, and with the whole observation."""
    (tmp_path / "made_to_fail.py").write_text(WRONG, encoding="utf-8")
    paths = os.pathsep.join([str(tmp_path), str(ROOT)])
    command = ["-m", "pytest", "tests/faults/test_matrix.py", "-k", CELL, "-p", "made_to_fail", "-vv", "-l", "-rA"]
    run = subprocess.run(
        [sys.executable, *command, "--tb=long", "-p", "no:cacheprovider", f"--junit-xml={tmp_path / 'report.xml'}"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "it fails on purpose" in run.stdout, run.stdout[-2000:] + run.stderr[-2000:]
    assert "fault matrix: 0 of 1 cells" in run.stdout
    report = (tmp_path / "report.xml").read_text(encoding="utf-8")
    assert leaks({"output": run.stdout, "errors": run.stderr, "report": report}, OF_THE_RUN) == []
