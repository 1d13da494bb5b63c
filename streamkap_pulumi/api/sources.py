"""The routes of sources (`/sources`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from streamkap_pulumi.api.errors import APIError, NotFoundError, UnreadableAnswerError
from streamkap_pulumi.api.models import SourceConnector, SourcePage
from streamkap_pulumi.api.retrying import Effect
from streamkap_pulumi.api.transport import Transport

PAGE_SIZE = 100
"""The API's largest page."""

_MOST_PAGES = 1000

_Model = TypeVar("_Model", bound=BaseModel)


class Sources:
    """Create, look up, change and delete sources.

    Every method may raise any `StreamkapError`; the docstrings name those that mean something of their own.
    `secret_returned` asks the API for secrets in clear; without it they come masked or as null.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

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
    ) -> SourceConnector:
        """`POST /sources`.

        With `wait` the API answers once the connector is deployed, which may exceed a gateway's patience; without
        it, as soon as the source is saved.

        Raises:
            APIError: with `name_is_taken`, when a source of the tenant has that name, also one that is not listed.
        """
        body: dict[str, Any] = {
            "name": name,
            "connector": connector,
            "config": dict(config),
            "created_from": created_from,
        }
        if desired_state is not None:
            body["desired_state"] = desired_state
        body |= _placement(kc_cluster_id, tags)
        query = {"secret_returned": secret_returned, "wait": wait}
        return self._model(
            SourceConnector,
            "POST /sources",
            self._transport.request("POST", "/sources", effect=Effect.MAKES, query=query, body=body),
        )

    def get(self, source_id: str, *, secret_returned: bool = True, once: bool = False) -> SourceConnector:
        """`GET /sources/{id}`. With `once` it is not repeated, but after a 429: for who looks again and again.

        Raises:
            NotFoundError: there is none with this id in the credentials' project. The API says so by a 404, or by a
                page without an entry; the error is the same.
            UnreadableAnswerError: the page shows others only.
        """
        path = _path(source_id)
        effect = Effect.LOOKS if once else Effect.READS
        answer = self._transport.request("GET", path, effect=effect, query={"secret_returned": secret_returned})
        entries = self._model(SourcePage, f"GET {path}", answer).result or []
        if not entries:
            raise NotFoundError(operation=f"GET {path}", status=404, detail=f"no source has the id {source_id}")
        found = next((entry for entry in entries if entry.id == source_id), None)
        if found is None:
            raise UnreadableAnswerError(
                f"GET {path} answered with another source than the one that was asked for", operation=f"GET {path}"
            )
        return found

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
    ) -> SourcePage:
        """`GET /sources`: one page (1-based) of the project's sources.

        There is no filter for an exact name; `partial_name` finds substrings. `sort` is ``name``, ``created_at`` or a
        metric, `sort_dir` ``asc`` or ``desc``.
        """
        query = {
            "page": page,
            "page_size": page_size,
            "partial_name": partial_name,
            "connector": connector,
            "status": status,
            "sort": sort,
            "sort_dir": sort_dir,
            "secret_returned": secret_returned,
        }
        return self._model(
            SourcePage,
            "GET /sources",
            self._transport.request("GET", "/sources", effect=Effect.READS, query=query),
        )

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
    ) -> Iterator[SourceConnector]:
        """All sources that match the filters of `list`, over all pages, each id once.

        Pages until one shows nothing new, or is short and nothing in the answer says that there are more: the API's own
        totals are known to be wrong at times, and it may give fewer entries than were asked for.
        """
        for entries in self._pages(
            page_size=page_size,
            partial_name=partial_name,
            connector=connector,
            status=status,
            sort=sort,
            sort_dir=sort_dir,
            secret_returned=secret_returned,
        ):
            yield from entries

    def _pages(self, *, page_size: int = PAGE_SIZE, **filters: Any) -> Iterator[tuple[SourceConnector, ...]]:
        """What each page shows that none before it did."""
        seen: set[str] = set()
        size = min(page_size, PAGE_SIZE)
        shown = 0
        for page in range(1, _MOST_PAGES + 1):
            answer = self.list(page=page, page_size=size, **filters)
            entries = answer.result or []
            new = tuple({entry.id: entry for entry in entries if entry.id not in seen}.values())
            seen.update(entry.id for entry in new)
            shown += len(entries)
            yield new
            full = len(entries) >= min(size, answer.page_size or size)
            if not new or not (full or answer.has_next or (answer.total or 0) > shown):
                return

    def named(self, name: str, *, secret_returned: bool = False) -> Iterator[SourceConnector]:
        """The sources of the project whose name is exactly `name`; one at most, unless the API is confused.

        Where several pages show none it looks once more: a source that is removed meanwhile moves another one from a
        page that is yet to come to one that was read.
        """
        for _ in range(2):
            pages, found = 0, False
            for entries in self._pages(partial_name=name, secret_returned=secret_returned):
                pages += 1
                for entry in entries:
                    if entry.name == name:
                        found = True
                        yield entry
            if found or pages < 2:
                return

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
    ) -> SourceConnector:
        """`PUT /sources/{id}`: replaces the whole `config`. `tags` None keeps the tags, an empty list clears them.

        A `config` that is a function is asked before each try, also where the call is repeated: what it gives may be
        made of what the source holds by then. With `once` the call is repeated only where nothing was acted on: for
        a config that cannot be sent twice, such as one with an OAuth grant.
        """
        path = _path(source_id)

        def body() -> Mapping[str, Any]:
            now = config() if callable(config) else config
            return {"name": name, "connector": connector, "config": dict(now)} | _placement(kc_cluster_id, tags)

        query = {"secret_returned": secret_returned, "wait": wait}
        effect = Effect.MAKES if once else Effect.SETS
        answer = self._transport.request("PUT", path, effect=effect, query=query, body=body)
        return self._model(SourceConnector, f"PUT {path}", answer)

    def delete(self, source_id: str, *, wait: bool = False) -> None:
        """`DELETE /sources/{id}`. The source may stay readable for seconds, or minutes, after the answer.

        Raises:
            NotFoundError: there is none with this id. The API has several statuses and wordings for that, or no word
                at all, and may mean something else by one that is no 404: a cluster that is not found, say. So look
                whether it is gone. Where the call was repeated after an answer that was lost, it may be this very call
                that deletes it.
        """
        path = _path(source_id)
        try:
            self._transport.request(
                "DELETE", path, effect=Effect.DELETES, query={"secret_returned": False, "wait": wait}
            )
        except APIError as error:
            unsaid = not error.reason and error.status in {400, 410, 422}
            if (error.says_missing or unsaid) and not error.html and not isinstance(error, NotFoundError):
                raise error.as_not_found() from None
            raise

    def deploy(self, source_id: str) -> None:
        """`POST /sources/{id}/deploy`: starts a source whose state is Pending.

        Not repeated after an answer that was lost: what a second one does to a deployed source is not documented.
        """
        self._transport.request("POST", f"{_path(source_id)}/deploy", effect=Effect.MAKES)

    def act(self, source_id: str, action: str) -> None:
        """`POST /sources/{id}/actions/{action}`: ``pause``, ``resume``, ``stop`` or ``restart``.

        Not repeated after an answer that was lost: each may act anew.
        """
        path = f"{_path(source_id)}/actions/{quote(action, safe='')}"
        self._transport.request("POST", path, effect=Effect.MAKES)

    def connectors(self, code: str | None = None) -> dict[str, Any]:
        """`GET /sources/connectors`: property schemas by display name, of one connector or of all."""
        answer = self._transport.request(
            "GET", "/sources/connectors", effect=Effect.READS, query={"connector_code": code}
        )
        if not isinstance(answer, dict):
            raise UnreadableAnswerError(
                "GET /sources/connectors answered with something that is no object of connectors",
                operation="GET /sources/connectors",
            )
        return answer

    @staticmethod
    def _model(model: type[_Model], operation: str, answer: Any) -> _Model:
        try:
            return model.model_validate(answer)
        except ValidationError as error:
            places = ", ".join(sorted({".".join(str(part) for part in issue["loc"][:2]) for issue in error.errors()}))
            raise UnreadableAnswerError(
                f"{operation} answered with a body of another shape than documented (at: {places or 'the top'})",
                operation=operation,
                accepted=True,
            ) from None


def _path(source_id: str) -> str:
    if not source_id:
        raise ValueError("an id of a source is needed")
    return f"/sources/{quote(source_id, safe='')}"


def _placement(kc_cluster_id: str | None, tags: Sequence[str] | None) -> dict[str, Any]:
    body: dict[str, Any] = {}
    if kc_cluster_id:
        body["kc_cluster_id"] = kc_cluster_id
    if tags is not None:
        body["tags"] = list(tags)
    return body
