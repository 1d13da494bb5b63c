"""What the API answers, as models. Unknown fields are kept; every documented field may be missing or null."""

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

_SHOWN = ("expires_in", "id", "name", "connector", "connector_status", "tenant_id", "service_id", "total", "page")
"""What `repr` shows, where an answer has it."""


class Answer(BaseModel):
    """Base of the response models: accepts fields that are newer than this package."""

    model_config = ConfigDict(extra="allow", frozen=True, coerce_numbers_to_str=True)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """What `repr`, and tools that print objects, show: no token, and of a config only its keys."""
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
    """Seconds; 0 or less, or None, means that the end is not known."""


class Lenient(Answer):
    """An answer of which a part may be of another shape than documented."""

    _unreadable: frozenset[str] = PrivateAttr(default=frozenset())

    def unreadable(self, name: str) -> bool:
        """The API told the field `name`, in a shape that is not documented, so that it is None here."""
        return name in self._unreadable

    @model_validator(mode="wrap")
    @classmethod
    def _note_unreadable(cls, data: Any, read: ModelWrapValidatorHandler[Self]) -> Self:
        made = read(data)
        if isinstance(data, Mapping):
            told = {name for name in cls.model_fields if data.get(name) is not None}
            made._unreadable = frozenset(name for name in told if getattr(made, name) is None)  # noqa: SLF001 - its own
        return made

    @field_validator("*", mode="wrap")
    @classmethod
    def _lenient(cls, value: Any, read: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        """A field of a shape that is not documented is as if it were missing: an answer is not lost because of it."""
        if cls.model_fields[str(info.field_name)].is_required():
            return read(value)
        try:
            return read([item for item in value if item is not None] if isinstance(value, list) else value)
        except ValidationError:
            return None


class Whoami(Lenient):
    """`GET /auth/whoami`: whose credentials these are."""

    tenant_id: str | None = None
    """The customer, an id."""
    service_id: str | None = None
    """The project, an id."""
    sub: str | None = None
    """Who was let in: the subject of the token, an id."""
    token_type: str | None = None
    """What kind of token it is, in the API's own word."""
    project_key_id: str | None = None
    """The project key that the token was got with; None for any other credentials."""


class ApiObject(Lenient):
    """What every kind of object has. Only `id` is needed; any other field of an undocumented shape is None."""

    id: str
    """24 hexadecimal digits."""
    name: str | None = None
    """The name in Streamkap."""


class SourceConnector(ApiObject):
    """A source as the API describes it (`POST /sources`, `GET /sources/{id}`, `PUT /sources/{id}`).

    `config` may hold secrets in clear, so `repr` shows the names of its keys only. Only `id` is needed; any other
    field of a shape that is not documented is None.
    """

    name: str | None = None
    """Unique in the tenant."""
    connector: str | None = None
    """The connector's code, such as ``postgresql``."""
    connector_display_name: str | None = None
    """The connector as the web page names it, such as ``PostgreSQL``."""
    created_timestamp: str | None = None
    """ISO 8601, such as ``2026-01-15T10:30:00Z``."""
    sub_id: str | None = None
    """An id; the API's documentation does not tell of what."""
    tenant_id: str | None = None
    """The customer, an id."""
    service_id: str | None = None
    """The project, an id."""
    config: dict[str, Any] | None = None
    """Dotted keys to values: texts, numbers, booleans, None, now and then a list; secrets in clear where asked for."""
    topic_ids: list[str] | None = None
    """Such as ``source_<id>.public.orders``."""
    topic_map: dict[str, Any] | None = None
    """Topic to a list: its partitions, or what is related to it."""
    topics: list[str] | None = None
    """Such as ``public.orders``."""
    tasks: list[Any] | None = None
    """The numbers of the connector's tasks, from 0."""
    connector_status: str | None = None
    """Active, Paused, Stopped, Broken, Starting, Unassigned, Unknown, Pending, Pending Update, or one that is new."""
    desired_state: str | None = None
    """Active, Paused, Stopped or Pending."""
    kc_cluster_id: str | None = None
    """The Kafka Connect cluster; None is the default cluster."""
    task_statuses: dict[str, Any] | None = None
    """Task number, as a text, to a mapping: ``state`` such as ``RUNNING``, and ``trace`` where it failed."""
    tags: list[str] | None = None
    """Ids of tags; None is as good as empty."""
    connection_warning: str | None = None
    """In the answer to a create: what Streamkap met when it first connected to the service."""


_Object = TypeVar("_Object", bound=ApiObject)


class Page(Answer, Generic[_Object]):
    """One page of a list. `total` and `has_next` are not reliable; a short page is the last one."""

    result: list[_Object] | None
    """Null is as good as empty; missing is neither: such an answer says nothing of what there is."""
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
