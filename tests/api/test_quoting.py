"""Errors quote the API without secrets: those that are known when the error arrives, and those learned later."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from copy import copy
from typing import Any

import httpx
import pytest

from streamkap_pulumi import api
from streamkap_pulumi.api.errors import error_for
from streamkap_pulumi.api.network import connection_error
from streamkap_pulumi.api.redaction import CLEARED, Redaction
from tests.api.test_client import always, client

WORDS = "deploy of hunter22 and of kestrel failed"


def refused(detail: Any, *known: str) -> tuple[api.APIError, Redaction]:
    """The error of a request to which the API answers `detail`, and the client's redaction, which knew `known`."""
    streamkap = client(always(422, json={"detail": detail}))
    streamkap.redaction.learn(known)
    with pytest.raises(api.InvalidRequestError) as caught:
        streamkap.sources.deploy("64a1")
    return caught.value, streamkap.redaction


SHOWN: dict[str, Callable[[api.APIError], object]] = {
    "str": str,
    "repr": repr,
    "told": lambda error: error.told(),
    "told, with more": lambda error: error.told(lambda text: text.replace("deploy of", "deploy:")),
    "detail": lambda error: error.detail,
    "reason": lambda error: error.reason,
    "issues": lambda error: list(error.issues()) if isinstance(error, api.InvalidRequestError) else error.reason,
    "copy": lambda error: str(copy(error)),
    "cleared": lambda error: str(error.cleared(str)),
    "as not found": lambda error: str(error.as_not_found()),
    "as answered": lambda error: str(error.as_not_found().as_answered()),
    "pickle": lambda error: vars(pickle.loads(pickle.dumps(error))),
}


@pytest.mark.parametrize("shown", SHOWN.values(), ids=SHOWN.keys())
@pytest.mark.parametrize("detail", [WORDS, [WORDS, WORDS], {"code": WORDS, "message": WORDS, "issues": [WORDS]}])
def test_an_error_shows_no_secret_that_is_learned_after_it_was_raised(
    detail: Any, shown: Callable[[api.APIError], object]
) -> None:
    """However it is shown. Nobody has to say which secrets there are: the error knows the client's redaction."""
    error, redaction = refused(detail, "hunter22")
    assert "kestrel" in str(shown(error)) or "issues" in str(shown(error)) or isinstance(shown(error), list)
    redaction.learn(["kestrel"])
    text = str(shown(error))
    assert ("hunter22" in text, "kestrel" in text) == (False, False)


def test_a_secret_that_is_known_in_time_is_not_kept_in_the_error() -> None:
    """The words of the API are cleared where they enter; nothing of the error holds the secret."""
    error, _ = refused(WORDS, "hunter22", "kestrel")
    assert [word for word in ("hunter22", "kestrel") if word in f"{vars(error)} {error.args}"] == []


def test_our_own_words_stay_even_where_a_secret_is_one_of_them() -> None:
    """Such as a password "answered": only what the API says is cleared."""
    error, redaction = refused("it answered POST", "answered", "POST", "64a1")
    redaction.learn(["deploy"])
    assert str(error) == f"POST /sources/64a1/deploy answered 422: it {CLEARED} {CLEARED}"
    assert error.told() == str(error)


def test_several_complaints_have_a_line_each() -> None:
    """Without an argument as with one."""
    error, redaction = refused([{"loc": ["body", "kestrel"], "msg": "wrong"}, {"msg": "wrong: hunter22"}])
    redaction.learn(["kestrel", "hunter22"])
    expected = f"POST /sources/64a1/deploy answered 422: 2 complaints\n  {CLEARED}: wrong\n  wrong: {CLEARED}"
    assert error.told() == error.told(str) == expected


def test_a_pickled_error_says_the_same_and_knows_no_secret() -> None:
    """The redaction stays behind, and the error can be copied on."""
    error, redaction = refused("a name already exists: hunter22", "hunter22")
    error.effort, error.remedy = "tried 2 times in 3 s", "Use another name."
    redaction.learn(["canary-that-is-not-in-the-text"])
    pickled = pickle.dumps(error)
    assert b"canary" not in pickled
    twin = pickle.loads(pickled)
    assert (type(twin), str(twin), twin.told(), twin.remedy) == (type(error), str(error), error.told(), error.remedy)
    assert str(copy(twin)) == str(error)


def test_an_error_of_another_kind_keeps_the_remedy() -> None:
    """It may be one that only the transport knows, such as a proxy that wants credentials."""
    error = error_for(operation="DELETE /sources/1", status=404, detail="no such source")
    error.remedy = "Check the proxy."
    assert error.as_not_found().remedy == error.cleared(str).remedy == error.as_answered().remedy == "Check the proxy."


def test_a_text_that_is_cleared_twice_is_as_if_it_was_cleared_once() -> None:
    """Also where a secret is a part of what stands in a secret's place."""
    redaction = Redaction(["secret", "ecre"])
    once = redaction.text("the secret ecre is out")
    assert once == f"the {CLEARED} {CLEARED} is out"
    assert redaction.text(once) == once
    assert redaction.text(f"{once}: secret") == f"{once}: {CLEARED}"


@pytest.mark.parametrize("kind", [httpx.ProxyError, httpx.RemoteProtocolError])
def test_what_a_connection_error_quotes_is_cleared(kind: type[httpx.HTTPError]) -> None:
    """A proxy's own words, or an answer that is not HTTP; the rest of the text is ours."""
    settings = api.Settings("https://streamkap.test")
    error = connection_error(
        "GET /sources", kind("403 for hunter22"), settings, proxied=True, clear=Redaction(["hunter22"]).text
    )
    assert f"403 for {CLEARED}" in str(error)
