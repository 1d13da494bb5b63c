"""The workflows of the example ci-preview: their files, and a repository in which their scripts are run.

Only what speaks to GitHub and GitLab has a stand-in: `gh` and `curl` keep the comments in a file.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.engine.stack import ENGINE, ROOT
from tests.shells import bash

EXAMPLE = ROOT / "examples" / "ci-preview"
GITHUB = sorted((EXAMPLE / ".github" / "workflows").glob("*.yml"))
README = (EXAMPLE / "README.md").read_text(encoding="utf-8")

yaml: Any = importlib.import_module("yaml")

GH = f"""#!{sys.executable}
import json, os, pathlib, subprocess, sys
asked = sys.argv[2:]
path = next(each for each in asked if each.startswith("repos/"))
kept = pathlib.Path(os.environ["COMMENTS"])
comments = json.loads(kept.read_text())
if "--jq" in asked:
    query = asked[asked.index("--jq") + 1]
    sys.exit(subprocess.run(["jq", "-r", query], input=json.dumps(comments), text=True).returncode)
body = pathlib.Path(asked[asked.index("-F") + 1].removeprefix("body=@")).read_text()
method = asked[asked.index("--method") + 1]
if method == "POST":
    comments.append({{"id": len(comments) + 1, "user": {{"login": "github-actions[bot]"}}, "body": body}})
else:
    next(each for each in comments if str(each["id"]) == path.rsplit("/", 1)[1])["body"] = body
kept.write_text(json.dumps(comments))
"""

CURL = f"""#!{sys.executable}
import json, os, pathlib, sys
asked = sys.argv[1:]
assert f"PRIVATE-TOKEN: {{os.environ['COMMENT_TOKEN']}}" in asked
url = asked[-1]
kept = pathlib.Path(os.environ["COMMENTS"])
notes = json.loads(kept.read_text())
if "--request" not in asked:
    address, _, query = url.partition("?")
    wanted = dict(part.split("=") for part in query.split("&"))
    size, page = min(int(wanted.get("per_page", 20)), 100), int(wanted.get("page", 1))
    notes.sort(key=lambda note: note["id"], reverse=wanted.get("sort") != "asc")  # the newest first, unless asked
    print(json.dumps(notes[(page - 1) * size : page * size]))
    sys.exit()
body = pathlib.Path(asked[asked.index("--data-urlencode") + 1].removeprefix("body@")).read_text()
if asked[asked.index("--request") + 1] == "POST":
    notes.append({{"id": len(notes) + 1, "author": {{"username": "project_7_bot_x"}}, "body": body}})
else:
    next(each for each in notes if str(each["id"]) == url.rsplit("/", 1)[1])["body"] = body
kept.write_text(json.dumps(notes))
"""


@dataclass
class Project:
    """A copy of the example, as a repository of its own."""

    folder: Path
    settings: dict[str, str]

    def bash(self, script: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a script as GitHub's `shell: bash` does, with nothing of this machine's but the programs."""
        environment = {
            "PATH": os.pathsep.join(
                [str(self.folder / "bin"), str(Path(sys.executable).parent), str(ENGINE), os.environ["PATH"]]
            ),
            "HOME": str(self.folder / "home"),
            "PULUMI_HOME": str(self.folder / "home" / "pulumi"),
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            "CI": "true",
        }
        return bash(script, self.folder, environment | more)

    @property
    def comments(self) -> list[dict[str, Any]]:
        """What was posted."""
        found: list[dict[str, Any]] = json.loads((self.folder / "comments.json").read_text(encoding="utf-8"))
        return found

    def cut(self, word: str) -> None:
        """Take the lines with a word out of the program."""
        program = self.folder / "__main__.py"
        lines = program.read_text(encoding="utf-8").splitlines(keepends=True)
        program.write_text("".join(line for line in lines if word not in line), encoding="utf-8")


def workflow(file: Path) -> dict[str, Any]:
    loaded: dict[Any, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    loaded["on"] = loaded.pop(True)  # YAML 1.1 takes the key `on` for a truth value.
    return loaded


def script(job: str, step: str, file: str = "preview.yml") -> str:
    """The `run` of a step."""
    steps = workflow(EXAMPLE / ".github" / "workflows" / file)["jobs"][job]["steps"]
    (found,) = [each["run"] for each in steps if each.get("name") == step]
    return str(found)


def gitlab() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((EXAMPLE / ".gitlab-ci.yml").read_text(encoding="utf-8"))
    return loaded
