"""Update: the API replaces the whole config, so what was set elsewhere and is not declared has to be sent along.

An update is proven: the answer to the PUT may be lost, and the API may accept what it does not do.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from streamkap_pulumi.api.errors import APIError, StreamkapError, UnreadableAnswerError
from streamkap_pulumi.config.values import same
from streamkap_pulumi.config.wording import joined
from streamkap_pulumi.lifecycle.actions import change_state
from streamkap_pulumi.lifecycle.change import Change, differing
from streamkap_pulumi.lifecycle.context import Context
from streamkap_pulumi.lifecycle.declared import Declared
from streamkap_pulumi.lifecycle.errors import (
    PASSING,
    UNANSWERED,
    LifecycleError,
    NameTakenError,
    NotAppliedError,
    UnknownOutcomeError,
    request_note,
)
from streamkap_pulumi.lifecycle.grants import may_be_acted_on, spent_in_vain, spent_since
from streamkap_pulumi.lifecycle.identity import keeps_secret, set_once
from streamkap_pulumi.lifecycle.keys import NOT_READY, SECRET_KEYS
from streamkap_pulumi.lifecycle.live import connector_of, desired_state_of, state_of
from streamkap_pulumi.lifecycle.merging import merged_config, user_defined
from streamkap_pulumi.lifecycle.presence import fetch, holders, is_taken, raise_if_gone, seen_from
from streamkap_pulumi.lifecycle.recorded import marks, outputs, with_owner
from streamkap_pulumi.lifecycle.waiting import bounded, wait_until_ready

READ_BACK_FOR = 10.0
"""Seconds for which an update is read back that the API does not show yet."""

GO_BACK = "To go back to what was declared before, run `pulumi refresh` first."


def _message(error: StreamkapError) -> str:
    return error.message


def update(
    context: Context,
    object_id: str,
    recorded: Mapping[str, Any],
    declared: Declared,
    explain: Callable[[StreamkapError], str] = _message,
) -> dict[str, Any]:
    """Make the object what is declared, in place, and return its outputs.

    One `PUT` where the name, the config or another input that is sent changes; one state action where the desired state
    does; only a read and a wait where nothing changes but the object was not ready last time, and a PUT as well if it
    does not show what is declared; nothing at all where only `wait`, `timeouts` or the marks of secrets change.

    Once a grant was sent that is good for one request, nothing raises: an error would lose the record that it is spent.
    Then the outputs say why the object is not ready, as after a wait that failed.

    Args:
        context: of the operation.
        object_id: the object's id.
        recorded: the recorded outputs.
        declared: what the program declares now.
        explain: how an error is recorded, with its next step.

    Raises:
        GoneError: it was deleted outside this stack.
        WrongTenantError: it was not found, and "gone" cannot be believed.
        NameTakenError: another object has the name that this one is to have.
        NotAppliedError: the API accepted the update, and did not apply it.
        UnknownOutcomeError: the answer was lost, and the object does not show the update or the new state.
        StreamkapError: the API refused. What is recorded then stays as it was, and the next run tries again.
    """
    was = Declared.from_recorded(context.kind, recorded)
    sends = Change(None, was, declared).is_sent
    check_again = bool(recorded.get(NOT_READY))
    changes_state = declared.desired_state is not None and declared.desired_state != was.desired_state
    sets_once = any(_declared_now(was, declared))
    context.redaction.learn([*was.secrets(), *declared.secrets()])
    if not (sends or check_again or changes_state or sets_once):
        return _only_recorded(context, recorded, declared)

    # What was set elsewhere is read with its secrets and sent along, so the API may quote those as well.
    live = fetch(context, object_id, recorded)
    _refuse_set_once(declared, live)
    # An update after which the object was not ready may not have been applied.
    sends = sends or (check_again and any(differing(declared, live)))
    state = _state_to_change(declared, was, live)
    change = Change(live, was, declared)
    # A kind without a status has no hook that would fail the run.
    grants = change.grants if sends and context.kind.status else []
    try:
        seen = put(context, change, recorded) if sends else live
    except StreamkapError as error:
        if not (grants and may_be_acted_on(error)):
            raise
        return _sent_in_vain(context, change, recorded, explain(error))
    try:
        seen, not_ready = _after_put(context, change, recorded, seen, state, sends=sends)
    except StreamkapError as error:
        if not grants:
            raise
        if isinstance(error, NotAppliedError):
            return _sent_in_vain(context, change, recorded, explain(error))
        # What was accepted is recorded, and the next run compares the object with it.
        not_ready = explain(error)
        _report_failure(context, not_ready)
    seen = with_owner(context.kind, seen, recorded)
    answer = outputs(declared, seen, seen_from=seen_from(context.api), redaction=context.redaction, not_ready=not_ready)
    return answer | spent_since(context.kind, recorded, declared.config)


def _after_put(
    context: Context, change: Change, recorded: Mapping[str, Any], seen: Any, state: str | None, *, sends: bool
) -> tuple[Any, str | None]:
    """Change the state and wait; the object as it was last read, and why it is not ready."""
    declared, live, not_ready = change.declared, change.before, None
    if state is not None:
        _change_state(context, live, state, recorded)
    if declared.wait:
        outcome = wait_until_ready(
            context,
            declared,
            seen,
            operation="update",
            wanted=declared.desired_state or desired_state_of(context.kind, live),
            after_put=sends,
        )
        seen, not_ready = outcome.last, outcome.not_ready
    return (applied(context, change, recorded, seen, not_ready) if sends else seen), not_ready


def _sent_in_vain(context: Context, change: Change, recorded: Mapping[str, Any], why: str) -> dict[str, Any]:
    """What is recorded after a PUT that carried a grant and failed: what was recorded before, and the grant as spent.

    The next run compares the object with what is declared then. A secret that the PUT may have changed is recorded no
    more, since no comparison shows it: it is sent again.
    """
    why = f"{why} {GO_BACK}"
    _report_failure(context, why)
    was, now = change.was.config, change.declared.config
    sent = {key for key in was if keeps_secret(change.was.about, key) and was[key] != now.get(key)} - {*change.grants}
    kept = {key: value for key, value in (recorded.get("config") or {}).items() if key not in sent}
    return {**recorded, "config": kept, NOT_READY: why} | spent_in_vain(recorded, now, change.grants)


def _report_failure(context: Context, why: str) -> None:
    """Report it at once: a transform may have removed the hook that would fail the run."""
    context.report(f"warning: {why}")


def _declared_now(was: Declared, declared: Declared) -> Iterator[str]:
    """Properties that can be set only once, and that the program declares otherwise than before."""
    for key, value in declared.config.items():
        known = declared.known(key)
        if known and known.set_once and not same(known, value, was.config.get(key), key=key):
            yield key


def _refuse_set_once(declared: Declared, live: Any) -> None:
    """Refuse to change what can be set only once. `diff` replaces where it knows both values; here it did not.

    Raises:
        LifecycleError: the live object has another value than the declared one.
    """
    if other := next(set_once(declared, live), None):
        noun = declared.kind.noun
        raise LifecycleError(
            f"{other.path}: Streamkap lets it be set only once. The {noun} has {other.live!r}, and the program "
            f"declares {other.declared!r}. Nothing was sent. Declare {other.live!r}; or, to delete the {noun} and "
            "create it again, run `pulumi up --replace` with its URN."
        )


def _change_state(context: Context, live: Any, state: str, recorded: Mapping[str, Any]) -> None:
    try:
        change_state(context, live, state)
    except APIError as error:
        raise_if_gone(context, live.id, recorded, error)
        raise


def _only_recorded(context: Context, recorded: Mapping[str, Any], declared: Declared) -> dict[str, Any]:
    """What is recorded, with the inputs and the marks of now: by them the engine encrypts the outputs."""
    kind = context.kind
    dropped = {NOT_READY, SECRET_KEYS, *(name for name in kind.optional if not kind.by_name[name].is_output)}
    kept = {key: value for key, value in recorded.items() if key not in dropped}
    quoted = {
        each.name: context.redaction.data(kept[each.name]) for each in kind.outputs if each.quotes and each.name in kept
    }
    return kept | quoted | declared.inputs() | marks(declared) | spent_since(kind, recorded, declared.config)


def _state_to_change(declared: Declared, was: Declared, live: Any) -> str | None:
    """The desired state to ask for; None when the object is in it, or when it is not managed.

    Raises:
        LifecycleError: it is one that a deployed object cannot go to.
    """
    wanted, now = declared.desired_state, desired_state_of(declared.kind, live)
    if wanted is None or wanted == now or (wanted == was.desired_state and now is None):
        return None
    if wanted == "Pending":
        state = state_of(declared.kind, live)
        if state == wanted:
            return None
        raise LifecycleError(
            f"it is {state}, and Streamkap cannot make a deployed {declared.kind.noun} Pending again, so nothing was "
            f'sent. Use desired_state="Stopped", omit it, or delete the {declared.kind.noun} and create it again.'
        )
    return wanted


def put(context: Context, change: Change, recorded: Mapping[str, Any]) -> Any:
    """The answer to the PUT; where it was lost, the object as it is read back, if it is what was asked for.

    Before each retry the object is read and merged again: meanwhile somebody may have changed what is not declared, or
    it may show that the try whose answer was lost was carried out.

    Raises:
        NameTakenError: another object has the name that this one is to have.
        GoneError: it was deleted outside this stack.
        UnknownOutcomeError: the answer was lost, and the object does not show what was asked for.
        StreamkapError: the API refused.
    """
    declared, object_id = change.declared, change.before.id
    what = context.named(declared.name, object_id)
    body = _Body(context, change, recorded)
    try:
        return context.objects.put(object_id, body.of_this_try, once=bool(change.grants))
    except _AppliedAlready as found:
        context.report(f"{what}: it shows what was asked for, so the update is not sent again")
        return found.seen
    except LifecycleError:
        raise
    except StreamkapError as error:
        lost = isinstance(error, UNANSWERED)
        if lost or error.uncertain_before:
            seen, missing = _after_lost_answer(context, change, recorded, error)
            if not missing:
                context.report(f"{what}: it was updated, though the answer was lost")
                return seen
            if lost or isinstance(error, PASSING):
                raise UnknownOutcomeError(
                    f"{error.message}{_not_shown(change, missing)}.{_again(change)}", operation=error.operation
                ) from None
        if isinstance(error, APIError):
            raise_if_gone(context, object_id, recorded, error)
            if is_taken(context, declared, error, but=object_id):
                raise _name_taken(context, change, error) from None
        raise


class _AppliedAlready(Exception):  # noqa: N818 - it is not an error
    """Before a retry, the object shows all of what was asked for."""

    def __init__(self, seen: Any) -> None:
        super().__init__()
        self.seen = seen


class _Body:
    """What to send, worked out for each try."""

    def __init__(self, context: Context, change: Change, recorded: Mapping[str, Any]) -> None:
        self._context = context
        self._change = change
        self._recorded = recorded
        self._live: Any = change.before

    def of_this_try(self) -> Mapping[str, Any]:
        """From the object as it was last read, if that was not used yet; otherwise as it is now.

        Raises:
            _AppliedAlready: it is what was asked for.
            GoneError: it is gone.
        """
        change, live, self._live = self._change, self._live, None
        is_retry = live is None
        if live is None:
            live = fetch(self._context, change.before.id, self._recorded)
            if not change.missing(live) and not change.unseen(live):
                raise _AppliedAlready(live)
        values = change.values(live)
        if "config" in self._context.kind.by_name:
            values["config"] = self._config(live, is_retry=is_retry)
        return self._context.kind.body_of(values)

    def _config(self, live: Any, *, is_retry: bool) -> dict[str, Any]:
        context, declared = self._context, self._change.declared
        try:
            return merged_config(
                context.kind.noun,
                declared.about,
                live.config,
                self._change.was.config,
                declared.config,
                users_keys=lambda: user_defined(context, declared.connector),
            )
        except LifecycleError as refused:
            if is_retry:
                raise LifecycleError(f"{refused} That was a retry: the try before it may have been applied.") from None
            raise


def _after_lost_answer(
    context: Context, change: Change, recorded: Mapping[str, Any], error: StreamkapError
) -> tuple[Any, list[str]]:
    """The object as it is read back, with what it is not, or does not show.

    Raises:
        UnknownOutcomeError: it cannot be read.
    """
    try:
        seen, missing = _read_back(context, change, recorded)
    except PASSING as trouble:
        raise UnknownOutcomeError(
            f"{error.message}, and the {context.kind.noun} could not be read: {trouble.message}.{_again(change)}",
            operation=error.operation,
        ) from None
    if _says_success(error):
        return seen, missing  # Of what is hidden, any answer shows no more than success.
    return seen, missing + change.unseen(seen)


def _not_shown(change: Change, missing: Collection[str]) -> str:
    """What the object does not show after a lost answer. It never shows a grant, so that says nothing."""
    others = [key for key in missing if key not in change.grants]
    text = f", and Streamkap does not show what was asked for: {', '.join(others)}" if others else ""
    if change.grants:
        keys = joined([f"config.{key}" for key in change.grants])
        text += f"; Streamkap never shows {keys}, so it cannot be known whether the grant was used"
    return text


def _again(change: Change) -> str:
    """The same cannot be sent again where it carried a grant; what to do then is said of every such error."""
    return "" if change.grants else " Run `pulumi up` again: it sends the same once more."


def _says_success(error: StreamkapError) -> bool:
    """The API accepted the PUT itself. A read before a retry may be unreadable as well, and then nothing was sent."""
    is_of_the_put = (error.operation or "").startswith("PUT ")
    return is_of_the_put and isinstance(error, UnreadableAnswerError) and error.accepted


def _name_taken(context: Context, change: Change, error: APIError) -> NameTakenError:
    """Two objects of a stack may want to swap their names, and the API takes one change at a time."""
    name, noun = change.declared.name, context.kind.noun
    try:
        holder = next(holders(context, change.declared), None)
    except StreamkapError:
        holder = None
    code = connector_of(holder) if holder else None
    of = f", connector {code}" if code else ""
    by = f"by the {noun} {holder.id}{of}" if holder else "though no list shows by which one"
    request = request_note(error)
    return NameTakenError(
        f"the name {name!r} is taken, {by}{request}; this {noun} stays {change.before.name!r}, and nothing of it was "
        "changed. Choose another name. If that one gives the name up in this run, run `pulumi up` again. If the "
        "two swap their names, give one of them a name that nobody has, run `pulumi up`, and then give it the "
        "other's name.",
        operation=error.operation,
    )


def applied(
    context: Context, change: Change, recorded: Mapping[str, Any], seen: Any, not_ready: str | None = None
) -> Any:
    """`seen`, where it was read after the update and is what was asked for; otherwise what is read back.

    Args:
        context: of the operation.
        change: what the update was to do.
        recorded: the outputs that are recorded.
        seen: the object as it was last read.
        not_ready: why the object is not ready, if the wait ended so.

    Raises:
        NotAppliedError: it does not become what was asked for.
        GoneError: it was deleted outside this stack.
    """
    if change.declared.wait and not change.missing(seen):
        return seen
    try:
        seen, missing = _read_back(context, change, recorded)
    except StreamkapError:
        if not_ready:
            return seen
        raise
    operation = f"PUT {context.objects.path_of(seen.id)}"
    if missing and context.interrupted:
        if not_ready:  # The next run sees that it has to be sent again.
            return seen
        raise UnknownOutcomeError(
            f"the run was interrupted before Streamkap showed what was asked for: {', '.join(missing)}. "
            "Run `pulumi up` again: it sends the same once more.",
            operation=operation,
        )
    if missing:
        raise NotAppliedError(
            f"Streamkap accepted the update and did not apply it: {', '.join(missing)} did not become what was "
            f"asked for. Check the {context.kind.noun} in Streamkap's web page, and run `pulumi up` again."
            + (f" Also, {not_ready}" if not_ready else ""),
            operation=operation,
        )
    return seen


def _read_back(context: Context, change: Change, recorded: Mapping[str, Any]) -> tuple[Any, list[str]]:
    """The object once it is what was asked for, or as it is after a while, with what it is not."""
    for waited, _ in bounded(context, READ_BACK_FOR):
        try:
            last = fetch(context, change.before.id, recorded)
        except PASSING:
            if waited >= READ_BACK_FOR:
                raise
            continue
        missing = change.missing(last)
        if not missing or waited >= READ_BACK_FOR:
            return last, missing
    raise AssertionError("the last read gives an object or an error")
