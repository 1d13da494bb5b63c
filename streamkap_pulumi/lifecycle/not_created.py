"""Errors where an object was not created, or may have been: who has its name, what was found, and what to do."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from streamkap_pulumi.api.errors import APIError, StreamkapError
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.declared import Declared
from streamkap_pulumi.lifecycle.errors import (
    UNCERTAIN,
    LifecycleError,
    NameTakenError,
    UnknownOutcomeError,
    next_step,
    request_note,
)
from streamkap_pulumi.lifecycle.grants import grants_in
from streamkap_pulumi.lifecycle.identity import described, why_other_than_declared
from streamkap_pulumi.lifecycle.live import origin_of
from streamkap_pulumi.lifecycle.presence import account, holders

_RUN_AGAIN = (
    "Run `pulumi up` again: {why}, so it cannot be created twice; if it exists by then, the error gives its id."
)
_GIVE_WAY = "Or choose another name, or delete it in Streamkap if nobody needs it."


@dataclass(frozen=True)
class Search:
    """What the last search for an object showed."""

    found: Any = None
    """It can only be this one."""
    other: Any = None
    """It has the name, and may be another one."""
    why: str = ""
    """Why it may be another one."""
    may_be_it: bool = False
    """Nothing rules out that `other` is the one."""
    trouble: StreamkapError | None = None
    """Why the search itself failed."""


def name_taken(context: Context, declared: Declared, error: APIError) -> NameTakenError:
    """Who has the name. The search is for the message only, so its own failure does not matter."""
    taken = f"A {context.kind.noun} named {declared.name!r} already exists"
    request = request_note(error)
    try:
        holder = next(holders(context, declared, secret_returned=True), None)
    except StreamkapError as trouble:
        return NameTakenError(
            f"{taken}{request}; looking it up failed: {trouble.message}. It is not touched. "
            "Run `pulumi up` again to find out, or choose another name.",
            operation=error.operation,
        )
    if holder is None:
        return NameTakenError(
            f"{taken}, though the list of this project's {context.kind.plural} does not show it{request}. If another "
            "resource of this run has just given the name up, run `pulumi up` again. Otherwise it belongs to another "
            "project of the tenant, or is left over from a failed deployment. Choose another name, or ask Streamkap to "
            "remove it.",
            operation=error.operation,
        )
    if holder.id in context.claims:
        return NameTakenError(
            f"{taken}: id {holder.id}{request}. Another resource of this run has created it: "
            f"{context.kind.why_no_second}, so give one of the two another name.",
            operation=error.operation,
        )
    ways = _ways_on(declared, holder, is_just_that=_is_just_that(context, declared, holder))
    return NameTakenError(
        f"{taken}: {described(context.api, holder)}{request}. It is not touched.{ways}", operation=error.operation
    )


def name_taken_perhaps_by_us(
    context: Context, declared: Declared, failures: Sequence[StreamkapError], search: Search
) -> LifecycleError:
    """The API says that the name is taken, and an earlier try of ours may have taken it."""
    *lost, refused = failures
    request = request_note(refused)
    before = f"The first try to create it ended like this: {lost[0].message}."
    taken = f"{context.kind.noun} named {declared.name!r} already exists"
    if search.other is not None:
        holder = search.other
        ours = (
            f" It may or may not be the one that this run asked for: {search.why}."
            if search.may_be_it
            else f" It is not the one that this run asked for: {search.why}."
        )
        ways = _ways_on(declared, holder, is_of_this_run=search.may_be_it)
        return NameTakenError(
            f"A {taken}: {described(context.api, holder)}{request}. It is not touched. {before}{ours}{ways}",
            operation=refused.operation,
        )
    if search.trouble is not None:
        return unknown_outcome(context, declared, failures, search)
    return UnknownOutcomeError(
        f"it may or may not have been created: a {taken}, though the list of this project's {context.kind.plural} "
        f"does not show it{request}. {before} Either this run created it, or it belongs to another "
        "project of the tenant, or it is left over from a failed deployment. Run `pulumi up` again: if the list "
        "shows it by then, the error gives its id. If it never does, choose another name, or ask Streamkap to remove "
        "it.",
        operation=refused.operation,
    )


def unknown_outcome(
    context: Context, declared: Declared, failures: Sequence[StreamkapError], search: Search
) -> UnknownOutcomeError:
    """It may have been created: how each kind of try ended, what was searched for, and what to do."""
    first, last = failures[0], failures[-1]
    tries = "once" if len(failures) == 1 else f"{len(failures)} times"
    parts = [f"it may or may not have been created: {first.message}."]
    if _sort(last) != _sort(first):
        parts.append(f"The next try: {last.message}.")
    if context.interrupted:
        parts.append("The run was interrupted, so there is no other try and no further search.")
    if search.trouble is not None:
        parts.append(f"It was requested {tries}, and could not be searched for: {search.trouble.message}.")
    elif search.other is not None:
        perhaps = "may or may not be the one" if search.may_be_it else "is not the one"
        parts.append(
            f"It was requested {tries}. A {context.kind.noun} of its name {perhaps} ({search.why}): "
            f"{described(context.api, search.other)}."
            f"{_ways_on(declared, search.other, is_of_this_run=search.may_be_it)}"
        )
    else:
        each = "" if len(failures) == 1 else " after each try"
        parts.append(f"It was requested {tries} and searched for{each}, and was not found.")
    step = "" if isinstance(last, UNCERTAIN) else next_step(last, context.api.host)
    if search.other is None and not grants_in(declared.about, declared.config):
        parts.append(f"{step} {_RUN_AGAIN.format(why=context.kind.why_no_second)}".strip())
    return UnknownOutcomeError(" ".join(parts), operation=last.operation)


def _ways_on(declared: Declared, holder: Any, *, is_just_that: bool = False, is_of_this_run: bool = False) -> str:
    """What can be done where `holder` has the name, one way per line, the likeliest first.

    A default name belongs to one resource of one stack, so no other resource of the stack has it.
    """
    adopt = f"`streamkap adopt {shlex.quote(declared.resource or declared.name)} {shlex.quote(holder.id)}`"
    adopting = f"To have this program manage it: {adopt}."
    recovering = (
        "It is exactly what is declared here: if a run of this stack was killed while it created it, `streamkap "
        "recover` brings it into the stack."
    )
    alias = (
        "If it is another resource of this stack, or this one under an earlier name, add "
        "`aliases=[pulumi.Alias(name=…)]` with that name to its options; where that one gives the name up in this "
        f"run, run `pulumi up` again. If it was renamed, {adopt} says which alias."
    )
    recover = (recovering,) if is_just_that else ()
    if declared.has_default_name:
        ways: tuple[str, ...] = (*recover, adopting)
    elif is_of_this_run or origin_of(holder) not in {None, declared.get("created_from")}:
        ways = (adopting, *recover, alias)
    else:
        ways = (alias, *recover, adopting)
    return "".join(f"\n  {way}" for way in (*ways, _GIVE_WAY))


def _is_just_that(context: Context, declared: Declared, holder: Any) -> bool:
    try:
        live = context.fetch(holder.id)
        return why_other_than_declared(declared, live, account(context.api)) is None
    except StreamkapError:
        return False


def _sort(error: StreamkapError) -> tuple[type[StreamkapError], int | None]:
    return type(error), getattr(error, "status", None)
