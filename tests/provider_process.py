"""The real provider process over gRPC, spoken to as Pulumi's engine speaks to it, without the engine.

The process is the one that the engine starts (`python -m pulumi.dynamic`), with the real provider unpickled in it. What
the engine adds is small and done here: it hands over the stack's configuration, strips the marks of secrets, and keeps
what the provider answered. A process costs a third of a second, where a run of the engine costs two.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
from google.protobuf import empty_pb2, json_format, struct_pb2  # type: ignore[import-untyped]
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc
from typing_extensions import Self

from streamkap_pulumi.provider import DestinationProvider, SourceProvider, TagProvider
from streamkap_pulumi.provider_base import Provider
from streamkap_pulumi.pulumi_cli.words import SECRET

PROVIDER = "__provider"
PROJECT = "infra"
_START = 60.0
"""Seconds for the process to report its port, on a busy machine."""
_FOREIGN = ("STREAMKAP_", "PULUMI_", "PYTHONPATH", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
_LIMIT = 64 * 1024 * 1024


class ProviderError(Exception):
    """The provider failed: what the engine would show of it, and all else that gRPC says."""

    def __init__(self, error: grpc.RpcError) -> None:
        self.code = error.code().name
        self.text = error.details() or ""
        self.more = f"{error!r} {error.debug_error_string()} {error.trailing_metadata()!r}"
        super().__init__(self.text)


@dataclass(frozen=True)
class Checked:
    """The answer to Check."""

    inputs: dict[str, Any] = field(repr=False)
    failures: tuple[str, ...]


@dataclass(frozen=True)
class Read:
    """The answer to Read; the id is empty when there is no such source."""

    id: str
    outputs: dict[str, Any] = field(repr=False)
    inputs: dict[str, Any] = field(repr=False)


class ProviderProcess:
    """One provider process, from its start to its end.

    Threads may call at a time, as the engine does.

    Args:
        folder: where its standard output and standard error go.
        configuration: the stack's configuration by key, such as ``streamkap:host``; secrets in clear.
        python_path: a folder to search for modules in before all others, such as one with a `sitecustomize`.
        provider: of the kind of objects that the calls are about.
    """

    def __init__(
        self,
        folder: Path,
        configuration: Mapping[str, str],
        *,
        python_path: Path | None = None,
        provider: type[Provider] = SourceProvider,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._out, self._err = folder / "stdout", folder / "stderr"
        self._configuration = configuration
        self._python_path = python_path
        self._folder = folder
        self._serialized = _SERIALIZED[provider]

    def __enter__(self) -> Self:
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self._process = subprocess.Popen(
                [sys.executable, "-u", "-m", "pulumi.dynamic"],
                cwd=self._folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )
        try:
            self._channel = grpc.insecure_channel(
                f"127.0.0.1:{self._port()}", options=[("grpc.max_receive_message_length", _LIMIT)]
            )
            self._provider = provider_pb2_grpc.ResourceProviderStub(self._channel)
            request = provider_pb2.ConfigureRequest(acceptSecrets=True, args=_struct(self._configuration))
            self._call(self._provider.Configure, request)
        except BaseException:
            self._process.kill()
            self._process.wait()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def stdout(self) -> str:
        """What it has printed so far; the engine shows all of it but the first line, the port."""
        return self._out.read_text(encoding="utf-8", errors="replace").partition("\n")[2]

    @property
    def stderr(self) -> str:
        """What it has written to standard error so far."""
        return self._err.read_text(encoding="utf-8", errors="replace")

    def check(self, inputs: Mapping[str, Any], olds: Mapping[str, Any] | None = None) -> Checked:
        """Check `inputs` of the program; `olds` are those that the last run recorded."""
        request = provider_pb2.CheckRequest(
            news=self._properties(inputs), olds=self._properties(olds) if olds else None
        )
        answer = self._call(self._provider.Check, request)
        return Checked(_plain(answer.inputs), tuple(failure.reason for failure in answer.failures))

    def differs(
        self, source_id: str, outputs: Mapping[str, Any], olds: Mapping[str, Any], news: Mapping[str, Any]
    ) -> bool:
        """Whether an update is due, by Diff; where that leaves it to the engine, by comparing checked inputs."""
        request = provider_pb2.DiffRequest(
            id=source_id, olds=self._properties(outputs), old_inputs=self._properties(olds), news=self._properties(news)
        )
        changes = self._call(self._provider.Diff, request).changes
        if changes == provider_pb2.DiffResponse.DIFF_UNKNOWN:
            return _plain(_struct(olds)) != _plain(_struct(news))
        return bool(changes == provider_pb2.DiffResponse.DIFF_SOME)

    def create(self, inputs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Create from checked inputs: id and outputs."""
        answer = self._call(self._provider.Create, provider_pb2.CreateRequest(properties=self._properties(inputs)))
        return answer.id, _plain(answer.properties)

    def read(self, source_id: str, inputs: Mapping[str, Any], outputs: Mapping[str, Any] | None = None) -> Read:
        """Read with what is recorded, as a refresh does; without `outputs` as `Source.get` does."""
        properties = None if outputs is None else self._properties(outputs)
        request = provider_pb2.ReadRequest(id=source_id, properties=properties, inputs=self._properties(inputs))
        answer = self._call(self._provider.Read, request)
        return Read(answer.id, _plain(answer.properties), _plain(answer.inputs))

    def update(self, source_id: str, outputs: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        """Update from recorded outputs to checked inputs: the new outputs."""
        request = provider_pb2.UpdateRequest(id=source_id, olds=self._properties(outputs), news=self._properties(news))
        return _plain(self._call(self._provider.Update, request).properties)

    def delete(self, source_id: str, outputs: Mapping[str, Any]) -> None:
        """Delete what is recorded as `outputs`."""
        self._call(
            self._provider.Delete, provider_pb2.DeleteRequest(id=source_id, properties=self._properties(outputs))
        )

    def cancel(self) -> None:
        """Cancel the run, as the engine does after Ctrl-C, and at every end of a run."""
        self._call(self._provider.Cancel, empty_pb2.Empty())

    def _properties(self, values: Mapping[str, Any]) -> struct_pb2.Struct:
        """As the engine hands them over: with the provider, numbers as floats, without what is None."""
        return _struct({**values, PROVIDER: self._serialized})

    def _call(self, method: Any, request: Any) -> Any:
        try:
            return method(request)
        except grpc.RpcError as error:
            raise ProviderError(error) from None

    def _environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.upper().startswith(_FOREIGN)}
        more = {"PULUMI_PROJECT": PROJECT}
        if self._python_path:
            more["PYTHONPATH"] = str(self._python_path)
        return kept | more

    def _port(self) -> str:
        deadline = time.monotonic() + _START
        while "\n" not in (text := self._out.read_text(encoding="utf-8")):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the provider process did not report its port:\n{self.stderr[-2000:]}")
            time.sleep(0.02)
        return text.partition("\n")[0]


def _struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(_without_nones(values))
    return struct


def _without_nones(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nones(item) for key, item in value.items() if item is not None}
    return [_without_nones(item) for item in value] if isinstance(value, (list, tuple)) else value


def _plain(struct: struct_pb2.Struct) -> dict[str, Any]:
    values: dict[str, Any] = json_format.MessageToDict(struct)
    return {key: _unmarked(value) for key, value in values.items() if key != PROVIDER and value is not None}


def _unmarked(value: Any) -> Any:
    """Without the marks of secrets, which the provider puts on and the engine takes off before it hands them back."""
    if isinstance(value, Mapping):
        if SECRET.items() <= value.items():
            return _unmarked(value["value"])
        return {key: _unmarked(item) for key, item in value.items()}
    return [_unmarked(item) for item in value] if isinstance(value, list) else value


# Pickling patches the pickle module, which threads must not do at a time, so it is done here.
_SERIALIZED: Mapping[type[Provider], str] = {
    each: serialize_provider(each()) for each in (SourceProvider, DestinationProvider, TagProvider)
}
"""Each provider as it stands in every state."""
