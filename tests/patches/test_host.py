"""What we change in Pulumi's provider host, and that this is harmless anywhere else."""

from __future__ import annotations

import select
import shutil
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from streamkap_pulumi.emulator import Emulator
from streamkap_pulumi.patches import host
from tests.provider_process import ProviderError, ProviderProcess


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(faults={"status_delay": 0}) as running:
        yield running


def test_a_pool_of_four_threads_grows_at_once() -> None:
    """Sixteen calls of a tenth of a second take a tenth of a second, not four."""
    with ThreadPoolExecutor(max_workers=4) as pool:
        assert pool.submit(host.raise_workers, 16).result()
        together = threading.Barrier(16)
        calls = [pool.submit(together.wait, 10) for _ in range(16)]
        assert sorted(call.result() for call in calls) == list(range(16))


def test_a_thread_outside_a_pool_is_left_alone() -> None:
    """In a program, a test, or a host that works differently."""
    assert host.raise_workers(16) is False
    found: list[bool] = []
    threads = [
        threading.Thread(target=lambda *_: found.append(host.raise_workers(16)), args=args) for args in ((), (int,))
    ]
    for thread in threads:
        thread.start()
        thread.join()
    assert found == [False, False]


def test_a_recorded_input_is_read_from_the_hosts_own_request() -> None:
    """A provider gets outputs only."""
    properties = {"__asked": "2026-11-30", "number": 1.0}

    def read(request: object) -> list[str | None]:
        return [host.recorded_input(name) for name in ("__asked", "number", "absent")]

    def Read(request: object) -> list[str | None]:  # noqa: N802 - the name of the host's method
        return read(None)

    assert Read(SimpleNamespace(inputs=properties)) == ["2026-11-30", None, None]
    assert Read(SimpleNamespace()) == Read(None) == read(SimpleNamespace(inputs=properties)) == [None] * 3


def test_the_urn_is_read_from_the_hosts_own_request() -> None:
    """A provider does not get it."""

    def delete(request: object) -> str | None:
        return host.urn()

    def Delete(request: object) -> str | None:  # noqa: N802 - the name of the host's method
        return delete(None)

    assert Delete(SimpleNamespace(urn="urn:pulumi:…::orders")) == "urn:pulumi:…::orders"
    others = [SimpleNamespace(urn=""), SimpleNamespace(urn=1), SimpleNamespace(), None]
    assert [Delete(other) for other in others] == [None] * 4
    assert delete(SimpleNamespace(urn="urn:pulumi:…::orders")) is None


def test_the_engines_time_limit_is_read_from_the_hosts_own_request() -> None:
    """Zero means none."""

    def Update(request: object) -> float | None:  # noqa: N802 - the name of the host's method
        return host.timeout()

    others = [SimpleNamespace(timeout=0.0), SimpleNamespace(timeout="2"), SimpleNamespace(), None]
    assert Update(SimpleNamespace(timeout=90.0)) == 90.0
    assert [Update(other) for other in others] == [None] * 4


def test_another_process_keeps_its_tracebacks() -> None:
    """This one is not a provider host."""
    assert host.show_readable_errors() is False
    assert sys.modules["__main__"].__dict__.get("traceback", traceback) is traceback


def test_in_the_host_our_errors_are_their_text_and_others_keep_their_traceback() -> None:
    """The host formats with the name `traceback` of its own main module."""
    program = """
import sys, types, importlib.machinery, traceback
sys.modules["__main__"].__spec__ = importlib.machinery.ModuleSpec("pulumi.dynamic.__main__", None)
from streamkap_pulumi.patches import host
assert host.show_readable_errors() and not host.show_readable_errors()
for error in (host.ReadableError("only this"), ValueError("with all the rest")):
    try:
        raise error
    except Exception:
        print(traceback.format_exc().strip())
        print("---")
assert traceback.format_tb and traceback.print_exc
"""
    shown = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    ours, theirs, _ = shown.split("---\n")
    assert ours == "only this\n"
    assert theirs.startswith("Traceback (most recent call last):")
    assert theirs.endswith("ValueError: with all the rest\n")


TUNED = """
import sys, time
from streamkap_pulumi.patches import host
def changed(*_):
    raise AttributeError("the SDK has changed")
for name in sys.argv[1:]:
    setattr(host, name, changed)
host.tune(print)
print("tuned", flush=True)
time.sleep(120)
"""


@pytest.mark.parametrize("changed", [(), ("show_readable_errors", "raise_workers")])
def test_a_provider_ends_with_its_engine_whatever_else_cannot_be_tuned(
    tmp_path: Path, changed: tuple[str, ...]
) -> None:
    """This process is not a host, so readable errors fail; to end with its engine it needs only an engine above it."""
    engine = tmp_path / "pulumi"
    engine.write_text(
        f"#!{shutil.which('sh')}\n{sys.executable} tuned.py {' '.join(changed)} & wait\n", encoding="utf-8"
    )
    engine.chmod(0o755)
    (tmp_path / "tuned.py").write_text(TUNED, encoding="utf-8")
    running = subprocess.Popen([engine], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    assert running.stdout.readline() == "tuned\n"
    running.kill()
    running.wait()
    # The provider has the other end of the pipe: it can be read to its end once that one has ended.
    ended, _, _ = select.select([running.stdout], [], [], 60)
    assert ended
    assert running.stdout.read() == ""
    running.stdout.close()


def test_errors_are_readable_where_no_engine_is_found() -> None:
    """Nor anything else."""
    program = """
import sys, importlib.machinery, traceback
sys.modules["__main__"].__spec__ = importlib.machinery.ModuleSpec("pulumi.dynamic.__main__", None)
from streamkap_pulumi.patches import host
def changed(*_):
    raise AttributeError("the SDK has changed")
host.end_with_engine = host.raise_workers = changed
host.tune(print)
try:
    raise host.ReadableError("only this")
except Exception:
    print(traceback.format_exc())
"""
    shown = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert shown == "only this\n"


def test_progress_is_printed_at_once() -> None:
    """A line reaches the engine at once, not when a buffer is full."""
    program = "from streamkap_pulumi.patches import host; import time; host.report('waiting'); time.sleep(30)"
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    began = time.monotonic()
    assert process.stdout.readline() == "waiting\n"
    assert time.monotonic() - began < 25
    process.kill()
    process.stdout.close()
    process.wait()


def test_the_cancellation_arrives_even_with_more_calls_than_the_host_has_threads(
    emulator: Emulator, tmp_path: Path
) -> None:
    """The engine's Cancel is a call like any other, and could wait in the queue. Nothing is sent after it."""
    settings = {
        "streamkap:host": emulator.url,
        "streamkap:clientId": emulator.client_id,
        "streamkap:secret": emulator.secret,
    }
    emulator.faults(stuck="on")
    names = [f"events-{number}" for number in range(host.WORKERS + 6)]
    with ProviderProcess(tmp_path, settings) as process, ThreadPoolExecutor(len(names)) as pool:
        inputs = {"connector": "webhook", "config": {"format": "json"}, "__name": "events"}
        checked = process.check(inputs).inputs
        creates = [pool.submit(process.create, checked | {"name": name}) for name in names]
        deadline = time.monotonic() + 60
        while len(emulator.sources()) < len(names) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert len(emulator.sources()) == len(names)
        process.cancel()
        outputs = [create.result(30)[1] for create in creates]
        assert all("when the run was interrupted" in each["__not_ready"] for each in outputs)
        emulator.forget_requests()
        with pytest.raises(ProviderError, match="interrupted before this operation started, so nothing was sent"):
            process.create(checked | {"name": "another"})
        assert [each["method"] for each in emulator.requests()] == []


def test_another_process_gets_no_cancellation() -> None:
    """This one is not a provider host."""
    assert host.hear_cancel(lambda: None) is False


@pytest.mark.parametrize("changed", ["del empty_pb2", "def Cancel(self): return None", "Servicer = None"])
def test_a_host_whose_cancellation_has_changed_is_left_alone(changed: str) -> None:
    """Nothing in it is replaced."""
    program = f"""
import sys, importlib.machinery
sys.modules["__main__"].__spec__ = importlib.machinery.ModuleSpec("pulumi.dynamic.__main__", None)
from google.protobuf import empty_pb2
def Cancel(self): return empty_pb2.Empty()
class Servicer: pass
{changed}
if Servicer: Servicer.Cancel = Cancel
DynamicResourceProviderServicer = Servicer
before = globals().get("empty_pb2")
from streamkap_pulumi.patches import host
assert host.hear_cancel(lambda: None) is False
assert globals().get("empty_pb2") is before
"""
    subprocess.run([sys.executable, "-c", program], check=True)
