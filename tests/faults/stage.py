"""Runs one cell: an emulator with a stack's object in it, the real provider process, and the fault.

The lifecycle itself, in this process, prepares what an earlier run of the stack left. The operation under the fault and
the run after it each have a provider process of their own, as with the engine.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from streamkap_pulumi import api
from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.emulator.calls import Identity
from streamkap_pulumi.lifecycle.context import Context
from tests.engine.stack import Stack
from tests.faults.arranging import (
    is_request,
    make_hundred,
    rules,
    setting_variable,
    take_name,
    unreachable,
)
from tests.faults.canaries import CLIENT_SECRET, OF_THE_RUN, token
from tests.faults.kinds import KINDS
from tests.faults.observation import Observation, Outcome
from tests.faults.program import Deployed, program_inputs
from tests.faults.table import Cell
from tests.provider_process import ProviderError, ProviderProcess

CLIENT_ID = "matrix-client"
DEBUG = Path(__file__).with_name("debug")
QUICK = {"status_delay": 0.05, "async_delete_delay": 0.05}


class Stage:
    """Runs one cell.

    Args:
        cell: what to run.
        folder: where the processes leave their output; for this cell only.
        python_path: where the provider process finds its `sitecustomize`.
    """

    def __init__(self, cell: Cell, folder: Path, *, python_path: Path = DEBUG) -> None:
        self.cell = cell
        self._python_path = python_path
        self._folder = folder
        self._staged = cell.staged
        self._kind = cell.staged.kind
        self._requests = cell.staged.requests()
        self._said = cell.fault.arranged
        self._tokens: set[str] = set()
        self._met: dict[str, int] = {}
        self._acted = False

    def run(self) -> Observation:
        """Run everything, from an empty emulator to the run after the fault."""
        started = time.monotonic()
        with Emulator(faults=dict(QUICK)) as self.emulator, ExitStack() as self._open:
            self.emulator._running.authentication.add(
                Identity(CLIENT_ID, CLIENT_SECRET.value, "tenant-demo", "service-demo", "sub-demo")
            )
            self._deployed = [self._declare(number) for number in range(self._said.get("crowd", 1))]
            if self.cell.operation == "get_source" and self._said.get("before") == "hundred":
                make_hundred(self.emulator, self._deployed[0].name)
            if self.cell.operation != "create":
                self._earlier_run()
            before = self._objects()
            self.emulator._running.store._run("DELETE FROM tokens")
            if arrange := self._said.get("before"):
                getattr(self, f"_before_{arrange}")()
            log = self.emulator.requests()
            self.emulator.forget_requests()
            start = self._objects()
            before |= start if self.cell.operation == "create" else {}
            outcomes, stdout, stderr = self._under_the_fault()
            requests = self.emulator.requests()
            self._note_tokens()
            then = self._objects()
            rests, after = self._next_run(outcomes)
            return Observation(
                outcomes=tuple(outcomes),
                after=tuple(after),
                rests=rests,
                stdout=stdout,
                stderr=stderr,
                requests=tuple(each for each in requests if not each["path"].startswith("/auth/")),
                logins=tuple(each for each in requests if each["path"].startswith("/auth/access-token")),
                met=self._met,
                acted=self._acted,
                log=(*log, *self.emulator.requests()),
                before=before,
                start=start,
                then=then,
                last=self._objects(),
                canaries=(*OF_THE_RUN, *(token(each) for each in sorted(self._tokens))),
                seconds=time.monotonic() - started,
            )

    def _declare(self, number: int) -> Deployed:
        declared = json.loads(json.dumps(program_inputs(self.cell.kind)))
        if number:
            declared["__name"] += f"-{number}"
        if timeouts := self._said.get("timeouts"):
            declared["timeouts"] = dict(timeouts)
        states = {"pause": "Active", "deploy": "Pending"}
        if state := states.get(self.cell.operation):
            declared["desired_state"] = state
        return Deployed(self._staged, declared)

    def _earlier_run(self) -> None:
        with api.Streamkap(self.emulator.url, CLIENT_ID, CLIENT_SECRET.value) as streamkap:
            context = Context(self._kind, streamkap, jitter=lambda: 0.1)
            for each in self._deployed:
                each.create_before(context)

    def _objects(self) -> dict[str, dict[str, Any]]:
        return {each["id"]: each for each in self.emulator.objects(self._kind.plural, secrets=True)}

    def _provider(self, folder: str, settings: Mapping[str, str], python_path: Path | None = None) -> ProviderProcess:
        return ProviderProcess(self._folder / folder, settings, python_path=python_path, provider=self._staged.provider)

    def _note_tokens(self) -> None:
        self._tokens |= {row[0] for row in self.emulator._running.store._rows("SELECT token FROM tokens")}

    def _note_met(self) -> None:
        """Count the requests so far that got the value of each switch, except those that make the emulator quick."""
        for name, switch in self.emulator._running.faults.describe().items():
            fired = sum(rule["fired"] for rule in switch["rules"] if rule["value"] != QUICK.get(name))
            self._met[name] = max(fired, self._met.get(name, 0))

    # The fault.

    def _under_the_fault(self) -> tuple[list[Outcome], str, str]:
        self._declare_the_change()
        settings = {"streamkap:host": self._host(), **self._credentials()}
        settings |= {f"streamkap:{key}": str(value) for key, value in self._said.get("settings", {}).items()}
        with self._provider("run", settings, self._python_path) as process:
            self.emulator.faults(**rules(self.cell))
            with self._meanwhile():
                outcomes = self._all(lambda each: self._operate(each, process))
            # A request that nobody waits for any more is in the log only after it is answered.
            late = [value for name, value in self._said.get("request", {}).items() if name.startswith("latency")]
            time.sleep(max(late, default=0.0) * 1.2)
            self._note_met()
            self.emulator.reset_faults()
            self.emulator.faults(**QUICK)
        return outcomes, process.stdout, process.stderr

    def _declare_the_change(self) -> None:
        for each in self._deployed:
            if self.cell.operation == "update":
                self._staged.change(each.declared)
            if self.cell.operation in {"pause", "deploy"}:
                each.declared["desired_state"] = {"pause": "Paused", "deploy": "Active"}[self.cell.operation]

    def _credentials(self) -> dict[str, str]:
        chosen = self._said.get("credentials")
        if chosen == "wrong":
            return {"streamkap:clientId": CLIENT_ID, "streamkap:secret": CLIENT_SECRET.value + "x"}
        if chosen:
            return {"streamkap:clientId": f"{chosen}-client", "streamkap:secret": f"{chosen}-secret"}
        return {"streamkap:clientId": CLIENT_ID, "streamkap:secret": CLIENT_SECRET.value}

    def _host(self) -> str:
        chosen = self._said.get("host")
        if chosen == "unknown":
            return "https://nowhere.invalid"
        if chosen == "another":
            return self.emulator.url.replace("127.0.0.1", "localhost")
        if chosen:
            sockets = self._open.enter_context(unreachable(accepting=chosen == "full"))
            return f"http://127.0.0.1:{sockets}"
        return self.emulator.url

    def _all(self, operate: Callable[[Deployed], Outcome]) -> list[Outcome]:
        if len(self._deployed) == 1:
            return [operate(self._deployed[0])]
        with ThreadPoolExecutor(len(self._deployed)) as threads:
            return list(threads.map(operate, self._deployed))

    def _operate(self, each: Deployed, process: ProviderProcess) -> Outcome:
        outputs: Mapping[str, Any] | None = None
        found, object_id = True, each.id
        try:
            if self.cell.operation == "refresh":
                found = each.refresh(process)
            elif self.cell.operation == "delete":
                each.destroy(process)
            elif self.cell.operation == "get":
                outputs = each.get(process)
            elif self.cell.operation == "get_source":
                return self._look_up(each)
            else:
                each.up(process)
        except ProviderError as error:
            return Outcome(
                each.name,
                error.text,
                error.code,
                error.more,
                object_id,
                each.outputs or {},
                encrypted=self._staged.encrypted,
            )
        recorded = outputs or each.outputs or {}
        # What `get` returns is not encrypted, and shows what only another program marks.
        encrypted = self._staged.encrypted if outputs is None else self._staged.marked
        return Outcome(each.name, None, "", "", each.id or object_id, recorded, gone=not found, encrypted=encrypted)

    def _look_up(self, each: Deployed) -> Outcome:
        """`get_source` runs in the program, so this runs the real engine."""
        said = self._said.get("settings", {})
        environment = {
            "STREAMKAP_HOST": self._host(),
            "STREAMKAP_CLIENT_ID": self._credentials()["streamkap:clientId"],
            "STREAMKAP_SECRET": self._credentials()["streamkap:secret"],
            "PYTHONPATH": str(self._python_path),
            "DEBUG_LOG": str(self._folder / "debug.log"),
            **{setting_variable(key): str(value) for key, value in said.items()},
        }
        stack = Stack(self._folder / "program", self._folder / "backend", environment)
        stack.program(
            f"""
            found = streamkap.get_source(name={each.name!r})
            shown = {{"id": found.id, "status": found.status, "config": found.config, "repr": repr(found)}}
            pulumi.export("found", shown)
            """
        )
        run = stack.up()
        log = self._folder / "debug.log"
        more = log.read_text(encoding="utf-8")
        if run.code:
            return Outcome(each.name, run.text, "", more, each.id)
        found = stack.outputs()["found"]
        return Outcome(each.name, None, "", more, str(found["id"]), found, encrypted=self._staged.marked)

    def _next_run(self, outcomes: list[Outcome]) -> tuple[bool | None, list[Outcome]]:
        """After a success, check whether anything is left to do; after a failure, do the same run again."""
        if self.cell.operation in {"get", "get_source"}:
            return None, []
        if not any(outcome.error for outcome in outcomes):
            settled = self.cell.operation != "delete" and all(each.id for each in self._deployed)
            return (all(each.rests() for each in self._deployed) if settled else None), []
        settings = {
            "streamkap:host": self.emulator.url,
            "streamkap:clientId": CLIENT_ID,
            "streamkap:secret": CLIENT_SECRET.value,
        }
        with self._provider("next", settings) as process:
            again = self._all(lambda each: self._operate(each, process))
        self._note_tokens()
        return None, again

    # Other arrangements, by their names in the table.

    def _before_deleted(self) -> None:
        for each in self._deployed:
            self._delete(str(each.id))

    def _delete(self, object_id: str) -> None:
        self.emulator.change(self._kind.plural, object_id, deleted=True)

    def _before_pending(self) -> None:
        """Not deployed yet: the status is Pending although it should be Active."""
        for each in self._deployed:
            self.emulator.change(self._kind.plural, str(each.id), connector_status="Pending")

    def _before_used(self) -> None:
        """Another object has the tag."""
        with api.Streamkap(self.emulator.url, CLIENT_ID, CLIENT_SECRET.value) as streamkap:
            tags = [str(each.id) for each in self._deployed]
            streamkap.sources.create(name="theirs", tags=tags, **KINDS["source"].others)

    def _before_taken(self) -> None:
        take_name(self.emulator, "demo", self._deployed[0].name, self._staged)

    def _before_taken_elsewhere(self) -> None:
        take_name(self.emulator, "project", self._deployed[0].name, self._staged)

    def _before_hundred(self) -> None:
        if self.cell.operation == "create":
            make_hundred(self.emulator, self._deployed[0].name)

    @contextmanager
    def _meanwhile(self) -> Iterator[None]:
        """Somebody who acts while the operation runs."""
        chosen = self._said.get("meanwhile")
        if not chosen:
            yield
            return
        over = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(getattr(self, f"_when_{chosen}"), over), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()

    def _watch(self, act: Callable[[], bool], over: threading.Event) -> None:
        while not self._acted and not over.wait(0.02):
            self._acted = act()

    def _written(self) -> int:
        method, path = self._requests[self.cell.operation]
        return len([each for each in self.emulator.requests() if is_request(each, method, path)])

    def _when_deleted_while_waiting(self) -> bool:
        if not self._written() or not any(each["method"] == "GET" for each in self.emulator.requests()[-2:]):
            return False
        for object_id in self._objects():
            self._delete(object_id)
        return True

    def _when_deleted_after_the_read(self) -> bool:
        """After the object was read, while the write waits."""
        if not any(is_request(each, *self._requests["get"]) for each in self.emulator.requests()):
            return False
        self._delete(str(self._deployed[0].id))
        return True

    def _when_deployed_at_last(self) -> bool:
        """After two updates were refused."""
        if self._written() < 2:
            return False
        self.emulator.change(self._kind.plural, str(self._deployed[0].id), connector_status="Active")
        return True

    def _when_unused_at_last(self) -> bool:
        """After two deletions were refused."""
        if self._written() < 2:
            return False
        for each in self.emulator.sources():
            self.emulator.change_source(each["id"], deleted=True)
        return True

    def _when_requested_twice(self) -> bool:
        """The list shows nothing until the create was sent twice."""
        if self._written() < 2:
            return False
        self._note_met()
        self.emulator.faults(api_error=None)
        return True
