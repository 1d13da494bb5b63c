"""Tags: labels for objects (`/tags`)."""

from __future__ import annotations

from streamkap_pulumi.kinds.kind import Change, Default, Field, Kind
from streamkap_pulumi.kinds.types import Choices, Flag, Name, Note

TAG = Kind(
    noun="tag",
    type_name="Tag",
    summary="A tag of Streamkap: a label for sources, destinations and other objects.",
    doc="""
Example::

    team = streamkap.Tag("team-data", type=["sources", "destinations"])
    orders = streamkap.Source("orders", config=..., tags=[team.id])

Create is `POST /tags`, update `PUT /tags/{id}`, delete `DELETE /tags/{id}`, which Streamkap refuses while an object
has the tag. Nothing replaces a tag.
""",
    unique=("name", "type", "description"),
    is_dated=False,
    reserved="system",
    fields=(
        Field(
            "name",
            Name(),
            "Name in Streamkap. Several tags may have one name, if type or description differ.",
            Change.SEND,
            Default.NAMED,
            argument="the name in Streamkap. Several tags may have one name, if type or description differ. "
            "Default: `resource_name` and seven hex digits of its own.",
        ),
        Field(
            "type",
            Choices(
                allowed=("sources", "destinations", "pipelines", "transforms", "topics", "services", "users", "tenant"),
                reserved=("environment", "general"),
            ),
            "The kinds of objects that the tag is for, such as ``sources``.",
            Change.SEND,
            Default.REQUIRED,
            argument="the kinds of objects that the tag is for: ``sources``, ``destinations``, ``pipelines``, "
            "``transforms``, ``topics``, ``services``, ``users``, ``tenant``. Their order makes no difference.",
        ),
        Field(
            "description",
            Note(empty=str),
            "What the tag is for; it may be empty.",
            Change.SEND,
            argument="what the tag is for; an empty string clears it.",
            unmanaged="keeps the description {!r}",
        ),
        Field("system", Flag(), "Whether it is one of Streamkap's own tags, such as Development."),
        Field("custom", Flag(), "Whether somebody of this tenant created it."),
    ),
)
"""A tag."""
