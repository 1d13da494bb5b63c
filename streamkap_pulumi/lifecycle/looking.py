"""Looking at a source that is to be there, and at who has a name: what is found says what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from streamkap_pulumi.api.errors import NAME_TAKEN_STATUSES, APIError, NotFoundError, StreamkapError
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.errors import LifecycleError, SourceGoneError
from streamkap_pulumi.lifecycle.tenancy import believe_gone

if TYPE_CHECKING:
    from streamkap_pulumi.api.client import Streamkap
    from streamkap_pulumi.api.models import SourceConnector


def look(context: Context, source_id: str, recorded: Mapping[str, Any]) -> SourceConnector:
    """The source as it is now, with its secrets.

    Raises:
        SourceGoneError: it was deleted behind the stack's back.
        WrongTenantError: it is not to be seen, and "gone" cannot be believed.
        StreamkapError: the API could not be asked, or refused.
    """
    try:
        return context.api.sources.get(source_id)
    except NotFoundError as error:
        believe_gone(context.api, source_id, recorded)
        raise SourceGoneError(
            "it was deleted behind the stack's back. Run `pulumi refresh`, then `pulumi up` to create it again.",
            operation=error.operation,
        ) from None


def raise_if_gone(context: Context, source_id: str, recorded: Mapping[str, Any], error: APIError) -> None:
    """Where `error` says that something is missing, and it is the source itself.

    Raises:
        SourceGoneError: it was deleted behind the stack's back.
        WrongTenantError: it is not to be seen, and "gone" cannot be believed.
    """
    if error.says_missing and not error.html:
        try:
            look(context, source_id, recorded)
        except LifecycleError:
            raise
        except StreamkapError:
            return


def taken(api: Streamkap, name: str, error: APIError, *, but: str | None = None) -> bool:
    """Whether `error` refuses a write because another source has the `name`.

    The API is known to refuse without a word. Then it is the reason if the list shows such a source, other than `but`.
    """
    if error.name_is_taken:
        return True
    if error.reason or error.status not in NAME_TAKEN_STATUSES:
        return False
    try:
        return any(row.id != but for row in api.sources.named(name))
    except StreamkapError:
        return False
