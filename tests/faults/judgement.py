"""Whether the observation is what the table says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from streamkap_pulumi.lifecycle.keys import NOT_READY
from tests.faults.arranging import is_request, to_be_met
from tests.faults.kinds import Staged
from tests.faults.observation import MOST_REQUESTS, Observation, Outcome, alive
from tests.faults.table import Cell

_WANTED = {"pause": "Paused"}


def faults_of(cell: Cell, seen: Observation) -> list[str]:
    """What differs from the table, and what must always hold and does not: each a sentence."""
    found = [*_of_the_fault(cell, seen)]
    found += [text for outcome in seen.outcomes for text in _of_outcome(cell, outcome)]
    found += _of_writes(cell, seen)
    found += [f"the output does not report {text!r}" for text in cell.reports if text not in flat(seen.stdout)]
    if cell.done is not None:
        where = zip(seen.outcomes, _took_place(cell, seen), strict=True)
        found += [
            f"it {'took' if took else 'did not take'} place in Streamkap for {outcome.name}"
            for outcome, took in where
            if took is not cell.done and cell.operation not in {"refresh", "get", "get_source"}
        ]
    found += _of_the_next_run(cell, seen)
    return found + seen.broken(most_requests=cell.fault.arranged.get("most_requests", MOST_REQUESTS))


def _of_the_fault(cell: Cell, seen: Observation) -> Iterator[str]:
    """That the fault was really there: a cell that passes without it proves nothing."""
    said = cell.fault.arranged
    for name, times in to_be_met(cell).items():
        met = seen.met.get(name, 0)
        if met < times:
            yield f"{met} requests met {name}, which was arranged for {times} at least"
    yield from (f"{name} was met, although: {why}" for name, why in cell.unmet.items() if seen.met.get(name))
    if len(seen.logins) < said.get("logins", 0):
        yield f"{len(seen.logins)} tokens were requested, not {said['logins']}"
    answers = {each["status"] for each in (*seen.requests, *seen.logins)}
    if said.get("answered", 0) not in {0, *answers}:
        yield f"no answer was {said['answered']}"
    if (client := said.get("credentials")) and not any(_is_of(client, each) for each in seen.logins):
        yield f"the credentials were not those of {client}"
    if said.get("before") == "hundred" and not any(each["query"].get("page") == "2" for each in seen.requests):
        yield "no list had a second page"
    if said.get("before") == "deleted" and any(alive(each) for each in seen.start.values()):
        yield f"the {cell.kind} existed when it began"
    if "meanwhile" in said and not seen.acted:
        yield "nobody acted meanwhile"
    if len(seen.outcomes) != said.get("crowd", 1):
        yield f"there were {len(seen.outcomes)} {cell.kind}s"


def _is_of(client: str, login: Mapping[str, Any]) -> bool:
    if client == "wrong":
        return bool(login["status"] == 401)
    return bool(login["body"]["client_id"] == f"{client}-client")


def flat(text: str) -> str:
    """The text in one line."""
    return " ".join(text.split())


def _of_outcome(cell: Cell, outcome: Outcome) -> Iterator[str]:
    error = flat(outcome.error or "")
    if bool(cell.fails) != bool(error):
        yield f"it {'failed: ' + error if error else 'succeeded'}"
        return
    yield from (f"the error does not say {text!r}: {error}" for text in cell.fails if text not in error)
    if error:
        return
    if outcome.gone != (cell.finds == "gone"):
        yield f"the {cell.kind} {'is gone from' if outcome.gone else 'is still in'} the state"
    if cell.operation == "delete" or outcome.gone:
        return
    not_ready = flat(str(outcome.outputs.get(NOT_READY) or ""))
    if bool(cell.not_ready) != bool(not_ready):
        yield f"it became {'not ready: ' + not_ready if not_ready else 'ready'}"
    yield from (
        f"why it is not ready does not say {text!r}: {not_ready}" for text in cell.not_ready if text not in not_ready
    )
    wanted = cell.status or _WANTED.get(cell.operation, "Active")
    status = outcome.outputs.get("status")
    if cell.staged.kind.status and wanted not in {"*", status}:
        yield f"the recorded status is {status}, not {wanted}"


def _of_writes(cell: Cell, seen: Observation) -> Iterator[str]:
    if cell.operation in {"refresh", "get", "get_source"}:
        sent = [each for each in seen.requests if each["method"] != "GET"]
        if sent:
            yield f"a read sent {sent[0]['method']} {sent[0]['path']}"
        return
    method, path = cell.staged.requests()[cell.operation]
    sent = [each for each in seen.requests if is_request(each, method, path)]
    least, most = cell.writes
    if not least <= len(sent) <= most:
        yield f"{len(sent)} requests {method} {path} were sent, not {least}" + (f" to {most}" if most > least else "")


def _took_place(cell: Cell, seen: Observation) -> Iterator[bool]:
    for outcome in seen.outcomes:
        there = [each for each in seen.then.values() if each["name"] == outcome.name and alive(each)]
        ours = [each for each in there if cell.operation != "create" or each["id"] not in seen.before]
        yield _has_taken_place(cell.operation, cell.staged, ours)


def _has_taken_place(operation: str, staged: Staged, there: list[Mapping[str, Any]]) -> bool:
    if operation == "delete":
        return not there
    if not there:
        return False
    if operation == "update":
        return staged.is_changed(there[0])
    state = {"pause": "Paused", "deploy": "Active"}.get(operation)
    return state is None or bool(there[0]["desired_state"] == state)


def _of_the_next_run(cell: Cell, seen: Observation) -> Iterator[str]:
    if cell.not_ready:
        # The next run checks again what did not become ready.
        if seen.rests:
            yield "the next run would not check again"
    elif seen.rests is False:
        yield "the next preview shows a difference"
    for outcome in seen.after:
        error = flat(outcome.error or "")
        if bool(cell.again) != bool(error):
            yield f"the next run {'failed: ' + error if error else 'succeeded'}"
        yield from (f"the next run does not say {text!r}: {error}" for text in cell.again if text not in error)
