"""The client itself."""

from __future__ import annotations

import httpx
import pytest

from streamkap_pulumi import api
from streamkap_pulumi.api.models import Token
from tests.api.fake_api import SOURCE, client, token_answer


def test_no_connection_and_no_answer_are_different_errors() -> None:
    """The API did not act on the first, but may have acted on the second."""

    def unreachable(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    def silent(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("", request=request)

    with pytest.raises(api.ConnectionFailedError, match=r"no connection to https://streamkap\.test"):
        client(unreachable).sources.list()
    with pytest.raises(api.NoAnswerError, match="nothing came for 60 s, set by streamkap:readTimeout"):
        client(silent).sources.list()


def test_missing_credentials_are_reported_when_they_are_first_needed() -> None:
    """With both ways to set each of them. Nothing is sent."""
    requests: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        requests.append(request.url.path)
        return token_answer()

    nobody = api.Streamkap("https://streamkap.test", http=httpx.MockTransport(handler))
    with pytest.raises(api.SettingsError) as caught:
        nobody.whoami()
    text = str(caught.value)
    for name in ("streamkap:clientId", "STREAMKAP_CLIENT_ID", "streamkap:secret", "STREAMKAP_SECRET", "--secret"):
        assert name in text
    assert requests == []


def test_no_repr_shows_a_secret() -> None:
    """Settings, client, token and source."""
    shown = repr(
        [
            api.Settings("https://streamkap.test", "me", "s3cret"),
            api.Streamkap("https://streamkap.test", "me", "s3cret"),
            Token.model_validate({"accessToken": "s3cret", "refreshToken": "s3cret"}),
            api.SourceConnector.model_validate(SOURCE),
        ]
    )
    assert "s3cret" not in shown
    assert "s3cret" not in str(api.SourceConnector.model_validate(SOURCE))
