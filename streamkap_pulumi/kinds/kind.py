"""What a kind of object is: one declaration, from which everything else about the kind follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from streamkap_pulumi.config.wording import joined
from streamkap_pulumi.kinds.types import Type

if TYPE_CHECKING:
    from streamkap_pulumi.api.client import Streamkap
    from streamkap_pulumi.api.models import ApiObject
    from streamkap_pulumi.config.catalogue import Catalogue, Connector


class Change(Enum):
    """What a change of an input does."""

    REPLACE = "deletes the object and creates it again"
    MERGE = "is laid over the live value, and sent in a PUT"
    SEND = "is sent in a PUT"
    SEND_ALONE = "is sent in a PUT, which leaves the input out where it did not change"
    ACT = "takes a state action"
    NEVER = "does nothing: it is sent at creation only"
    LOCAL = "is recorded, and nothing is sent"


class Default(Enum):
    """What stands for an input that the program omits."""

    REQUIRED = "nothing: it is an error"
    NAMED = "a name of the provider's own"
    UNMANAGED = "nothing: the input is not managed, and the output is the API's own"


@dataclass(frozen=True)
class Field:
    """One field of a kind: an input, an output, or both.

    Args:
        name: as users write it.
        type: of its values.
        doc: what it is, one sentence or more.
    """

    name: str
    type: Type
    doc: str
    change: Change | None = None
    """What a change of the input does; None for what is an output only."""
    default: Any = Default.UNMANAGED
    """What stands for an input that the program omits: a value, or a `Default`."""
    argument: str = ""
    """What the input does; as `doc` where it is empty. `make kinds` adds "Default: not managed." where it holds."""
    is_output: bool = True
    may_be_none: bool = False
    """The output may be None."""
    wire: str = ""
    """Its name in the API's answers and bodies, where that is another."""
    made_of: str = ""
    """The key of the live config that holds the output, which the server makes for the user."""
    secret: bool = False
    """The output is a secret."""
    quotes: bool = False
    """The output is free text of the API's, which may quote secrets."""
    echoed: bool = True
    """The API shows the value that was sent. Otherwise only an unchanged old value proves that it was not applied."""
    unmanaged: str = ""
    """What becomes of the object where the input is no longer declared; ``{}`` stands for the recorded value."""
    not_for: Mapping[str, str] = field(default_factory=dict)
    """By family of connectors: why the input is refused; ``{code}`` stands for the connector."""

    @property
    def is_input(self) -> bool:
        """Programs declare it."""
        return self.change is not None

    @property
    def is_optional(self) -> bool:
        """Omitted, it is not managed."""
        return self.is_input and self.default is Default.UNMANAGED

    @property
    def is_sent(self) -> bool:
        """The API is given it when the object is created."""
        return self.change not in {None, Change.LOCAL}

    @property
    def drifts(self) -> bool:
        """A refresh takes the live value where somebody has changed it."""
        return self.is_sent and self.change is not Change.NEVER and self.change is not Change.MERGE

    def live(self, seen: ApiObject) -> Any:
        """The value that the API shows; None where it shows none."""
        return getattr(seen, self.wire or self.name, None)


@dataclass(frozen=True)
class Kind:
    """A kind of object.

    Args:
        noun: what messages call it, such as ``source``.
        type_name: its class in programs, and the last part of its type token, such as ``Source``.
        summary: the first line of the class's documentation.
        doc: the rest of it.
        fields: everything that it has, in the order in which users read of it.
    """

    noun: str
    type_name: str
    summary: str
    doc: str
    fields: tuple[Field, ...]
    catalogue: Catalogue | None = None
    """Its connectors; None for what has none."""
    status: str = ""
    """The API's field for the observed status; empty for what has none, so that there is nothing to wait for."""
    actions: Mapping[str, str] = field(default_factory=dict)
    """By desired state: the action that leads to it."""
    name_scope: str = "tenant"
    """Where a name is unique."""
    unique: tuple[str, ...] = ("name",)
    """The inputs that no two objects have in common, all of them taken together."""
    is_dated: bool = True
    """The API shows when it was created. Otherwise who has the name is looked up before a create."""
    owner: tuple[str, ...] = ("tenant_id", "service_id")
    """What says which tenant and project it belongs to. What is not a field is recorded as the credentials' own."""
    reference: tuple[str, ...] = ()
    """The outputs that other stacks need, beside the id; none for a kind that is referred to by its id."""
    reserved: str = ""
    """The output that is True of Streamkap's own objects, which no program can manage; empty where there are none."""
    body: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    """Makes the body of a POST or PUT of the inputs, by their names in the API, where it is not just these."""

    @property
    def plural(self) -> str:
        """What messages, and routes, call several of them."""
        return f"{self.noun}s"

    @property
    def why_no_second(self) -> str:
        """Why there cannot be two of one declaration, as messages say it."""
        if len(self.unique) == 1:
            return f"its {self.unique[0]} is unique"
        return f"no two {self.plural} have the same {joined([*self.unique])}"

    def client(self, api: Streamkap) -> Any:
        """Its routes: `Objects` of its model, and what only it has, such as state actions."""
        return getattr(api, self.plural)

    @property
    def type_token(self) -> str:
        """The type that the engine records."""
        return f"pulumi-python:dynamic/streamkap:{self.type_name}"

    @cached_property
    def by_name(self) -> Mapping[str, Field]:
        """The fields by their names."""
        return {each.name: each for each in self.fields}

    @cached_property
    def inputs(self) -> tuple[Field, ...]:
        """What programs declare."""
        return tuple(each for each in self.fields if each.is_input)

    @cached_property
    def input_names(self) -> tuple[str, ...]:
        """The names of the inputs."""
        return tuple(each.name for each in self.inputs)

    @cached_property
    def outputs(self) -> tuple[Field, ...]:
        """What the class offers, inputs among them."""
        return tuple(each for each in self.fields if each.is_output)

    @cached_property
    def optional(self) -> tuple[str, ...]:
        """The names of the inputs that are not managed where the program omits them."""
        return tuple(each.name for each in self.inputs if each.is_optional)

    @cached_property
    def secret_outputs(self) -> tuple[str, ...]:
        """The names of the outputs that are secrets and not inputs."""
        return tuple(each.name for each in self.outputs if each.secret)

    @cached_property
    def state_field(self) -> Field | None:
        """The input that state actions change; None for a kind that has none."""
        return next((each for each in self.inputs if each.change is Change.ACT), None)

    def connector(self, code: Any) -> Connector | None:
        """What the catalogue knows of the connector with this code; None where it does not know it."""
        return self.catalogue.find(code) if self.catalogue and isinstance(code, str) else None

    def is_reserved(self, seen: ApiObject) -> bool:
        """It is one of Streamkap's own."""
        return bool(self.reserved and self.by_name[self.reserved].live(seen))

    def status_of(self, seen: ApiObject) -> str | None:
        """The observed status."""
        return getattr(seen, self.status, None) if self.status else None

    def body_of(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The body that sends these inputs, given by their own names."""
        body = {self.by_name[name].wire or name: value for name, value in values.items()}
        return self.body(body) if self.body else body
