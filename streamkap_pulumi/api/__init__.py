"""A client of Streamkap's REST API, usable by itself. It knows nothing of Pulumi."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamkap_pulumi._lazy import lazy

if TYPE_CHECKING:
    from streamkap_pulumi.api.client import Streamkap
    from streamkap_pulumi.api.errors import (
        APIError,
        AuthenticationError,
        BadRequestError,
        ConflictError,
        ConnectionFailedError,
        GatewayError,
        InterruptedRunError,
        InvalidRequestError,
        NoAnswerError,
        NotFoundError,
        PermissionDeniedError,
        RateLimitedError,
        ServerError,
        SettingsError,
        StreamkapError,
        UnreadableAnswerError,
    )
    from streamkap_pulumi.api.interruption import Interruption
    from streamkap_pulumi.api.models import (
        DestinationConnector,
        DestinationPage,
        SourceConnector,
        SourcePage,
        Tag,
        Whoami,
    )
    from streamkap_pulumi.api.redaction import Redaction
    from streamkap_pulumi.api.settings import DEFAULT_HOST, Retries, Settings, Timeouts

__all__ = [
    "DEFAULT_HOST",
    "APIError",
    "AuthenticationError",
    "BadRequestError",
    "ConflictError",
    "ConnectionFailedError",
    "DestinationConnector",
    "DestinationPage",
    "GatewayError",
    "InterruptedRunError",
    "Interruption",
    "InvalidRequestError",
    "NoAnswerError",
    "NotFoundError",
    "PermissionDeniedError",
    "RateLimitedError",
    "Redaction",
    "Retries",
    "ServerError",
    "Settings",
    "SettingsError",
    "SourceConnector",
    "SourcePage",
    "Streamkap",
    "StreamkapError",
    "Tag",
    "Timeouts",
    "UnreadableAnswerError",
    "Whoami",
]

_ERRORS = "streamkap_pulumi.api.errors"
_MODELS = "streamkap_pulumi.api.models"
_SETTINGS = "streamkap_pulumi.api.settings"

lazy(
    __name__,
    {
        "APIError": _ERRORS,
        "AuthenticationError": _ERRORS,
        "BadRequestError": _ERRORS,
        "ConflictError": _ERRORS,
        "ConnectionFailedError": _ERRORS,
        "DEFAULT_HOST": _SETTINGS,
        "DestinationConnector": _MODELS,
        "DestinationPage": _MODELS,
        "GatewayError": _ERRORS,
        "InterruptedRunError": _ERRORS,
        "Interruption": "streamkap_pulumi.api.interruption",
        "InvalidRequestError": _ERRORS,
        "NoAnswerError": _ERRORS,
        "NotFoundError": _ERRORS,
        "PermissionDeniedError": _ERRORS,
        "RateLimitedError": _ERRORS,
        "Redaction": "streamkap_pulumi.api.redaction",
        "Retries": _SETTINGS,
        "ServerError": _ERRORS,
        "Settings": _SETTINGS,
        "SettingsError": _ERRORS,
        "SourceConnector": _MODELS,
        "SourcePage": _MODELS,
        "Streamkap": "streamkap_pulumi.api.client",
        "StreamkapError": _ERRORS,
        "Tag": _MODELS,
        "Timeouts": _SETTINGS,
        "UnreadableAnswerError": _ERRORS,
        "Whoami": _MODELS,
    },
)
