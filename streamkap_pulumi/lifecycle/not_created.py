"""What is told where a source was not made, or may have been made: who has its name, what was seen, what to do."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamkap_pulumi.api.errors import APIError, StreamkapError
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.declared import Declared
from streamkap_pulumi.lifecycle.errors import UNCERTAIN, LifecycleError, NameTakenError, UnknownOutcomeError, next_step
from streamkap_pulumi.lifecycle.grants import grants_in
from streamkap_pulumi.lifecycle.identity import age, why_other_than_declared
from streamkap_pulumi.lifecycle.presence import whose

if TYPE_CHECKING:
    from streamkap_pulumi.api.models import SourceConnector

_RUN_AGAIN = (
    "Run `pulumi up` again: its name is unique, so it cannot be made twice; should it exist by then, the error tells "
    "its id."
)


_GIVE_WAY = "Or choose another name, or delete it in Streamkap if nobody needs it."


@dataclass(frozen=True)
class Looked:
    """What the last look for a source showed."""

    found: SourceConnector | None = None
    """It can only be this one."""
    other: SourceConnector | None = None
    """It bears the name, and need not be the one."""
    why: str = ""
    """Why it need not be."""
    may_be_it: bool = False
    """Nothing speaks against it that `other` is the one."""
    trouble: StreamkapError | None = None
    """Why there was nothing to be seen: the look itself failed."""


def name_taken(context: Context, declared: Declared, error: APIError) -> NameTakenError:
    """Who has the name. The look-up is for the text only, so its own failure is no failure."""
    taken = f"A source named {declared.name!r} already exists"
    request = _request(error)
    try:
        holder = next(context.api.sources.named(declared.name, secret_returned=True), None)
    except StreamkapError as trouble:
        return NameTakenError(
            f"{taken}{request}; which one could not be looked up: {trouble.told(context.redaction.text)}. "
            "It is not touched. Run `pulumi up` again to be told, or choose another name.",
            operation=error.operation,
        )
    if holder is None:
        return NameTakenError(
            f"{taken}, though the list of this project's sources does not show it{request}. If another resource of "
            "this run has just given the name up, run `pulumi up` again. Otherwise it belongs to another project of "
            "the tenant, or is a leftover of a failed deployment. Choose another name, or ask Streamkap to remove it.",
            operation=error.operation,
        )
    if holder.id in context.claims:
        return NameTakenError(
            f"{taken}: id {holder.id}{request}. Another resource of this very run has made it: a name is unique, so "
            "give one of the two another name.",
            operation=error.operation,
        )
    ways = _ways_on(declared, holder, is_just_that=_is_just_that(context, declared, holder))
    return NameTakenError(
        f"{taken}: {_facts(context, holder)}{request}. It is not touched.{ways}", operation=error.operation
    )


def name_taken_perhaps_by_us(
    context: Context, declared: Declared, failures: Sequence[StreamkapError], looked: Looked
) -> LifecycleError:
    """The API says that the name is taken, and an earlier try of ours may have taken it."""
    *lost, refused = failures
    request = _request(refused)
    before = f"The first try to create it ended so: {lost[0].told(context.redaction.text)}."
    taken = f"A source named {declared.name!r} already exists"
    if looked.other is not None:
        holder = looked.other
        ours = (
            f" It may be the one that this run asked for, and need not be: {looked.why}."
            if looked.may_be_it
            else f" It is not the one that this run asked for: {looked.why}."
        )
        ways = _ways_on(declared, holder, is_of_this_run=looked.may_be_it)
        return NameTakenError(
            f"{taken}: {_facts(context, holder)}{request}. It is not touched. {before}{ours}{ways}",
            operation=refused.operation,
        )
    if looked.trouble is not None:
        return unknown_outcome(context, declared, failures, looked)
    return UnknownOutcomeError(
        f"it is not known whether it was made: {taken[0].lower()}{taken[1:]}, though the list of this project's "
        f"sources does not show it{request}. {before} So it is the one that this run asked for, or it belongs to "
        "another project of the tenant, or is a leftover of a failed deployment. Run `pulumi up` again: if the list "
        "shows it by then, the error tells its id. If it never does, choose another name, or ask Streamkap to remove "
        "it.",
        operation=refused.operation,
    )


def unknown_outcome(
    context: Context, declared: Declared, failures: Sequence[StreamkapError], looked: Looked
) -> UnknownOutcomeError:
    """It may have been made: what each kind of try ended with, what was looked for, what to do."""
    clear = context.redaction.text
    first, last = failures[0], failures[-1]
    tries = "once" if len(failures) == 1 else f"{len(failures)} times"
    parts = [f"it is not known whether it was made: {first.told(clear)}."]
    if _kind(last) != _kind(first):
        parts.append(f"Asked again: {last.told(clear)}.")
    if context.interrupted:
        parts.append("The run was interrupted, so it is neither asked for again nor looked for any longer.")
    if looked.trouble is not None:
        parts.append(f"It was asked for {tries}, and could not be looked for: {looked.trouble.told(clear)}.")
    elif looked.other is not None:
        perhaps = "may be the one, and need not be" if looked.may_be_it else "is not the one"
        parts.append(
            f"It was asked for {tries}. A source of its name {perhaps} ({looked.why}): "
            f"{_facts(context, looked.other)}.{_ways_on(declared, looked.other, is_of_this_run=looked.may_be_it)}"
        )
    else:
        each = "" if len(failures) == 1 else " after each try"
        parts.append(f"It was asked for {tries} and looked for{each}, and was not found.")
    step = "" if isinstance(last, UNCERTAIN) else next_step(last, context.api.host)
    if looked.other is None and not grants_in(declared.connector, declared.config):
        parts.append(f"{step} {_RUN_AGAIN}".strip())
    return UnknownOutcomeError(" ".join(parts), operation=last.operation)


def _facts(context: Context, holder: SourceConnector) -> str:
    old = age(context.api, holder.created_timestamp)
    origin = _origin(holder)
    facts = [
        f"id {holder.id}",
        f"connector {holder.connector}",
        *([f"made {old} ago"] if old else []),
        *([f"made by {origin}"] if origin else []),
    ]
    return ", ".join(facts)


def _origin(holder: SourceConnector) -> str | None:
    origin = (holder.model_extra or {}).get("created_from")
    return origin if isinstance(origin, str) and origin else None


def _ways_on(
    declared: Declared, holder: SourceConnector, *, is_just_that: bool = False, is_of_this_run: bool = False
) -> str:
    """What can be done where `holder` has the name, each way in a line of its own, the likeliest first.

    A name that is worked out belongs to one resource of one stack, so no other resource of the stack has it.
    """
    adopt = f"`streamkap adopt {shlex.quote(declared.resource or declared.name)} {shlex.quote(holder.id)}`"
    adopting = f"To have this program manage it: {adopt}."
    recovering = (
        "It is just what is declared here: if a run of this stack was killed while it made it, `streamkap recover` "
        "brings it into the stack."
    )
    alias = (
        "If it is another resource of this stack, or this one under an earlier name, add "
        "`aliases=[pulumi.Alias(name=…)]` with that name to its options; where that one gives the name up in this "
        f"run, run `pulumi up` again. If it is renamed, {adopt} says which alias."
    )
    recover = (recovering,) if is_just_that else ()
    if declared.has_worked_out_name:
        ways: tuple[str, ...] = (*recover, adopting)
    elif is_of_this_run or _origin(holder) not in {None, declared.created_from}:
        ways = (adopting, *recover, alias)
    else:
        ways = (alias, *recover, adopting)
    return "".join(f"\n  {way}" for way in (*ways, _GIVE_WAY))


def _is_just_that(context: Context, declared: Declared, holder: SourceConnector) -> bool:
    try:
        live = context.api.sources.get(holder.id)
        return why_other_than_declared(declared, live, whose(context.api)) is None
    except StreamkapError:
        return False


def _request(error: StreamkapError) -> str:
    request_id = getattr(error, "request_id", None)
    return f" (request id {request_id})" if request_id else ""


def _kind(error: StreamkapError) -> tuple[type[StreamkapError], int | None]:
    return type(error), getattr(error, "status", None)
