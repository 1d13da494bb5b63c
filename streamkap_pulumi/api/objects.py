"""The routes that every kind of object has, written once: create, get, list, iterate, named, update, delete."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from streamkap_pulumi.api.errors import APIError, NotFoundError, UnreadableAnswerError
from streamkap_pulumi.api.models import ApiObject, Page
from streamkap_pulumi.api.retrying import Effect
from streamkap_pulumi.api.transport import Transport

PAGE_SIZE = 100
"""The API's largest page."""

_MOST_PAGES = 1000

Object = TypeVar("Object", bound=ApiObject)
_Model = TypeVar("_Model", bound=BaseModel)


class Objects(Generic[Object]):
    """The routes of one kind of object. A kind adds the inputs and filters of its own.

    Every method may raise any `StreamkapError`; the docstrings name those that mean something of their own.
    `secret_returned` asks the API for secrets in clear; without it they come masked or as null.

    Args:
        transport: sends the requests.
        noun: the kind, as messages name it, such as ``source``.
        path: where its routes are, such as ``/sources``.
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
            NotFoundError: none has this id in the project of the credentials. The API says so with a 404, or with a
                page without an entry; the error is the same.
            UnreadableAnswerError: the page shows only others.
        """
        path = self._path_of(object_id)
        effect = Effect.LOOKS if once else Effect.READS
        answer = self._transport.request("GET", path, effect=effect, query={"secret_returned": secret_returned})
        entries = self._read(self._page, f"GET {path}", answer).result or []
        if not entries:
            raise NotFoundError(operation=f"GET {path}", status=404, detail=f"no {self._noun} has the id {object_id}")
        found = next((entry for entry in entries if entry.id == object_id), None)
        if found is None:
            raise UnreadableAnswerError(
                f"GET {path} answered with another {self._noun} than the one that was asked for",
                operation=f"GET {path}",
            )
        return found

    def named(self, name: str, *, secret_returned: bool = False) -> Iterator[Object]:
        """Those of the project whose name is exactly `name`.

        Where several pages show none, the list is read once more: an object that is deleted meanwhile moves another one
        from a page that is yet to come to one that was read.
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

        Not retried where the API may have acted on it: the second request would create another object, or be refused
        because of its name.

        Args:
            body: what the API documents for the kind.
            wait: the API answers once the object is deployed, which may take longer than a gateway allows; otherwise it
                answers as soon as the object is saved.
            secret_returned: whether the answer has secrets in clear.
        """
        query = {"secret_returned": secret_returned, "wait": wait}
        answer = self._transport.request("POST", self._path, effect=Effect.MAKES, query=query, body=body)
        return self._read(self._model, f"POST {self._path}", answer)

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
            body: what the API documents for the kind. A function is called before each try, so what it returns may
                depend on what the object holds by then; what it raises ends the call.
            once: retry only where the API has not acted on the request: for a body that cannot be sent twice, such as
                one with an OAuth grant.
            wait: as for `post`.
            secret_returned: as for `post`.
        """
        path = self._path_of(object_id)
        query = {"secret_returned": secret_returned, "wait": wait}
        effect = Effect.MAKES if once else Effect.SETS
        answer = self._transport.request("PUT", path, effect=effect, query=query, body=body)
        return self._read(self._model, f"PUT {path}", answer)

    def delete(self, object_id: str, *, wait: bool = False) -> None:
        """`DELETE /{kind}/{id}`. The object may stay readable for seconds, or minutes, after the answer.

        Raises:
            NotFoundError: none has this id. The API has several statuses and wordings for that, or no word at all, and
                may mean something else by one that is not a 404: a cluster that is not found, say. So check that the
                object is gone. Where the call was retried after a lost answer, this very call may have deleted it.
        """
        path = self._path_of(object_id)
        try:
            self._transport.request(
                "DELETE", path, effect=Effect.DELETES, query={"secret_returned": False, "wait": wait}
            )
        except APIError as error:
            unsaid = not error.reason and error.status in {400, 410, 422}
            if (error.says_missing or unsaid) and not error.html and not isinstance(error, NotFoundError):
                raise error.as_not_found() from None
            raise

    def _list(self, *, page: int, page_size: int, **filters: Any) -> Page[Object]:
        query = {"page": page, "page_size": page_size, **filters}
        answer = self._transport.request("GET", self._path, effect=Effect.READS, query=query)
        return self._read(self._page, f"GET {self._path}", answer)

    def _pages(self, page_size: int, **filters: Any) -> Iterator[tuple[Object, ...]]:
        """What each page shows that none before it did.

        Pages until one shows nothing new, or is short and nothing in the answer says that there are more: the API's own
        totals are wrong at times, and it may return fewer entries than were asked for.
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

    def _path_of(self, object_id: str) -> str:
        if not object_id:
            raise ValueError(f"an id of a {self._noun} is needed")
        return f"{self._path}/{quote(object_id, safe='')}"

    @staticmethod
    def _read(model: type[_Model], operation: str, answer: Any) -> _Model:
        try:
            return model.model_validate(answer)
        except ValidationError as error:
            places = ", ".join(sorted({".".join(str(part) for part in issue["loc"][:2]) for issue in error.errors()}))
            raise UnreadableAnswerError(
                f"{operation} answered with a body of another shape than documented (at: {places or 'the top'})",
                operation=operation,
                accepted=True,
            ) from None
