"""Before an object is deleted to be created again: check that the new one can be created.

The API is asked only by a run that changes something, and only where connector or name differ. Where it cannot be
reached, the replacement goes on with a warning.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from streamkap_pulumi.api.errors import (
    BadRequestError,
    InterruptedRunError,
    InvalidRequestError,
    NotFoundError,
    StreamkapError,
)
from streamkap_pulumi.config.live_schema import has_connector, has_only
from streamkap_pulumi.lifecycle.checking import slip_in_connector
from streamkap_pulumi.lifecycle.errors import LifecycleError, NameTakenError
from streamkap_pulumi.lifecycle.identity import described

if TYPE_CHECKING:
    from streamkap_pulumi.lifecycle.context import Context

_REFUSALS = (BadRequestError, InvalidRequestError, NotFoundError)
"""How the API may say that it has no such connector; it is not documented."""


class CannotReplaceError(LifecycleError):
    """The new object certainly could not be created, so the old one is not deleted."""


class Replacements:
    """The replacements that one run has checked, and which connectors Streamkap has; threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._checked: set[tuple[str, str, str]] = set()
        self._connectors: dict[str, bool | StreamkapError] = {}

    def check(
        self, context: Context, object_id: str, recorded: Mapping[str, Any], *, name: str, connector: str
    ) -> None:
        """Check that the `recorded` object, once it is deleted, can be created again under this name and connector.

        Raises:
            CannotReplaceError: Streamkap certainly would refuse it: it does not have the connector.
            NameTakenError: another object has the name.
        """
        with self._lock:
            if (object_id, name, connector) in self._checked:
                return
        was, old_name = str(recorded.get("connector")), recorded.get("name")
        if connector != was:
            self._check_connector(context, connector, was, name)
        if name != old_name:
            _check_name(context, object_id, name, old_name)
        with self._lock:
            self._checked.add((object_id, name, connector))

    def _check_connector(self, context: Context, connector: str, was: str, name: str) -> None:
        slip = slip_in_connector(context.kind, connector, was)
        if slip:
            raise CannotReplaceError(f"connector: {slip}.")
        with self._lock:
            answer = self._connectors.get(connector)
            if answer is None:
                answer = self._connectors[connector] = _ask(context, connector, was)
        if answer is False:
            raise CannotReplaceError(
                f"connector: Streamkap does not have the connector {connector!r}. The recorded {context.kind.noun} "
                f"({was}) is not deleted, since Streamkap would refuse to create it again. Check the connector's code: "
                "`streamkap schema` lists those that this version knows."
            )
        if isinstance(answer, StreamkapError):
            context.report(
                f"{name}: could not check whether Streamkap has the connector {connector!r} before replacing the "
                f"{context.kind.noun}: {answer.message}"
            )


def _ask(context: Context, code: str, recorded: str) -> bool | StreamkapError:
    """Whether Streamkap has the connector (`GET …/connectors`), or why that is not known.

    "No" is believed only where the answer about the recorded one, which it certainly has, shows that one.
    """
    objects, catalogue = context.objects, context.kind.catalogue
    if catalogue is None:
        return True
    try:
        with suppress(*_REFUSALS):
            if has_connector(objects.connectors(code), code, catalogue):
                return True
        if has_only(objects.connectors(recorded), recorded, catalogue):
            return False
    except InterruptedRunError:
        raise
    except StreamkapError as error:
        return error
    return StreamkapError(
        f"GET /{context.kind.plural}/connectors did not return {recorded!r} either, or returned it together with others"
    )


def _check_name(context: Context, object_id: str, name: str, old_name: Any) -> None:
    try:
        holder = next((each for each in context.objects.named(name) if each.id != object_id), None)
    except InterruptedRunError:
        raise
    except StreamkapError as error:
        context.report(
            f"{name}: could not check whether this name is free before replacing the {context.kind.noun} {old_name!r}: "
            f"{error.message}"
        )
        return
    if holder is not None:
        raise NameTakenError(
            f"A {context.kind.noun} named {name!r} already exists: {described(context.api, holder)}. The "
            f"{context.kind.noun} {old_name!r} is not deleted, since it could not be created again under that name. "
            "Choose another name; if another resource of this run gives the name up, run `pulumi up` again."
        )
