"""The routes that every kind of object has, written once: get, list, find by name, create, update, delete."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from streamkap_pulumi.api.errors import APIError, NotFoundError, UnreadableAnswerError
from streamkap_pulumi.api.models import ApiObject, Page, parsed
from streamkap_pulumi.api.retrying import Effect
from streamkap_pulumi.api.transport import Transport

PAGE_SIZE = 100
"""The API's largest page."""

_MOST_PAGES = 1000

Object = TypeVar("Object", bound=ApiObject)


class Objects(Generic[Object]):
    """The routes of one kind of object. A subclass adds the kind's own arguments, filters and routes.

    Every method may raise any `StreamkapError`; the docstrings name those with a special meaning. `secret_returned`
    asks the API for secrets in clear; without it they come masked or as null.

    Args:
        transport: sends the requests.
        noun: what messages call the kind, such as ``source``.
        path: the path of its routes, such as ``/sources``.
        model: one object.
        page: one page of the list.
    """

    def __init__(
        self, transport: Transport, *, noun: str, path: str, model: type[Object], page: type[Page[Object]]
    ) -> None:
        self._transport = transport
        self._noun = noun
        self._path = path
        self._model = model
        self._page = page

    def get(self, object_id: str, *, secret_returned: bool = True, once: bool = False) -> Object:
        """`GET /{kind}/{id}`. With `once` only a 429 is retried: for callers that poll.

        Raises:
            NotFoundError: no object has this id in the project of the credentials. The API answers 404 or an empty
                page; the error is the same.
            UnreadableAnswerError: the page shows only other objects.
        """
        path = self.path_of(object_id)
        effect = Effect.POLLS if once else Effect.READS
        answer = self._transport.request("GET", path, effect=effect, query={"secret_returned": secret_returned})
        entries = parsed(self._page, f"GET {path}", answer).result or []
        if not entries:
            raise NotFoundError(operation=f"GET {path}", status=404, detail=f"no {self._noun} has the id {object_id}")
        found = next((entry for entry in entries if entry.id == object_id), None)
        if found is None:
            raise UnreadableAnswerError(f"GET {path} answered with a different {self._noun}", operation=f"GET {path}")
        return found

    def named(self, name: str, *, secret_returned: bool = False) -> Iterator[Object]:
        """The project's objects whose name is exactly `name`.

        If several pages show none, the list is read once more: an object that is deleted meanwhile moves another one
        from a later page to one that was read already.
        """
        for _ in range(2):
            pages, found = 0, False
            for entries in self._pages(PAGE_SIZE, partial_name=name, secret_returned=secret_returned):
                pages += 1
                for entry in entries:
                    if entry.name == name:
                        found = True
                        yield entry
            if found or pages < 2:
                return

    def post(self, body: Mapping[str, Any], *, wait: bool = False, secret_returned: bool = True) -> Object:
        """`POST /{kind}`: creates an object.

        Not retried if the API may have acted on it: the second request would create another object, or be refused
        because of its name.

        Args:
            body: what the API documents for the kind.
            wait: let the API answer only once the object is deployed, which may take longer than a gateway allows.
                Otherwise it answers as soon as the object is saved.
            secret_returned: whether the answer has secrets in clear.
        """
        query = self._query(secret_returned=secret_returned, wait=wait)
        answer = self._transport.request("POST", self._path, effect=Effect.CREATES, query=query, body=body)
        return parsed(self._model, f"POST {self._path}", answer)

    def put(
        self,
        object_id: str,
        body: Mapping[str, Any] | Callable[[], Mapping[str, Any]],
        *,
        once: bool = False,
        wait: bool = False,
        secret_returned: bool = True,
    ) -> Object:
        """`PUT /{kind}/{id}`: replaces what the object holds.

        Args:
            object_id: the object's id.
            body: what the API documents for the kind. If it is a function it is called before each try, so what it
                returns may depend on what the object holds by then; what it raises ends the call.
            once: retry only if the API has not acted on the request: for a body that cannot be sent twice, such as one
                with an OAuth grant.
            wait: as for `post`.
            secret_returned: as for `post`.
        """
        path = self.path_of(object_id)
        query = self._query(secret_returned=secret_returned, wait=wait)
        effect = Effect.CREATES if once else Effect.SETS
        answer = self._transport.request("PUT", path, effect=effect, query=query, body=body)
        return parsed(self._model, f"PUT {path}", answer)

    def delete(self, object_id: str, *, wait: bool = False) -> None:
        """`DELETE /{kind}/{id}`. The object may still be readable for seconds, or minutes, after the answer.

        Raises:
            NotFoundError: no object has this id. The API says so with several statuses and wordings, or with none. A
                status other than 404 may mean something else, such as a cluster that is not found: so check that the
                object is gone. After a lost answer this very call may have deleted it.
        """
        path = self.path_of(object_id)
        try:
            query = self._query(secret_returned=False, wait=wait)
            self._transport.request("DELETE", path, effect=Effect.DELETES, query=query)
        except APIError as error:
            says_nothing = not error.reason and error.status in {400, 410, 422}
            if (error.says_missing or says_nothing) and not error.html and not isinstance(error, NotFoundError):
                raise error.as_not_found() from None
            raise

    def _query(self, **query: bool) -> Mapping[str, Any]:
        """What of the query the routes of the kind take."""
        return query

    def _list(self, *, page: int, page_size: int, **filters: Any) -> Page[Object]:
        query = {"page": page, "page_size": page_size, **filters}
        answer = self._transport.request("GET", self._path, effect=Effect.READS, query=query)
        return parsed(self._page, f"GET {self._path}", answer)

    def _pages(self, page_size: int, **filters: Any) -> Iterator[tuple[Object, ...]]:
        """What each page shows that no page before it showed.

        The last page shows nothing new, or is short and nothing in the answer says that there is more. The API's own
        totals are sometimes wrong, and it may return fewer entries than were asked for.
        """
        seen: set[str] = set()
        size = min(page_size, PAGE_SIZE)
        shown = 0
        for page in range(1, _MOST_PAGES + 1):
            answer = self._list(page=page, page_size=size, **filters)
            entries = answer.result or []
            new = tuple({entry.id: entry for entry in entries if entry.id not in seen}.values())
            seen.update(entry.id for entry in new)
            shown += len(entries)
            yield new
            full = len(entries) >= min(size, answer.page_size or size)
            if not new or not (full or answer.has_next or (answer.total or 0) > shown):
                return

    def path_of(self, object_id: str) -> str:
        """The route of one object, such as ``/sources/64a1…``."""
        if not object_id:
            raise ValueError(f"the {self._noun} id is empty")
        return f"{self._path}/{quote(object_id, safe='')}"
