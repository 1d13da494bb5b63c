"""The connection that `recover` and `adopt` have: with the stack's own credentials, and no secret in what it tells."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from streamkap_pulumi import api
from streamkap_pulumi.api.redaction import Redaction
from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.stack.connection import connected
from streamkap_pulumi.stack.program import Pulumi

PASSWORD = "canary-of-the-database"


def test_an_error_of_the_api_tells_no_secret_that_is_known_to_the_command() -> None:
    """Neither one that was learned before, nor the stack's credentials; both go where the error is made."""
    redaction = Redaction([PASSWORD])
    with Emulator(faults={"error_echoes_secrets": "all"}) as emulator:
        settings = {
            "streamkap:host": emulator.url,
            "streamkap:clientId": emulator.client_id,
            "streamkap:secret": emulator.secret,
        }
        pulumi = cast("Pulumi", SimpleNamespace(configuration=lambda: settings))
        said: list[str] = []
        with connected(pulumi, said.append, redaction) as connection:
            assert connection.context.redaction is redaction
            emulator.faults(api_error={"value": 400, "method": "POST", "path": "/sources"})
            config: dict[str, Any] = {"database.hostname.user.defined": PASSWORD}
            with pytest.raises(api.APIError) as caught:
                connection.context.api.sources.create(name="orders", connector="postgresql", config=config)
            assert "[secret]" in str(caught.value)
            assert PASSWORD not in str(caught.value)
            connection.context.report(f"{PASSWORD} and {emulator.secret}")
    assert said == ["[secret] and [secret]"]
