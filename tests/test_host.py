"""What we change in Pulumi's provider host, and that it is harmless anywhere else."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

from streamkap_pulumi import host


def test_a_pool_of_four_grows_at_once_to_what_is_asked_for() -> None:
    """Sixteen calls of a tenth of a second take a tenth of a second, not four."""
    with ThreadPoolExecutor(max_workers=4) as pool:
        assert pool.submit(host.raise_workers, 16).result()
        together = threading.Barrier(16)
        calls = [pool.submit(together.wait, 10) for _ in range(16)]
        assert sorted(call.result() for call in calls) == list(range(16))


def test_a_thread_of_no_pool_is_left_alone() -> None:
    """As in a program, a test, or a host that has changed inside."""
    assert host.raise_workers(16) is False
    found: list[bool] = []
    threads = [
        threading.Thread(target=lambda *_: found.append(host.raise_workers(16)), args=args) for args in ((), (int,))
    ]
    for thread in threads:
        thread.start()
        thread.join()
    assert found == [False, False]


def test_another_process_keeps_its_tracebacks() -> None:
    """This one is no provider host."""
    assert host.show_readable_errors() is False
    assert sys.modules["__main__"].__dict__.get("traceback", traceback) is traceback


def test_in_the_host_our_errors_are_their_text_and_others_keep_their_traceback() -> None:
    """The host formats with the name `traceback` of its own main module."""
    program = """
import sys, types, importlib.machinery, traceback
sys.modules["__main__"].__spec__ = importlib.machinery.ModuleSpec("pulumi.dynamic.__main__", None)
from streamkap_pulumi import host
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


def test_progress_is_printed_at_once() -> None:
    """The engine shows a line when it comes, not when a buffer is full."""
    program = "from streamkap_pulumi import host; import time; host.report('waiting'); time.sleep(30)"
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    began = time.monotonic()
    assert process.stdout.readline() == "waiting\n"
    assert time.monotonic() - began < 25
    process.kill()
    process.stdout.close()
    process.wait()
