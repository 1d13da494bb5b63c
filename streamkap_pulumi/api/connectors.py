"""The routes that sources and destinations have, beside those of every kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar, cast
from urllib.parse import quote

from streamkap_pulumi.api.errors import UnreadableAnswerError
from streamkap_pulumi.api.models import (
    ConnectorObject,
    DestinationConnector,
    DestinationPage,
    Page,
    SourceConnector,
    SourcePage,
)
from streamkap_pulumi.api.objects import PAGE_SIZE, Objects
from streamkap_pulumi.api.retrying import Effect
from streamkap_pulumi.api.transport import Transport

Object = TypeVar("Object", bound=ConnectorObject)
OnePage = TypeVar("OnePage", bound=Page[Any])


class Connectors(Objects[Object], Generic[Object, OnePage]):
    """Create, find, change and delete connectors of one kind.

    Every method may raise any `StreamkapError`; the docstrings name those with a special meaning. `secret_returned`
    asks the API for secrets in clear; without it they come masked or as null.
    """

    def create(
        self,
        *,
        name: str,
        connector: str,
        config: Mapping[str, Any],
        created_from: str = "api",
        desired_state: str | None = None,
        kc_cluster_id: str | None = None,
        tags: Sequence[str] | None = None,
        wait: bool = False,
        secret_returned: bool = True,
    ) -> Object:
        """`POST /{kind}`.

        With `wait` the API answers only once the connector is deployed, which may take longer than a gateway allows.
        Otherwise it answers as soon as the object is saved.

        Raises:
            APIError: with `name_is_taken`, if the tenant has one of that name, also where no list shows it.
        """
        body: dict[str, Any] = {
            "name": name,
            "connector": connector,
            "config": dict(config),
            "created_from": created_from,
        }
        if desired_state is not None:
            body["desired_state"] = desired_state
        return self.post(body | _placement(kc_cluster_id, tags), wait=wait, secret_returned=secret_returned)

    def list(
        self,
        *,
        page: int = 1,
        page_size: int = PAGE_SIZE,
        partial_name: str | None = None,
        connector: str | Sequence[str] | None = None,
        status: str | Sequence[str] | None = None,
        sort: str | None = None,
        sort_dir: str | None = None,
        secret_returned: bool = False,
    ) -> OnePage:
        """`GET /{kind}`: one page (from 1) of the project's objects.

        The API cannot filter by an exact name; `partial_name` finds substrings. `sort` is ``name``, ``created_at`` or a
        metric, `sort_dir` ``asc`` or ``desc``.
        """
        found = self._list(
            page=page,
            page_size=page_size,
            partial_name=partial_name,
            connector=connector,
            status=status,
            sort=sort,
            sort_dir=sort_dir,
            secret_returned=secret_returned,
        )
        return cast("OnePage", found)  # It is the page that the class of the kind names.

    def iterate(
        self,
        *,
        page_size: int = PAGE_SIZE,
        partial_name: str | None = None,
        connector: str | Sequence[str] | None = None,
        status: str | Sequence[str] | None = None,
        sort: str | None = None,
        sort_dir: str | None = None,
        secret_returned: bool = False,
    ) -> Iterator[Object]:
        """All objects that match the filters of `list`, from all pages, each id once."""
        for entries in self._pages(
            page_size,
            partial_name=partial_name,
            connector=connector,
            status=status,
            sort=sort,
            sort_dir=sort_dir,
            secret_returned=secret_returned,
        ):
            yield from entries

    def update(
        self,
        source_id: str,
        *,
        name: str,
        connector: str,
        config: Mapping[str, Any] | Callable[[], Mapping[str, Any]],
        kc_cluster_id: str | None = None,
        tags: Sequence[str] | None = None,
        wait: bool = False,
        secret_returned: bool = True,
        once: bool = False,
    ) -> Object:
        """`PUT /{kind}/{id}`: replaces the whole `config`. `tags` None keeps the tags, an empty list clears them.

        If `config` is a function it is called before each try, so what it returns may depend on what the object holds
        by then. With `once` the call is retried only if the API has not acted on it: for a config that cannot be sent
        twice, such as one with an OAuth grant.
        """

        def body() -> Mapping[str, Any]:
            now = config() if callable(config) else config
            return {"name": name, "connector": connector, "config": dict(now)} | _placement(kc_cluster_id, tags)

        return self.put(source_id, body, once=once, wait=wait, secret_returned=secret_returned)

    def deploy(self, source_id: str) -> None:
        """`POST /{kind}/{id}/deploy`: starts an object whose state is Pending.

        Not retried after a lost answer: the API does not document what it does to one that is deployed already.
        """
        self._transport.request("POST", f"{self.path_of(source_id)}/deploy", effect=Effect.CREATES)

    def act(self, source_id: str, action: str) -> None:
        """`POST /{kind}/{id}/actions/{action}`: ``pause``, ``resume``, ``stop`` or ``restart``.

        Not retried after a lost answer: the action would be done twice.
        """
        path = f"{self.path_of(source_id)}/actions/{quote(action, safe='')}"
        self._transport.request("POST", path, effect=Effect.CREATES)

    def connectors(self, code: str | None = None) -> dict[str, Any]:
        """`GET /{kind}/connectors`: property schemas by display name, of one connector or of all."""
        path = f"{self._path}/connectors"
        operation = f"GET {path}"
        answer = self._transport.request("GET", path, effect=Effect.READS, query={"connector_code": code})
        if not isinstance(answer, dict):
            raise UnreadableAnswerError(f"{operation} did not answer with an object of connectors", operation=operation)
        return answer


class Sources(Connectors[SourceConnector, SourcePage]):
    """The routes of sources (`/sources`)."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, noun="source", path="/sources", model=SourceConnector, page=SourcePage)


class Destinations(Connectors[DestinationConnector, DestinationPage]):
    """The routes of destinations (`/destinations`)."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(
            transport, noun="destination", path="/destinations", model=DestinationConnector, page=DestinationPage
        )


def _placement(kc_cluster_id: str | None, tags: Sequence[str] | None) -> dict[str, Any]:
    body: dict[str, Any] = {}
    if kc_cluster_id:
        body["kc_cluster_id"] = kc_cluster_id
    if tags is not None:
        body["tags"] = list(tags)
    return body
