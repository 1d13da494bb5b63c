"""No operation says a secret in the API's words, in whatever encoding: not in an error, not in progress."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from streamkap_pulumi import api
from streamkap_pulumi.api.settings import Retries
from streamkap_pulumi.kinds.source import SOURCE
from streamkap_pulumi.lifecycle.actions import change_state
from streamkap_pulumi.lifecycle.adopting import adoption
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.creating import create
from streamkap_pulumi.lifecycle.deleting import delete
from streamkap_pulumi.lifecycle.keys import NOT_READY
from streamkap_pulumi.lifecycle.reading import read
from streamkap_pulumi.lifecycle.recovering import PendingCreate, match
from streamkap_pulumi.lifecycle.updating import update
from tests.api.encoded import ENCODINGS
from tests.lifecycle.samples import a_source, but

WORDS = ("kestrelvane", "siskinloft", "plovermoss")
PASSWORD = "kestrelvane+/=&<\"' ä\\siskinloft"
USER = "me&plovermoss"
QUOTED = " and ".join(encode(secret) for encode in ENCODINGS.values() for secret in (PASSWORD, USER))
"""What the API says: the two in every encoding."""
DECLARED = a_source(
    name="orders",
    connector="postgresql",
    config={
        "database.hostname.user.defined": "db.example.com",
        "database.dbname": "shop",
        "database.user": USER,
        "database.password": PASSWORD,
        "schema.include.list": "public",
        "table.include.list.user.defined": "public.orders",
    },
    secret_keys=("database.user",),
    timeouts={"create": "1s", "update": "1s", "delete": "1s"},
)
CONFIG = json.loads(json.dumps(dict(DECLARED.config)))
ROW: dict[str, Any] = {
    "id": "64a1",
    "name": "orders",
    "connector": "postgresql",
    "config": CONFIG,
    "tenant_id": "t",
    "service_id": "p",
    "connector_status": "Broken",
    "created_timestamp": "2026-01-01T00:00:00Z",
    "tasks": [0, {"error": QUOTED}],
    "task_statuses": {"0": {"state": "FAILED", "trace": f"org.apache.X: {QUOTED}\n\tat a.b.C"}},
}
RECORDED = DECLARED.inputs() | {"id": "64a1", "tenant_id": "t", "service_id": "p", "__secret_keys": ["database.user"]}
CHANGED = but(DECLARED, config={**DECLARED.config, "database.dbname": "other"})


def refusing(method: str, path: str, answer: httpx.Response) -> Callable[[httpx.Request], httpx.Response]:
    """An API that answers so to one kind of request, and has one source."""

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/auth/access-token":
            return httpx.Response(200, json={"accessToken": "a-token", "expiresIn": 3600})
        if request.method == method and request.url.path.startswith(path):
            return answer
        if request.url.path == "/auth/whoami":
            return httpx.Response(200, json={"tenant_id": "t", "service_id": "p"})
        if request.method == "GET":
            return httpx.Response(200, json={"result": [ROW], "page": 1, "page_size": 100, "total": 1})
        return httpx.Response(200, json=ROW)

    return handler


def said_by(
    operate: Callable[[Context], Any], method: str, path: str, answer: httpx.Response
) -> tuple[str, BaseException | None]:
    """What is reported of an operation: its progress and its outputs, and the error."""
    said: list[str] = []
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    with api.Streamkap(
        "https://streamkap.test",
        "me",
        "s",
        retries=Retries(count=0),
        http=httpx.MockTransport(refusing(method, path, answer)),
    ) as streamkap:
        context = Context(SOURCE, streamkap, report=said.append, clock=lambda: now[0], sleep=sleep)
        try:
            made = operate(context)
        except api.StreamkapError as error:
            return " ".join(said), error
    return " ".join([*said, str(made)]), None


def created(context: Context) -> dict[str, Any]:
    """The outputs of a create, without the config: the engine encrypts its secrets."""
    return {key: value for key, value in create(context, DECLARED)[1].items() if key != "config"}


OPERATIONS: dict[str, tuple[Callable[[Context], Any], str, str]] = {
    "create": (created, "POST", "/sources"),
    "create, a search": (created, "GET", "/sources"),
    "update": (lambda context: update(context, "64a1", RECORDED, CHANGED), "PUT", "/sources"),
    "update, the look before": (lambda context: update(context, "64a1", RECORDED, CHANGED), "GET", "/sources"),
    "read": (lambda context: read(context, "64a1", RECORDED), "GET", "/sources"),
    "delete": (lambda context: delete(context, "64a1", RECORDED), "DELETE", "/sources"),
    "delete, a read": (lambda context: delete(context, "64a1", RECORDED), "GET", "/sources"),
    "adopt": (lambda context: adoption(context, DECLARED, "64a1"), "GET", "/sources"),
    "adopt, who": (lambda context: adoption(context, DECLARED, None), "GET", "/auth/whoami"),
    "recover": (lambda context: match(context, [PendingCreate(DECLARED, None)], [], 1.0), "GET", "/sources"),
    "recover, who": (lambda context: match(context, [PendingCreate(DECLARED, None)], [], 1.0), "GET", "/auth/whoami"),
}
ANSWERS = {
    "a string": httpx.Response(422, json={"detail": f"refused: {QUOTED}"}),
    "a list": httpx.Response(422, json={"detail": [{"loc": ["body", QUOTED], "msg": QUOTED}, {"msg": QUOTED}]}),
    "an object": httpx.Response(500, json={"detail": {"code": QUOTED, "message": QUOTED, "issues": [QUOTED]}}),
    "a name taken": httpx.Response(422, json={"detail": f"Source name already exists: {QUOTED}"}),
    "plain": httpx.Response(500, text=QUOTED, headers={"Content-Type": "text/plain"}),
    "a gateway": httpx.Response(503, json={"message": QUOTED}),
    "none there": httpx.Response(404, json={"detail": f"not found: {QUOTED}"}),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
@pytest.mark.parametrize(("operate", "method", "path"), OPERATIONS.values(), ids=OPERATIONS.keys())
def test_no_operation_says_a_secret_that_the_api_quotes(
    operate: Callable[[Context], Any], method: str, path: str, answer: httpx.Response
) -> None:
    """Neither as string nor in its parts: whoever prints the error itself says none either."""
    said, error = said_by(operate, method, path, answer)
    told = f"{said} {error} {error!r} {vars(error) if error else ''}"
    assert [word for word in WORDS if word in told] == []


def test_what_is_recorded_of_a_source_quotes_no_secret() -> None:
    """Its tasks' traces do; they are reported in the reason why it is not ready, and in the outputs."""

    def read_again(context: Context) -> dict[str, Any]:
        found = read(context, "64a1", RECORDED)
        assert found is not None
        return {key: value for key, value in found[0].items() if key != "config"}

    for operate in (created, read_again):
        said, error = said_by(operate, "none", "/", httpx.Response(200))
        assert error is None
        assert f"'{NOT_READY}': \"source 'orders'" in said or operate is read_again
        assert said.count("[secret]") > len(ENCODINGS)
        assert [word for word in WORDS if word in said] == []


def test_an_action_that_is_lost_quotes_no_secret() -> None:
    """It is searched for, and then reported with the API's words."""

    def act(context: Context) -> None:
        context.redaction.learn(DECLARED.secrets())
        change_state(context, context.api.sources.get("64a1"), "Paused")

    said, error = said_by(act, "POST", "/sources", httpx.Response(503, json={"detail": QUOTED}))
    assert "requested 3 times" in str(error)
    assert [word for word in WORDS if word in f"{said} {error}"] == []
