"""The workflow files of the example ci-preview: what they may do, whom they trust, and what they install."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.examples.pipelines import EXAMPLE, GITHUB, README, gitlab, script, workflow


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
    """A fork is distinguished from a branch by the projects of the merge request."""
    jobs = gitlab()
    same = "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_MERGE_REQUEST_PROJECT_ID"
    assert [same in rule["if"] for rule in jobs["gate"]["rules"]] == [True]
    assert [same.replace("==", "!=") in rule["if"] for rule in jobs["validate"]["rules"]] == [True]
    assert "environment" not in jobs["validate"]
    assert [rule["if"] for rule in jobs["drift"]["rules"]] == ['$CI_PIPELINE_SOURCE == "schedule"']
    assert "STREAMKAP_" not in json.dumps(jobs)


@pytest.mark.long
def test_the_install_step_installs_what_the_scripts_need(tmp_path: Path) -> None:
    """In an empty environment, with the wheel that requirements.txt names; it is created here as that file says."""
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
