"""What the API answers, as models. Unknown fields are kept; every documented field may be missing or null."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Answer(BaseModel):
    """Base of the response models: accepts fields that are newer than this package."""

    model_config = ConfigDict(extra="allow", frozen=True, coerce_numbers_to_str=True)


class Token(Answer):
    """`POST /auth/access-token`. The fields are camelCase, unlike everything else."""

    access_token: str = Field(alias="accessToken", repr=False)
    refresh_token: str | None = Field(default=None, alias="refreshToken", repr=False)
    expires_in: float = Field(default=0, alias="expiresIn")
    """Seconds; 0 or less means that the end is not known."""

    def __repr__(self) -> str:
        return f"Token(expires_in={self.expires_in})"

    __str__ = __repr__


class Whoami(Answer):
    """`GET /auth/whoami`: whose credentials these are. `service_id` is the project."""

    tenant_id: str | None = None
    service_id: str | None = None
    sub: str | None = None
    token_type: str | None = None
    project_key_id: str | None = None


class SourceConnector(Answer):
    """A source as the API describes it (`POST /sources`, `GET /sources/{id}`, `PUT /sources/{id}`).

    `config` may hold secrets in clear, so `repr` shows the names of its keys only.
    """

    id: str
    name: str | None = None
    connector: str | None = None
    connector_display_name: str | None = None
    created_timestamp: str | None = None
    """ISO 8601."""
    sub_id: str | None = None
    tenant_id: str | None = None
    service_id: str | None = None
    config: dict[str, Any] | None = None
    topic_ids: list[str] | None = None
    topic_map: dict[str, Any] | None = None
    topics: list[str] | None = None
    tasks: list[Any] | None = None
    connector_status: str | None = None
    """Active, Paused, Stopped, Broken, Starting, Unassigned, Unknown, Pending, Pending Update, or one that is new."""
    desired_state: str | None = None
    """Active, Paused, Stopped or Pending."""
    kc_cluster_id: str | None = None
    task_statuses: dict[str, Any] | None = None
    tags: list[str] | None = None

    def __repr__(self) -> str:
        keys = sorted(self.config or ())
        return (
            f"SourceConnector(id={self.id!r}, name={self.name!r}, connector={self.connector!r}, "
            f"connector_status={self.connector_status!r}, config keys={keys})"
        )

    __str__ = __repr__


class SourcePage(Answer):
    """One page of `GET /sources`. `total` and `has_next` are not to be relied on; a short page is the last one."""

    result: list[SourceConnector] | None = None
    page: int | None = None
    page_size: int | None = None
    total: int | None = None
    has_next: bool | None = None
