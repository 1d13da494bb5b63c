"""A client of Streamkap's REST API, usable by itself. It knows nothing of Pulumi."""

from streamkap_pulumi.api.client import Streamkap
from streamkap_pulumi.api.errors import (
    APIError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    ConnectionFailedError,
    GatewayError,
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
from streamkap_pulumi.api.models import SourceConnector, SourcePage, Whoami
from streamkap_pulumi.api.settings import DEFAULT_HOST, Settings

__all__ = [
    "DEFAULT_HOST",
    "APIError",
    "AuthenticationError",
    "BadRequestError",
    "ConflictError",
    "ConnectionFailedError",
    "GatewayError",
    "InvalidRequestError",
    "NoAnswerError",
    "NotFoundError",
    "PermissionDeniedError",
    "RateLimitedError",
    "ServerError",
    "Settings",
    "SettingsError",
    "SourceConnector",
    "SourcePage",
    "Streamkap",
    "StreamkapError",
    "UnreadableAnswerError",
    "Whoami",
]
