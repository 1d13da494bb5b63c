"""What the lifecycle itself refuses, the next step for every error that a user may meet, and the user's spelling."""

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
from streamkap_pulumi.config.catalogue import find_connector
from streamkap_pulumi.config.spelling import Spelling


class LifecycleError(StreamkapError):
    """Something that must not be done, or that did not come out as declared. The text tells the next step."""


class NameTakenError(LifecycleError):
    """A source with the declared name exists already, and is not this one."""


class UnknownOutcomeError(LifecycleError):
    """The answer to a request was lost, and what came of it could not be seen."""


class NotAppliedError(LifecycleError):
    """The API accepted an update and did not apply it."""


class SourceGoneError(LifecycleError):
    """The source was deleted behind the stack's back."""


class WrongTenantError(LifecycleError):
    """The source is not to be seen, but with credentials, or at a host, that it does not belong to."""


class StillThereError(LifecycleError):
    """A deleted source was still to be seen when the time was over."""


UNANSWERED = (NoAnswerError, GatewayError, UnreadableAnswerError)
"""After these nobody knows whether a request was carried out, and nobody said that it failed."""
UNCERTAIN = (NoAnswerError, ServerError, UnreadableAnswerError)
"""After these a request may have been carried out, or may be in a moment."""
PASSING = (ConnectionFailedError, RateLimitedError, *UNCERTAIN)
"""After these a look may succeed the next time."""

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
            "(or STREAMKAP_CLIENT_ID and STREAMKAP_SECRET) and that they belong to {host}. `pulumi refresh` and "
            "`pulumi destroy` use the stack configuration of the last `pulumi up`, unless told --run-program."
        ),
    ),
    (
        PermissionDeniedError,
        "The API token's role does not allow this: give it the role Data Admin or Admin in Streamkap.",
    ),
    (
        RateLimitedError,
        "Streamkap is asked too often at the moment: run it again, with a lower --parallel.",
    ),
    (
        GatewayError,
        "It is not known whether Streamkap acted on it: run `pulumi refresh`, look, and run it again.",
    ),
    (
        NoAnswerError,
        "It is not known whether Streamkap acted on it: run `pulumi refresh`, look, and run it again.",
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


_STATE_CHANGE = re.compile(r"POST /sources/[^/]+/actions/")
_NO_SUCH_ACTION = (
    "Streamkap does not seem to know this state action, which its documentation does not list. Change the state in "
    "Streamkap's web page and run `pulumi refresh`, or leave desired_state out."
)
_OF_PERMISSION = re.compile(
    r"permission|permitted|forbidden|not allowed|access denied|unauthori[sz]ed|not authori[sz]ed|\brole\b|\bscope\b",
    re.IGNORECASE,
)
_NOT_DEPLOYED = (
    "Kafka Connect does not have the source's connector, as before it is deployed: run it again later. If its "
    'desired_state is "Pending", set that to "Active" by itself first, run `pulumi up`, and then change the rest.'
)


def what_to_check(by: str, host: str) -> str:
    """The next step where a look-up `by` id or name finds no source at `host`."""
    return f"Check the {by}, and that the credentials are those of the source's own project, at {host}."


def next_step(error: StreamkapError, host: str) -> str:
    """What a user can do about `error`; empty where its own text says so already."""
    if error.remedy:
        return error.remedy
    # Another 404 need not be about the source: a write is also answered so where a cluster is not found.
    if isinstance(error, NotFoundError) and (error.operation or "").startswith("GET /sources/"):
        return what_to_check("id", host)
    if isinstance(error, APIError):
        if _is_no_such_action(error):
            return _NO_SUCH_ACTION
        if isinstance(error, PermissionDeniedError) and _speaks_of_something_else(error):
            return ""
        if error.says_busy and "status code 404" in error.reason and (error.operation or "").startswith("PUT "):
            return _NOT_DEPLOYED
    return next((text.format(host=host) for kind, text in _NEXT_STEPS if isinstance(error, kind)), "")


def _speaks_of_something_else(error: PermissionDeniedError) -> bool:
    """A write is also refused so where the account's plan or the service forbids it, in words meant for customers."""
    is_write = not (error.operation or "").startswith("GET ")
    return is_write and bool(error.reason) and not error.html and not _OF_PERMISSION.search(error.reason)


def _is_no_such_action(error: APIError) -> bool:
    """There is no such route, or it refuses the action's name, as it would for one action that it lacks."""
    if error.html or not _STATE_CHANGE.match(error.operation or ""):
        return False
    refuses_name = isinstance(error, InvalidRequestError) and any(path == "path.action" for path, _ in error.issues())
    return refuses_name or error.status in {404, 405}


def in_users_spelling(text: str, code: str | None, spelling: Spelling | None) -> str:
    """`text` with each property that it names named as the program does, also in a path such as ``config.<key>``."""
    connector = find_connector(code or "")
    if connector is None or spelling is None:
        return text
    spelled = {key: spelling.of(connector, key) for key in connector.properties}
    others = sorted((key for key, name in spelled.items() if name != key), key=len, reverse=True)
    if not others:
        return text
    keys = "|".join(map(re.escape, others))
    pattern = rf"(?:(?<![\w.-])|(?<=\bconfig\.))({keys})(?![\w-]|\.\w)"
    return re.sub(pattern, lambda found: spelled[found.group(1)], text)
