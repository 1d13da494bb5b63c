"""The example ci-preview: its README, and every script of its workflows, run on the real engine.

Only what speaks to GitHub and GitLab has a stand-in: `gh` and `curl` keep the comments in a file.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from streamkap_pulumi.emulator import Emulator
from tests.engine.conftest import emulator, engine  # noqa: F401 - fixtures
from tests.engine.stack import ENGINE, TIMEOUT

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "ci-preview"
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
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=self.folder,
            env=environment | more,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )

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


@pytest.fixture
def project(tmp_path: Path, emulator: Emulator) -> Project:  # noqa: F811
    folder = tmp_path / "ci-preview"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("Pulumi.*.yaml", "state", "__pycache__"))
    for name, text in (("gh", GH), ("curl", CURL)):
        stand_in = folder / "bin" / name
        stand_in.parent.mkdir(exist_ok=True)
        stand_in.write_text(text, encoding="utf-8")
        stand_in.chmod(0o755)
    (folder / "home").mkdir()
    (folder / "state").mkdir()
    (folder / "comments.json").write_text("[]", encoding="utf-8")
    settings = {
        "PULUMI_BACKEND_URL": (folder / "state").as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "canary-passphrase",
        "STACK": "dev",
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        "COMMENTS": str(folder / "comments.json"),
    }
    return Project(folder, settings)


@pytest.fixture
def deployed(project: Project, emulator: Emulator) -> Project:  # noqa: F811
    """With its stack, and its sources in Streamkap."""
    run = project.bash(
        "pulumi stack init dev; pulumi config set dbHost db.example.com\n"
        "pulumi config set --secret dbPassword canary-of-the-database; pulumi up --yes --skip-preview",
        **project.settings,
        **streamkap(emulator),
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return project


def streamkap(emulator: Emulator) -> dict[str, str]:  # noqa: F811
    return {
        "STREAMKAP_HOST": emulator.url,
        "STREAMKAP_CLIENT_ID": emulator.client_id,
        "STREAMKAP_SECRET": emulator.secret,
    }


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


@pytest.mark.parametrize("file", GITHUB, ids=lambda file: str(file.name))
def test_a_workflow_asks_for_the_least(file: Path) -> None:
    """Actions are pinned by commit, no token stays in the clone, nothing foreign stands in a script."""
    loaded = workflow(file)
    assert set(loaded["on"]) <= {"pull_request", "schedule", "workflow_dispatch"}
    assert loaded["concurrency"]["group"]
    for job in loaded["jobs"].values():
        assert job["timeout-minutes"] <= 30
        permissions = job.get("permissions", loaded["permissions"])
        assert permissions.items() <= {"contents": "read", "pull-requests": "write"}.items()
        for step in job["steps"]:
            assert "${{" not in step.get("run", "")
            if "uses" in step:
                assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step["uses"])
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False
    text = file.read_text(encoding="utf-8")
    assert all(re.search(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line) for line in text.splitlines() if "uses:" in line)


def test_pull_requests_of_forks_get_nothing() -> None:
    """No secret and no right to write; and `pull_request_target` is named only to say why it is not used."""
    loaded = workflow(EXAMPLE / ".github" / "workflows" / "preview.yml")
    gate, validate = loaded["jobs"]["gate"], loaded["jobs"]["validate"]
    assert loaded["permissions"] == {}
    assert validate["permissions"] == {"contents": "read"}
    assert "secrets." not in json.dumps(validate)
    assert "vars." not in json.dumps(validate)
    assert "head.repo.full_name == github.repository" in gate["if"]
    assert "head.repo.full_name != github.repository" in validate["if"]
    assert "secrets.STREAMKAP" not in json.dumps(loaded)
    assert loaded["concurrency"]["cancel-in-progress"] is True
    texts = [file.read_text(encoding="utf-8") for file in (*GITHUB, EXAMPLE / ".gitlab-ci.yml")]
    assert [line.strip()[:1] for text in texts for line in text.splitlines() if "pull_request_target" in line] == ["#"]


def verdict(**said: str) -> subprocess.CompletedProcess[str]:
    """The final job, run with what the others said."""
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script("verdict", "Verdict")],
        env=said,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("result", ["success", "failure", "cancelled", "skipped", ""])
def test_the_verdict_passes_only_if_the_right_job_has_succeeded(result: str) -> None:
    """A job that was skipped has passed to GitHub, but not to the verdict, which always runs and needs no rights."""
    job = workflow(EXAMPLE / ".github" / "workflows" / "preview.yml")["jobs"]["verdict"]
    assert (job["if"], job["needs"], job["permissions"]) == ("always()", ["gate", "validate"], {})
    code = 0 if result == "success" else 1
    for other in ("success", "skipped", "failure"):
        assert verdict(TRUSTED="true", GATE=result, VALIDATE=other).returncode == code
        fork = verdict(TRUSTED="false", GATE=other, VALIDATE=result)
        assert (fork.returncode, fork.stdout.count("::warning ")) == (code, 1)


def test_the_verdict_trusts_whom_the_gate_runs_for() -> None:
    """Where one says otherwise than the other, nothing would be judged. The README says which job to demand."""
    jobs = workflow(EXAMPLE / ".github" / "workflows" / "preview.yml")["jobs"]
    assert jobs["verdict"]["steps"][0]["env"]["TRUSTED"] == f"${{{{ {jobs['gate']['if']} }}}}"
    assert "Demand the job `verdict`" in README


def test_code_owners_guard_what_a_pull_request_brings_along() -> None:
    """Its workflows, the list of what is allowed, what installs the gate, and the list of owners itself."""
    lines = (EXAMPLE / "CODEOWNERS").read_text(encoding="utf-8").splitlines()
    guarded = {line.split()[0] for line in lines if not line.startswith("#")}
    assert guarded >= {"/CODEOWNERS", "/.github/", "/.gitlab-ci.yml", "/streamkap-allow.txt", "/requirements.txt"}
    assert all((EXAMPLE / each.strip("/")).exists() for each in guarded - {"/wheels/"})


def test_production_is_judged_as_well_and_nothing_is_piped_into_a_shell() -> None:
    """Each stack by a job of its own; Pulumi comes as a pinned action or by its checksum."""
    for file, job in (("preview.yml", "gate"), ("drift.yml", "drift")):
        found = workflow(EXAMPLE / ".github" / "workflows" / file)["jobs"][job]
        assert found["strategy"] == {"fail-fast": False, "matrix": {"stack": ["dev", "prod"]}}
        assert any(step.get("env", {}).get("STACK") == "${{ matrix.stack }}" for step in found["steps"])
        assert gitlab()[job]["parallel"] == {"matrix": [{"STACK": ["dev", "prod"]}]}
    for text in (file.read_text(encoding="utf-8") for file in (*GITHUB, EXAMPLE / ".gitlab-ci.yml")):
        assert not re.search(r"\|\s*(ba)?sh\b", text)
        assert "3.259.0" in text


def test_gitlabs_jobs_are_for_the_same_three_cases() -> None:
    """A fork is told from a branch by the projects of the merge request."""
    jobs = gitlab()
    same = "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_MERGE_REQUEST_PROJECT_ID"
    assert [same in rule["if"] for rule in jobs["gate"]["rules"]] == [True]
    assert [same.replace("==", "!=") in rule["if"] for rule in jobs["validate"]["rules"]] == [True]
    assert "environment" not in jobs["validate"]
    assert [rule["if"] for rule in jobs["drift"]["rules"]] == ['$CI_PIPELINE_SOURCE == "schedule"']
    assert "STREAMKAP_" not in json.dumps(jobs)


def test_the_readme_does_as_it_says(project: Project, tmp_path: Path) -> None:
    """In a copy, of which nothing is left, nor of the emulator; only the port is another one: 8080 may be taken."""
    first, judged, down = re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
    shutil.rmtree(project.folder / "state")
    before = {file: file.read_bytes() for file in project.folder.rglob("*") if file.is_file()}
    first = first.replace("--port 8080 &", "--port 0 > emulator.log &\nuntil [ -s emulator.log ]; do sleep 0.1; done")
    first = first.replace("http://127.0.0.1:8080", "$(grep -o 'http://[^ ]*' emulator.log)")
    judged = re.sub(r"(?m)^(pulumi .+)$", r'code=0; ( \1\n) || code=$?; echo "<exit $code>"', judged)
    (tmp_path / "temporary").mkdir()
    run = project.bash(
        f"trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n{first}{judged}{down}wait",  # for an emulator that is left
        TMPDIR=str(tmp_path / "temporary"),
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert re.findall(r"<exit (\d+)>", run.stdout) == ["4", "0", "0"]
    assert "1 source would be deleted, as allowed" in run.stdout
    assert "every declared property is as declared" in run.stdout.lower()
    assert "s3cret" not in run.stdout + run.stderr
    assert [file for file in (tmp_path / "temporary").iterdir() if any(file.rglob("__main__.py"))] == []
    home = project.folder / "home"
    after = {
        file: file.read_bytes() for file in project.folder.rglob("*") if file.is_file() and home not in file.parents
    }
    assert after == before


def test_the_gate_comments_once_and_fails_what_loses_a_source(deployed: Project) -> None:
    """Without Streamkap's credentials; the next run renews its comment and leaves those of others alone."""
    if shutil.which("jq") is None:
        pytest.skip("jq, which runs the query that `gh` would run, is not installed")
    forged = [{"id": 1, "user": {"login": "somebody"}, "body": "<!-- streamkap-gate: dev -->\n"}]
    (deployed.folder / "comments.json").write_text(json.dumps(forged), encoding="utf-8")
    comment = {**deployed.settings, "REPOSITORY": "shop/infra", "NUMBER": "7"}

    deployed.cut("events")
    run = deployed.bash(script("gate", "Preview and judge"), **deployed.settings)
    assert run.returncode == 4, run.stdout + run.stderr
    assert "::error title=Streamkap::events would be deleted." in run.stderr
    assert deployed.bash(script("gate", "Comment"), **comment).returncode == 0
    assert "1 source would be deleted" in deployed.comments[1]["body"]

    (deployed.folder / "streamkap-allow.txt").write_text("delete events\n", encoding="utf-8")
    run = deployed.bash(script("gate", "Preview and judge"), **deployed.settings)
    assert (run.returncode, run.stderr) == (0, "")
    assert deployed.bash(script("gate", "Comment"), **comment).returncode == 0
    kept, ours = deployed.comments
    assert kept == forged[0]
    assert "1 source would be deleted, as allowed" in ours["body"]
    assert "1 source would be deleted, as allowed" in (deployed.folder / "summary.md").read_text(encoding="utf-8")
    assert "canary" not in json.dumps(deployed.comments) + run.stdout + run.stderr


def test_a_fork_is_validated_without_any_secret(project: Project, emulator: Emulator) -> None:  # noqa: F811
    """On a stack that is thrown away, without a request; a bad property fails it."""
    summary = {"GITHUB_STEP_SUMMARY": str(project.folder / "summary.md")}
    run = project.bash(script("validate", "Validate"), **summary)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Create: 2 sources" in (project.folder / "summary.md").read_text(encoding="utf-8")
    assert emulator.requests() == []


@pytest.mark.long
def test_a_fork_with_a_bad_property_fails_validation(project: Project) -> None:
    """And its summary tells what was meant."""
    summary = {"GITHUB_STEP_SUMMARY": str(project.folder / "summary.md")}
    program = project.folder / "__main__.py"
    program.write_text(program.read_text(encoding="utf-8").replace("database_user=", "database_usr="), encoding="utf-8")
    run = project.bash(script("validate", "Validate"), **summary)
    assert run.returncode == 5
    assert "did you mean" in (project.folder / "summary.md").read_text(encoding="utf-8")


@pytest.mark.long
def test_a_preview_that_cannot_begin_is_told_in_the_comment_of_its_own_stack(deployed: Project) -> None:
    """As with a passphrase that is not the stack's, or without a stack; a comment of the pull request is not posted."""
    comment = {**deployed.settings, "REPOSITORY": "shop/infra", "NUMBER": "7"}
    for stack, wrong in (("dev", {"PULUMI_CONFIG_PASSPHRASE": "wrong"}), ("prod", {})):
        settings = deployed.settings | {"STACK": stack} | wrong
        assert deployed.bash(script("gate", "Preview and judge"), **settings).returncode == 5
        assert deployed.bash(script("gate", "Comment"), **comment).returncode == 0
    assert "the preview failed" in (deployed.folder / "summary.md").read_text(encoding="utf-8")
    assert [each["body"].splitlines()[0] for each in deployed.comments] == [
        f"<!-- streamkap-gate: {stack} -->" for stack in ("dev", "prod")
    ]

    (deployed.folder / "comment.md").write_text("a comment of somebody's", encoding="utf-8")
    (deployed.folder / "streamkap-allow.txt").write_text("no entry\n", encoding="utf-8")
    assert deployed.bash(script("gate", "Preview and judge"), **deployed.settings).returncode == 2
    assert deployed.bash(script("gate", "Comment"), **comment).returncode == 0
    assert "what is allowed cannot be read" in deployed.comments[0]["body"]
    assert len(deployed.comments) == 2
    assert "somebody" not in (deployed.folder / "summary.md").read_text(encoding="utf-8")


@pytest.mark.long
def test_the_nightly_job_tells_drift(deployed: Project, emulator: Emulator) -> None:  # noqa: F811
    """Of a declared property; refused credentials are a failure and no drift."""
    settings = {**deployed.settings, **streamkap(emulator)}
    compare = script("drift", "Compare", "drift.yml")
    run = deployed.bash(compare, **settings)
    assert run.returncode == 0, run.stdout + run.stderr
    orders = next(source for source in emulator.sources() if source["connector"] == "postgresql")
    emulator.change_source(orders["id"], config={"database.user": "somebody"})
    run = deployed.bash(compare, **settings)
    assert (run.returncode, "orders differs in Streamkap: database.user." in run.stderr) == (6, True)
    assert deployed.bash(compare, **settings | {"STREAMKAP_SECRET": "wrong"}).returncode == 5


@pytest.mark.long
def test_gitlabs_scripts_do_the_same(deployed: Project, emulator: Emulator) -> None:  # noqa: F811
    """Gate with its one note, however many others there are before it and after it; validation, drift."""
    project_of = {
        "CI_API_V4_URL": "https://gitlab.example.com/api/v4",
        "CI_PROJECT_ID": "7",
        "CI_MERGE_REQUEST_IID": "3",
    }
    settings = {**deployed.settings, **project_of, "COMMENT_TOKEN": "canary-token"}
    jobs = gitlab()
    (gate,), (validate,), (drift,) = (jobs[job]["script"] for job in ("gate", "validate", "drift"))
    run = deployed.bash(drift, **settings, **streamkap(emulator))
    assert run.returncode == 0, run.stdout + run.stderr
    deployed.cut("events")
    forged = {"author": {"username": "somebody"}, "body": "<!-- streamkap-gate: dev -->\n"}
    before = [forged | {"id": number} for number in range(1, 121)]
    after = [forged | {"id": number} for number in range(122, 242)]
    (deployed.folder / "comments.json").write_text(json.dumps(before), encoding="utf-8")
    for code, told in ((4, "1 source would be deleted"), (0, "1 source would be deleted, as allowed")):
        run = deployed.bash(gate, **settings)
        assert run.returncode == code, run.stdout + run.stderr
        (ours,) = (note for note in deployed.comments if note not in before + after)
        assert (ours["id"], told in ours["body"]) == (121, True)
        (deployed.folder / "comments.json").write_text(json.dumps([*before, ours, *after]), encoding="utf-8")
        (deployed.folder / "streamkap-allow.txt").write_text("delete events\n", encoding="utf-8")
    (deployed.folder / "streamkap-allow.txt").write_text("no entry\n", encoding="utf-8")
    assert deployed.bash(gate, **settings).returncode == 2
    (ours,) = (note for note in deployed.comments if note not in before + after)
    assert (ours["id"], "what is allowed cannot be read" in ours["body"]) == (121, True)
    run = deployed.bash(validate)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.long
def test_the_install_step_installs_what_the_scripts_need(tmp_path: Path) -> None:
    """In an empty environment, with the wheel that requirements.txt names; it is made here as that file says."""
    root, repository = EXAMPLE.parents[1], tmp_path / "repository"
    shutil.copytree(EXAMPLE, repository)
    wheels = ["-m", "pip", "wheel", "--no-deps", "--wheel-dir", "wheels", "."]
    assert " ".join(wheels[1:]) in (repository / "requirements.txt").read_text(encoding="utf-8")
    made = tmp_path / "clone"
    for part in ("streamkap_pulumi", "pyproject.toml", "README.md", "LICENSE"):
        copy = shutil.copytree if (root / part).is_dir() else shutil.copy
        made.mkdir(exist_ok=True)
        copy(root / part, made / part)
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    subprocess.run([str(tmp_path / "venv" / "bin" / "python"), *wheels], cwd=made, check=True)
    shutil.copytree(made / "wheels", repository / "wheels")
    install = script("gate", "Install")
    assert install == script("validate", "Install") == script("drift", "Install", "drift.yml")
    assert install == gitlab()[".tools"]["before_script"][0] == "pip install -r requirements.txt"
    environment = {"PATH": f"{tmp_path / 'venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(["bash", "-c", install], cwd=repository, env=environment, check=True)
    shown = subprocess.run(["bash", "-c", "streamkap gate --help"], env=environment, check=True, capture_output=True)
    assert b"--allow-file" in shown.stdout


SERVER = f"""#!{sys.executable}
import os, pathlib, shutil, sys
for address in sys.argv[1:]:
    if address.startswith("https://"):
        shutil.copy(pathlib.Path(os.environ["RELEASE"]) / address.rsplit("/", 1)[1], ".")
"""


@pytest.mark.parametrize("is_whole", [True, False])
def test_gitlab_takes_pulumi_only_with_the_published_checksum(tmp_path: Path, is_whole: bool) -> None:
    """An archive that differs is never unpacked; `curl` has a stand-in."""
    release, home, work = (tmp_path / name for name in ("release", "home", "work"))
    for folder in (release / "pulumi", home, work, tmp_path / "bin"):
        folder.mkdir(parents=True)
    (release / "pulumi" / "pulumi").write_text("#!/bin/sh\necho the engine\n", encoding="utf-8")
    (release / "pulumi" / "pulumi").chmod(0o755)
    archive = release / "pulumi-v3.259.0-linux-x64.tar.gz"
    subprocess.run(["tar", "-czf", str(archive), "-C", str(release), "pulumi"], check=True)
    digest = hashlib.sha256(archive.read_bytes() if is_whole else b"another").hexdigest()
    listed = f"{digest}  {archive.name}\n{'0' * 64}  pulumi-v3.259.0-darwin-arm64.tar.gz\n"
    (release / "pulumi-3.259.0-checksums.txt").write_text(listed, encoding="utf-8")
    (tmp_path / "bin" / "curl").write_text(SERVER, encoding="utf-8")
    (tmp_path / "bin" / "curl").chmod(0o755)
    install = gitlab()[".tools"]["before_script"][1]
    run = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", f"{install}\npulumi"],
        cwd=work,
        env={
            "PATH": f"{tmp_path / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin",
            "HOME": str(home),
            "RELEASE": str(release),
            "PULUMI_RELEASES": gitlab()["variables"]["PULUMI_RELEASES"],
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if is_whole:
        assert (run.returncode, run.stdout.splitlines()[-1]) == (0, "the engine")
    else:
        assert (run.returncode != 0, list(home.iterdir())) == (True, [])
