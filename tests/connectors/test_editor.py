"""What an editor shows of a typed class, from a language server."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streamkap_pulumi.config.catalogue import SOURCES

PROGRAM = """\
import streamkap_pulumi as streamkap

streamkap.PostgreSQLConfig(
    database_port=5432,
    database_
)
"""
PATIENCE = 120.0
"""Seconds. A busy machine is slow to read what the program imports."""


class LanguageServer:
    """One that speaks the Language Server Protocol on its standard streams."""

    def __init__(self, folder: Path) -> None:
        command = [str(Path(sys.executable).parent / "basedpyright-langserver"), "--stdio"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder)
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._asked = 0
        threading.Thread(target=self._read, daemon=True).start()
        self.folder = folder.as_uri()
        folders = [{"uri": self.folder, "name": "program"}]
        can = {"workspace": {"configuration": True}}
        self.ask("initialize", processId=None, rootUri=self.folder, capabilities=can, workspaceFolders=folders)
        self._send(method="initialized", params={})

    def open(self, name: str, text: str) -> None:
        document = {"uri": f"{self.folder}/{name}", "languageId": "python", "version": 1, "text": text}
        self._send(method="textDocument/didOpen", params={"textDocument": document})

    def at(self, what: str, name: str, line: int, character: int) -> Any:
        """The answer for a position in an open file, counted from 0."""
        place = {"textDocument": {"uri": f"{self.folder}/{name}"}, "position": {"line": line, "character": character}}
        return self.ask(f"textDocument/{what}", **place)

    def ask(self, method: str, **params: Any) -> Any:
        self._asked += 1
        self._send(id=self._asked, method=method, params=params)
        while True:
            answer = self._answers.get(timeout=PATIENCE)
            if answer.get("id") == self._asked and "method" not in answer:
                return answer["result"]
            if "id" in answer and "method" in answer:
                items = answer.get("params", {}).get("items") or []
                settings = [{"pythonPath": sys.executable} for _ in items]
                self._send(id=answer["id"], result=settings if answer["method"] == "workspace/configuration" else None)

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _send(self, **message: Any) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def _read(self) -> None:
        assert self._process.stdout is not None
        length = 0
        for line in iter(self._process.stdout.readline, b""):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
            elif not line.strip():
                self._answers.put(json.loads(self._process.stdout.read(length)))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LanguageServer]:
    running = LanguageServer(tmp_path)
    try:
        yield running
    finally:
        running.stop()


def test_an_editor_completes_each_property_and_shows_its_documentation(server: LanguageServer) -> None:
    """From the fields of the class alone, without a plugin or anything for one editor only."""
    connector = SOURCES.find("postgresql")
    assert connector is not None
    server.open("program.py", PROGRAM)
    offered = {item["label"] for item in server.at("completion", "program.py", 4, 13)["items"]}
    fields = {known.field for known in connector.properties.values() if known.field.startswith("database_")}
    assert offered >= {f"{name}=" for name in fields - {"database_port"}}
    shown = json.dumps(server.at("hover", "program.py", 3, 8))
    assert connector.properties["database.port.user.defined"].description in shown
    assert "Default: `5432`." in shown
