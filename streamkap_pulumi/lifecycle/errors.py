"""The errors of the lifecycle itself, the next step for every error, and messages in the user's spelling."""

from __future__ import annotations

import re

from streamkap_pulumi.api.errors import (
    APIError,
    AuthenticationError,
    ConnectionFailedError,
    GatewayError,
    InterruptedRunError,
    InvalidRequestError,
    NoAnswerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    ServerError,
    StreamkapError,
    UnreadableAnswerError,
)
from streamkap_pulumi.config.catalogue import Connector
from streamkap_pulumi.config.spelling import Spelling


class LifecycleError(StreamkapError):
    """An operation was refused, or did not achieve what is declared. The text ends with the next step."""


class NameTakenError(LifecycleError):
    """Another object already has the declared name."""


class UnknownOutcomeError(LifecycleError):
    """The answer to a request was lost, and its outcome could not be determined."""


class NotAppliedError(LifecycleError):
    """The API accepted an update and did not apply it."""


class GoneError(LifecycleError):
    """The object was deleted outside this stack."""


class WrongTenantError(LifecycleError):
    """The object was not found, with credentials or at a host that it does not belong to."""


class StillThereError(LifecycleError):
    """A deleted object still existed when the time-out expired."""


UNANSWERED = (NoAnswerError, GatewayError, UnreadableAnswerError)
"""The request may or may not have been carried out, and the API did not say that it failed."""
UNCERTAIN = (NoAnswerError, ServerError, UnreadableAnswerError)
"""The request may or may not have been carried out."""
PASSING = (ConnectionFailedError, RateLimitedError, *UNCERTAIN)
"""The next read may succeed."""

_NEXT_STEPS: tuple[tuple[type[StreamkapError], str], ...] = (
    (InterruptedRunError, "Run it again."),
    (
        ConnectionFailedError,
        "Check that {host} can be reached from here (streamkap:host or STREAMKAP_HOST), then run it again.",
    ),
    (
        AuthenticationError,
        (
            "Streamkap does not accept the credentials: check streamkap:clientId and streamkap:secret "
            "(or STREAMKAP_CLIENT_ID and STREAMKAP_SECRET) and that they belong to {host}."
        ),
    ),
    (
        PermissionDeniedError,
        "The API token's role does not allow this: give it the role Data Admin or Admin in Streamkap.",
    ),
    (
        RateLimitedError,
        "Streamkap is receiving too many requests: run it again with a lower --parallel.",
    ),
    (
        GatewayError,
        "Streamkap may or may not have acted on it: run `pulumi refresh`, check what changed, and run it again.",
    ),
    (
        NoAnswerError,
        "Streamkap may or may not have acted on it: run `pulumi refresh`, check what changed, and run it again.",
    ),
    (
        ServerError,
        "Streamkap failed on its side: run it again later, or report the request id to Streamkap.",
    ),
    (
        UnreadableAnswerError,
        "Is {host} the Streamkap API? If so, report this to Streamkap.",
    ),
)


_STATE_ACTION = re.compile(r"POST /\w+/[^/]+/actions/")
_READS_ONE = re.compile(r"GET /(?!auth/)\w+/[^/]+$")
_OF_LAST_UP = (
    "`pulumi refresh` and `pulumi destroy` use the stack configuration of the last `pulumi up`, unless run with "
    "--run-program."
)
_NO_SUCH_ACTION = (
    "Streamkap does not seem to have this state action, which its documentation does not list. Change the state in "
    "Streamkap's web page and run `pulumi refresh`, or omit desired_state."
)
_OF_PERMISSION = re.compile(
    r"permission|permitted|forbidden|not allowed|access denied|unauthori[sz]ed|not authori[sz]ed|\brole\b|\bscope\b",
    re.IGNORECASE,
)
_NOT_DEPLOYED = (
    "Kafka Connect does not have this connector yet, as happens before it is deployed: run it again later. If its "
    'desired_state is "Pending", set only that to "Active" first, run `pulumi up`, and then change the rest.'
)


def request_note(error: StreamkapError) -> str:
    """How a message of our own names the request; empty where the answer had no id."""
    request_id = getattr(error, "request_id", None)
    return f" (request id {request_id})" if request_id else ""


def what_to_check(by: str, host: str) -> str:
    """The next step where a look-up `by` id or name finds nothing at `host`."""
    return f"Check the {by}, and that the credentials belong to the same project, at {host}."


def next_step(error: StreamkapError, host: str, *, reads_only: bool = False) -> str:
    """What the user can do about `error`; empty where its own text says so already.

    Args:
        error: how the operation ended.
        host: the API's address.
        reads_only: the operation only reads, so that nothing was changed in Streamkap, whatever happened.
    """
    if error.remedy:
        return error.remedy
    if reads_only and isinstance(error, (RateLimitedError, NoAnswerError, ServerError)):
        return "Nothing was changed in Streamkap: run it again."
    special = _special_step(error, host)
    if special is not None:
        return special
    step = next((text.format(host=host) for kind, text in _NEXT_STEPS if isinstance(error, kind)), "")
    return f"{step} {_OF_LAST_UP}" if isinstance(error, AuthenticationError) and not reads_only else step


def _special_step(error: StreamkapError, host: str) -> str | None:
    """The next step of an error whose operation says more than its class; None for any other."""
    operation = error.operation or ""
    # The 404 of a write may be about something else, such as a cluster.
    if isinstance(error, NotFoundError) and _READS_ONE.match(operation):
        return what_to_check("id", host)
    if not isinstance(error, APIError):
        return None
    if _is_no_such_action(error):
        return _NO_SUCH_ACTION
    if isinstance(error, PermissionDeniedError) and _is_about_something_else(error):
        return ""
    if error.says_busy and "status code 404" in error.reason and operation.startswith("PUT "):
        return _NOT_DEPLOYED
    return None


def _is_about_something_else(error: PermissionDeniedError) -> bool:
    """A write is also refused with 403 where the account's plan or the service forbids it; the API's text says so."""
    is_write = not (error.operation or "").startswith("GET ")
    return is_write and bool(error.reason) and not error.html and not _OF_PERMISSION.search(error.reason)


def _is_no_such_action(error: APIError) -> bool:
    """There is no such route, or it does not accept the action's name."""
    if error.html or not _STATE_ACTION.match(error.operation or ""):
        return False
    refuses_name = isinstance(error, InvalidRequestError) and any(path == "path.action" for path, _ in error.issues())
    return refuses_name or error.status in {404, 405}


def in_users_spelling(text: str, connector: Connector | None, spelling: Spelling | None) -> str:
    """`text` with each property's key as the program spells it, also in a path such as ``config.<key>``."""
    if connector is None or spelling is None:
        return text
    spelled = {key: spelling.of(connector, key) for key in connector.properties}
    others = sorted((key for key, name in spelled.items() if name != key), key=len, reverse=True)
    if not others:
        return text
    keys = "|".join(map(re.escape, others))
    pattern = rf"(?:(?<![\w.-])|(?<=\bconfig\.))({keys})(?![\w-]|\.\w)"
    return re.sub(pattern, lambda found: spelled[found.group(1)], text)
