"""What the commands say where the API does not answer as it should, and which commands they give to copy."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from streamkap_pulumi import api
from streamkap_pulumi.api.redaction import Redaction
from streamkap_pulumi.cli import confirming
from streamkap_pulumi.cli.exit_codes import FailedError, readable
from streamkap_pulumi.cli.recover import end_of_marks, left_alone
from streamkap_pulumi.stack.commands import Pulumi, StackError
from streamkap_pulumi.stack.recovery import Step, Verdict
from streamkap_pulumi.stack.state import Goal

URN = "urn:pulumi:dev::infra::pulumi-python:dynamic/streamkap:Source::it's mine"
SOURCE = api.SourceConnector(id="a" * 24, name="orders", connector="webhook")


def answered(kind: type[api.APIError], status: int) -> api.APIError:
    return kind(operation="GET /sources", status=status, detail="no: canary")


def failing_with(error: Exception) -> str:
    """What a command says that knows the secret ``canary``."""

    def run() -> None:
        with confirming.readable_errors() as redaction:
            redaction.learn(["canary"])
            raise error

    with pytest.raises(FailedError) as failed:
        run()
    return str(failed.value)


@pytest.mark.parametrize(
    ("error", "step"),
    [
        (
            api.ConnectionFailedError("it is not there"),
            "Check that the host can be reached from here (streamkap:host or",
        ),
        (answered(api.AuthenticationError, 401), "check streamkap:clientId and streamkap:secret (or STREAMKAP_"),
        (answered(api.PermissionDeniedError, 403), "give it the role Data Admin or Admin"),
        (answered(api.RateLimitedError, 429), "Nothing was changed in Streamkap: run it again."),
        (answered(api.ServerError, 500), "Nothing was changed in Streamkap: run it again."),
        (answered(api.GatewayError, 502), "Nothing was changed in Streamkap: run it again."),
        (api.NoAnswerError("no answer came."), "no answer came. Nothing was changed in Streamkap: run it again."),
        (api.UnreadableAnswerError("a list"), "a list. Is the host the Streamkap API?"),
        (answered(api.BadRequestError, 400), "GET /sources answered 400: no: [secret]."),
    ],
)
def test_every_problem_is_reported_in_one_line_without_a_secret(error: api.StreamkapError, step: str) -> None:
    """Also where the API's own words hold one. The next step fits commands that only read from Streamkap."""
    said = failing_with(error)
    assert step in said
    assert "canary" not in said
    assert not re.search(r"\.\.|pulumi refresh|--parallel", said)
    assert said == readable(error, "the host", Redaction(["canary"]))


def test_what_pulumi_says_is_reported_without_a_secret() -> None:
    """Whatever it quotes."""
    assert failing_with(StackError("`pulumi import` failed: canary.")) == "`pulumi import` failed: [secret]."


def test_a_command_to_copy_means_the_same_stack_and_the_same_name() -> None:
    """Whatever characters they hold."""
    options = Pulumi(Path("in fra"), "o'rg/dev").options
    assert shlex.split(options) == ["--stack", "o'rg/dev", "--cwd", "in fra"]
    assert not Pulumi(Path()).options
    step = Step(Goal(URN, {}), Verdict.LEAVE, "the name is taken", SOURCE, adoptable=True)
    (command,) = re.findall(r"`(streamkap adopt [^`]+)`", left_alone(step, options))
    assert shlex.split(command)[:4] == ["streamkap", "adopt", "it's mine", SOURCE.id]
    assert command.endswith(options)


def test_what_cannot_be_adopted_is_not_said_to_be() -> None:
    """A second source for one resource, or one whose predecessor is still there."""
    step = Step(Goal(URN, {}), Verdict.LEAVE, "it is another source already", SOURCE)
    assert "adopt" not in left_alone(step, "")
    assert SOURCE.id in left_alone(step, "")


def test_how_to_end_a_mark_is_explained_with_what_else_it_ends() -> None:
    """Interrupted creates of other providers are forgotten by it as well."""
    text = end_of_marks(["urn:bucket"], " --stack prod")
    assert "`pulumi refresh --clear-pending-creates --stack prod`" in text
    assert "those of other providers (urn:bucket) too" in text
