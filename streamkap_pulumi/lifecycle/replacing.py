"""Before a source is deleted to be created again: what certainly could not be created keeps the old one.

Only a run that is to change something asks, and only where the replacement is another one by connector or by name.
Where Streamkap cannot be asked, the replacement goes on with a warning.
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

if TYPE_CHECKING:
    from streamkap_pulumi.api.sources import Sources
    from streamkap_pulumi.lifecycle.context import Context

_REFUSALS = (BadRequestError, InvalidRequestError, NotFoundError)
"""How the API may say that it has no such connector; how it does is not documented."""


class CannotReplaceError(LifecycleError):
    """The new source certainly could not be created, so the old one is not deleted."""


class Replacements:
    """The replacements of one run that were verified, and which connectors Streamkap has; threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._verified: set[tuple[str, str, str]] = set()
        self._connectors: dict[str, bool | StreamkapError] = {}

    def verify(
        self, context: Context, source_id: str, recorded: Mapping[str, Any], *, name: str, connector: str
    ) -> None:
        """See whether the `recorded` source, once it is deleted, can be created again as the given one.

        Raises:
            CannotReplaceError: Streamkap certainly would refuse it: it does not have the connector.
            NameTakenError: another source has the name.
        """
        with self._lock:
            if (source_id, name, connector) in self._verified:
                return
        was, old_name = str(recorded.get("connector")), recorded.get("name")
        if connector != was:
            self._verify_connector(context, connector, was, name)
        if name != old_name:
            _verify_name(context, source_id, name, old_name)
        with self._lock:
            self._verified.add((source_id, name, connector))

    def _verify_connector(self, context: Context, connector: str, was: str, name: str) -> None:
        slip = slip_in_connector(connector, was)
        if slip:
            raise CannotReplaceError(f"connector: {slip}.")
        with self._lock:
            answer = self._connectors.get(connector)
            if answer is None:
                answer = self._connectors[connector] = _ask(context.api.sources, connector, was)
        if answer is False:
            raise CannotReplaceError(
                f"connector: Streamkap does not know the connector {connector!r}. The recorded source ({was}) is not "
                "deleted, since Streamkap would refuse to create it again. Check the connector's code: `streamkap "
                "schema` lists those that this version knows."
            )
        if isinstance(answer, StreamkapError):
            context.report(
                f"{name}: whether Streamkap has the connector {connector!r} could not be checked before the source is "
                f"replaced: {answer.told(context.redaction.text)}"
            )


def _ask(sources: Sources, code: str, recorded: str) -> bool | StreamkapError:
    """Whether Streamkap has the connector (`GET /sources/connectors`), or why that is not known.

    "No" is believed only where the same question about the recorded one, which it certainly has, is answered by that.
    """
    try:
        with suppress(*_REFUSALS):
            if has_connector(sources.connectors(code), code):
                return True
        if has_only(sources.connectors(recorded), recorded):
            return False
    except InterruptedRunError:
        raise
    except StreamkapError as error:
        return error
    return StreamkapError(f"GET /sources/connectors does not show {recorded!r} either, or not by itself")


def _verify_name(context: Context, source_id: str, name: str, old_name: Any) -> None:
    try:
        holder = next((each for each in context.api.sources.named(name) if each.id != source_id), None)
    except InterruptedRunError:
        raise
    except StreamkapError as error:
        context.report(
            f"{name}: whether this name is free could not be checked before the source {old_name!r} is replaced: "
            f"{error.told(context.redaction.text)}"
        )
        return
    if holder is not None:
        raise NameTakenError(
            f"A source named {name!r} already exists: id {holder.id}, connector {holder.connector}. The source "
            f"{old_name!r} is not deleted, since it could not be created again under that name. Choose another name; "
            "if another resource of this run gives the name up, run `pulumi up` again."
        )
