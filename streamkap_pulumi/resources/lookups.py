"""Looking up objects that are managed elsewhere, by name or by id."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

import pulumi
from pulumi.runtime.settings import get_monitor

from streamkap_pulumi.api.errors import StreamkapError
from streamkap_pulumi.lifecycle.errors import next_step, what_to_check
from streamkap_pulumi.lifecycle.recorded import foreign
from streamkap_pulumi.resources.messages import inform
from streamkap_pulumi.run import run_of

if TYPE_CHECKING:
    from streamkap_pulumi.api.redaction import Redaction
    from streamkap_pulumi.kinds.kind import Kind
    from streamkap_pulumi.lifecycle.context import Context

Result = TypeVar("Result")


def look_up(kind: Kind, result_class: type[Result], name: str | None, id: str | None) -> Result:
    """The object with this exact name (`GET` the list) or with this id (`GET` by id).

    Raises:
        pulumi.RunError: there is none, there are several, or the API cannot be reached. The message says which.
    """
    function = f"get_{kind.noun}"
    if (name is None) == (id is None):
        raise pulumi.RunError(f"{function}: give either name or id, for example {function}(name='orders')")
    found = _look_up(kind, result_class, name, id)
    assert isinstance(found, result_class)  # noqa: S101 - what answers is ours, and answers by kind
    return found


@contextmanager
def answered_by(look_up: LookUp) -> Iterator[None]:
    """Have `look_up` answer instead of Streamkap, for tests without any network."""
    global _look_up  # noqa: PLW0603 - it is put back
    before, _look_up = _look_up, look_up
    try:
        yield
    finally:
        _look_up = before


def _ask_streamkap(kind: Kind, result_class: type[Any], name: str | None, id: str | None) -> Any:
    function = f"get_{kind.noun}({f'name={name!r}' if id is None else f'id={id!r}'})"
    tenant = run_of(get_monitor() or pulumi, inform).tenant(_configuration)
    try:
        context = tenant.context(kind)
        found = _named(context, str(name)) if id is None else context.fetch(id)
        return result(kind, result_class, found, context.redaction)
    except StreamkapError as error:
        step = next_step(error, tenant.host)
        raise pulumi.RunError("\n".join(filter(None, (f"{function} failed: {error.message}", step)))) from None


LookUp = Callable[["Kind", type[Any], "str | None", "str | None"], Any]
_look_up: LookUp = _ask_streamkap


def _configuration(key: str) -> str | None:
    namespace, _, name = key.partition(":")
    return pulumi.Config(namespace).get(name)


def _named(context: Context, name: str) -> Any:
    kind = context.kind
    found = list(context.objects.named(name, secret_returned=True))
    if len(found) == 1:
        return found[0]
    if not found:
        raise StreamkapError(
            f"no {kind.noun} of this project has the name {name!r}\n{what_to_check('name', context.api.host)}"
        )
    ids = ", ".join(each.id for each in found)
    raise StreamkapError(f"several {kind.plural} have the name {name!r}: {ids}; use id=")


def result(kind: Kind, result_class: type[Result], seen: Any, redaction: Redaction | None = None) -> Result:
    """The look-up's result for an answer of the API. `redaction` knows other secrets, and learns those of `seen`."""
    facts: dict[str, Any] = foreign(kind, seen, redaction) | {"id": seen.id}
    names: Any = result_class  # A dataclass, which no type of ours says.
    return result_class(**{each.name: facts.get(each.name) for each in fields(names)})
