"""The routes of tags (`/tags`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from streamkap_pulumi.api.errors import NotFoundError
from streamkap_pulumi.api.models import Page, Tag, TagList, parsed
from streamkap_pulumi.api.objects import Objects
from streamkap_pulumi.api.retrying import Effect
from streamkap_pulumi.api.transport import Transport


class Tags(Objects[Tag]):
    """Create, find, change and delete tags. Nothing of a tag is secret, and there is nothing to wait for.

    Every method may raise any `StreamkapError`; the docstrings name those with a special meaning.
    """

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, noun="tag", path="/tags", model=Tag, page=Page[Tag])

    def create(self, *, name: str, type: Sequence[str], description: str = "") -> Tag:
        """`POST /tags`.

        Args:
            name: several tags may have it.
            type: the kinds of objects that the tag is for, such as ``sources``.
            description: what it is for.

        Raises:
            APIError: with `name_is_taken`, if the tenant has a tag of the same name, type and description.
        """
        return self.post({"name": name, "type": list(type), "description": description})

    def list(self, *, ids: Sequence[str] = (), name: str | None = None, type: str | None = None) -> list[Tag]:
        """`GET /tags`: all tags of the tenant that match; the API gives them without pages.

        With more than one id it is `POST /tags/search`.
        """
        many = {"tag_ids": list(ids)} if len(ids) > 1 else None
        query = {"tag_name": name, "tag_type": type} | ({} if many or not ids else {"tag_ids": ids[0]})
        method, path = ("POST", "/tags/search") if many else ("GET", "/tags")
        answer = self._transport.request(method, path, effect=Effect.READS, query=query, body=many)
        return parsed(TagList, f"{method} {path}", answer).tags or []

    def iterate(self) -> Iterator[Tag]:
        """All tags of the tenant."""
        yield from self.list()

    def get(self, object_id: str, *, secret_returned: bool = True, once: bool = False) -> Tag:  # noqa: ARG002
        """`GET /tags?tag_ids={id}`. With `once` only a 429 is retried: for callers that poll.

        Raises:
            NotFoundError: the tenant of the credentials has no tag with this id.
        """
        self.path_of(object_id)
        effect = Effect.POLLS if once else Effect.READS
        answer = self._transport.request("GET", self._path, effect=effect, query={"tag_ids": object_id})
        entries = parsed(TagList, "GET /tags", answer).tags or []
        found = next((each for each in entries if each.id == object_id), None)
        if found is None:
            raise NotFoundError(operation="GET /tags", status=404, detail=f"no tag has the id {object_id}")
        return found

    def named(self, name: str, *, secret_returned: bool = False) -> Iterator[Tag]:  # noqa: ARG002
        """The tenant's tags whose name is exactly `name`."""
        return (each for each in self.list(name=name) if each.name == name)

    def update(self, tag_id: str, *, name: str, type: Sequence[str], description: str = "") -> Tag:
        """`PUT /tags/{id}`: replaces name, type and description."""
        return self.put(tag_id, {"name": name, "type": list(type), "description": description})

    def _query(self, **query: bool) -> Mapping[str, Any]:  # noqa: ARG002 - the routes take neither
        return {}
