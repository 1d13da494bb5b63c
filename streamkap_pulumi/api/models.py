"""The API's answers as models. Unknown fields are kept; any documented field may be missing or null."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Generic, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)
from pydantic.functional_validators import ModelWrapValidatorHandler
from typing_extensions import Self

from streamkap_pulumi.api.errors import UnreadableAnswerError

_SHOWN = ("expires_in", "id", "name", "connector", "connector_status", "tenant_id", "service_id", "total", "page")
"""The fields that `repr` shows."""

_Model = TypeVar("_Model", bound=BaseModel)


class Answer(BaseModel):
    """Base of all answers: accepts fields that are newer than this package."""

    model_config = ConfigDict(extra="allow", frozen=True, coerce_numbers_to_str=True)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """What `repr`, and tools that print objects, show: no token, and only the keys of a config."""
        for name in _SHOWN:
            if name in type(self).model_fields:
                yield name, getattr(self, name)
        config = getattr(self, "config", None)
        if isinstance(config, Mapping):
            yield "config keys", sorted(config)


class Token(Answer):
    """`POST /auth/access-token`. The fields are camelCase, unlike everything else."""

    access_token: str = Field(alias="accessToken", repr=False)
    refresh_token: str | None = Field(default=None, alias="refreshToken", repr=False)
    expires_in: float | None = Field(default=None, alias="expiresIn")
    """Seconds; None, or 0 or less, if the API does not say."""


class Lenient(Answer):
    """An answer that is kept even if a field does not have the documented shape. Such a field is None."""

    _unreadable: frozenset[str] = PrivateAttr(default=frozenset())

    def unreadable(self, name: str) -> bool:
        """The field `name` is None because the API sent it in a shape that is not documented."""
        return name in self._unreadable

    @model_validator(mode="wrap")
    @classmethod
    def _note_unreadable(cls, data: Any, read: ModelWrapValidatorHandler[Self]) -> Self:
        answer = read(data)
        if isinstance(data, Mapping):
            sent = {name for name in cls.model_fields if data.get(name) is not None}
            unreadable = frozenset(name for name in sent if getattr(answer, name) is None)
            answer._unreadable = unreadable  # noqa: SLF001 - its own
        return answer

    @field_validator("*", mode="wrap")
    @classmethod
    def _lenient(cls, value: Any, read: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        """Treat a field of an undocumented shape as missing, so that the answer is not lost because of it."""
        if cls.model_fields[str(info.field_name)].is_required():
            return read(value)
        try:
            return read([item for item in value if item is not None] if isinstance(value, list) else value)
        except ValidationError:
            return None


class Whoami(Lenient):
    """`GET /auth/whoami`: the account that the credentials belong to."""

    tenant_id: str | None = None
    """The id of the customer."""
    service_id: str | None = None
    """The id of the project."""
    sub: str | None = None
    """The id of the token's subject."""
    token_type: str | None = None
    """The kind of token, in the API's own word."""
    project_key_id: str | None = None
    """The id of the project key that the token was issued for; None for other credentials."""


class ApiObject(Lenient):
    """What every kind of object has. Only `id` is required; any other field of an undocumented shape is None."""

    id: str
    """24 hexadecimal digits."""
    name: str | None = None
    """The name in Streamkap."""


class ConnectorObject(ApiObject):
    """What sources and destinations have in common.

    `config` may hold secrets in clear, so `repr` shows only its keys. Only `id` is required; any other field of an
    undocumented shape is None.
    """

    name: str | None = None
    """Unique in the tenant."""
    connector: str | None = None
    """The connector's code, such as ``postgresql``."""
    connector_display_name: str | None = None
    """The connector's name on the web page, such as ``PostgreSQL``."""
    created_timestamp: str | None = None
    """ISO 8601, such as ``2026-01-15T10:30:00Z``."""
    sub_id: str | None = None
    """An id; the API's documentation does not say of what."""
    tenant_id: str | None = None
    """The id of the customer."""
    config: dict[str, Any] | None = None
    """Values by dotted key: strings, numbers, booleans, None, lists and mappings. Secrets are in clear if asked for."""
    topic_ids: list[str] | None = None
    """Such as ``source_<id>.public.orders``."""
    topic_map: dict[str, Any] | None = None
    """By topic a list: its partitions, or what is related to it."""
    topics: list[str] | None = None
    """Such as ``public.orders``."""
    tasks: list[Any] | None = None
    """The numbers of the connector's tasks, from 0."""
    connector_status: str | None = None
    """Active, Paused, Stopped, Broken, Starting, Unassigned, Unknown, Pending, Pending Update, or a newer one."""
    desired_state: str | None = None
    """Active, Paused, Stopped or Pending."""
    kc_cluster_id: str | None = None
    """The Kafka Connect cluster; None is the default cluster."""
    task_statuses: dict[str, Any] | None = None
    """By task number, as a string, a mapping: ``state`` such as ``RUNNING``, and ``trace`` if the task failed."""
    tags: list[str] | None = None
    """Ids of tags; None means the same as empty."""


class SourceConnector(ConnectorObject):
    """A source as the API describes it (`POST /sources`, `GET /sources/{id}`, `PUT /sources/{id}`)."""

    service_id: str | None = None
    """The id of the project."""
    connection_warning: str | None = None
    """In the answer to a create: what went wrong when Streamkap first connected to the service."""


class DestinationConnector(ConnectorObject):
    """A destination as the API describes it (`POST /destinations`, `GET /destinations/{id}`, …)."""


class Tag(ApiObject):
    """A tag as the API describes it (`POST /tags`, `GET /tags`, `PUT /tags/{id}`)."""

    type: list[str] | None = None
    """The kinds of objects that it is for, such as ``sources``, in no particular order."""
    description: str | None = None
    """What it is for; empty or None where nobody has said so."""
    system: bool | None = None
    """It is one of Streamkap's own, which nobody can change."""
    custom: bool | None = None
    """Somebody of the tenant created it."""


_Object = TypeVar("_Object", bound=ApiObject)


class Page(Answer, Generic[_Object]):
    """One page of a list. `total` and `has_next` are not reliable; a short page is the last one."""

    result: list[_Object] | None
    """Null means the same as empty. If it is missing the answer says nothing about what exists, and is unreadable."""
    page: int | None = None
    """The page's number, from 1."""
    page_size: int | None = None
    """How many objects a full page has."""
    total: int | None = None
    """How many objects there are, on all pages."""
    has_next: bool | None = None
    """Whether there is another page."""


class SourcePage(Page[SourceConnector]):
    """One page of `GET /sources`."""


class DestinationPage(Page[DestinationConnector]):
    """One page of `GET /destinations`."""


class TagList(Answer):
    """`GET /tags`, which has no pages."""

    tags: list[Tag] | None
    """Null means the same as empty. If it is missing the answer says nothing about what exists, and is unreadable."""


def parsed(model: type[_Model], operation: str, answer: Any) -> _Model:
    """The API's `answer` as a `model`.

    Raises:
        UnreadableAnswerError: it does not have the documented shape.
    """
    try:
        return model.model_validate(answer)
    except ValidationError as error:
        places = ", ".join(sorted({".".join(str(part) for part in issue["loc"][:2]) for issue in error.errors()}))
        raise UnreadableAnswerError(
            f"{operation} answered with a body that does not have the documented shape (at: {places or 'the top'})",
            operation=operation,
            accepted=True,
        ) from None
