"""The example ci-preview: its README, and the scripts of its workflows, run on the real engine."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from streamkap_pulumi.emulator import Emulator
from tests.engine.stack import ROOT
from tests.examples.pipelines import CURL, EXAMPLE, GH, README, Project, gitlab, script
from tests.package.environments import built


@pytest.fixture
def project(tmp_path: Path, engine: Path) -> Project:
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
def deployed(project: Project, account: dict[str, str]) -> Project:
    """With its stack, and its sources in Streamkap."""
    run = project.bash(
        "pulumi stack init dev; pulumi config set dbHost db.example.com\n"
        "pulumi config set --secret dbPassword canary-of-the-database; pulumi up --yes --skip-preview",
        **project.settings,
        **account,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return project


@pytest.mark.parametrize("installs", [False, pytest.param(True, marks=pytest.mark.long)], ids=["here", "newcomer"])
def test_the_readme_does_as_it_says(project: Project, tmp_path: Path, installs: bool) -> None:
    """In a copy, of which nothing is left, nor of the emulator; only the port is another one: 8080 may be taken.

    A newcomer makes an environment of the package's wheel, as it says; otherwise it is that of this run.
    """
    first, judged, down = re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
    shutil.rmtree(project.folder / "state")
    before = {file: file.read_bytes() for file in project.folder.rglob("*") if file.is_file()}
    first = first.replace("--port 8080 &", "--port 0 > emulator.log &\nuntil [ -s emulator.log ]; do sleep 0.1; done")
    first = first.replace("http://127.0.0.1:8080", "$(grep -o 'http://[^ ]*' emulator.log)")
    first, environments = re.subn(r"(?m)^python3 -m venv .*\n", r"\g<0>" if installs else "", first)
    where = "python3 -c 'import streamkap_pulumi; print(streamkap_pulumi.__file__)'\n"
    judged = re.sub(r"(?m)^(pulumi .+)$", r'code=0; ( \1\n) || code=$?; echo "<exit $code>"', judged)
    (tmp_path / "temporary").mkdir()
    run = project.bash(
        f"trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n{first}{where}{judged}{down}wait",
        TMPDIR=str(tmp_path / "temporary"),
        PACKAGE=str(built(tmp_path / "dist", "wheel")) if installs else "",
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert environments == 1
    assert ("/.venv/lib" in run.stdout.replace(str(ROOT), "")) is installs
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


def test_a_fork_is_validated_without_any_secret(project: Project, streamkap_emulator: Emulator) -> None:
    """On a stack that is thrown away, without a request; a bad property fails it."""
    summary = {"GITHUB_STEP_SUMMARY": str(project.folder / "summary.md")}
    run = project.bash(script("validate", "Validate"), **summary)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Create: 2 sources" in (project.folder / "summary.md").read_text(encoding="utf-8")
    assert streamkap_emulator.requests() == []


@pytest.mark.long
def test_a_fork_with_a_bad_property_fails_validation(project: Project) -> None:
    """And its summary says what was meant."""
    summary = {"GITHUB_STEP_SUMMARY": str(project.folder / "summary.md")}
    program = project.folder / "__main__.py"
    program.write_text(program.read_text(encoding="utf-8").replace("database_user=", "database_usr="), encoding="utf-8")
    run = project.bash(script("validate", "Validate"), **summary)
    assert run.returncode == 5
    assert "did you mean" in (project.folder / "summary.md").read_text(encoding="utf-8")


@pytest.mark.long
def test_a_preview_that_cannot_begin_is_reported_in_the_comment_of_its_own_stack(deployed: Project) -> None:
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
def test_the_nightly_job_says_drift(deployed: Project, account: dict[str, str], streamkap_emulator: Emulator) -> None:
    """Of a declared property; refused credentials are a failure and no drift."""
    settings = {**deployed.settings, **account}
    compare = script("drift", "Compare", "drift.yml")
    run = deployed.bash(compare, **settings)
    assert run.returncode == 0, run.stdout + run.stderr
    orders = next(source for source in streamkap_emulator.sources() if source["connector"] == "postgresql")
    streamkap_emulator.change_source(orders["id"], config={"database.user": "somebody"})
    run = deployed.bash(compare, **settings)
    assert (run.returncode, "orders differs in Streamkap: database.user." in run.stderr) == (6, True)
    assert deployed.bash(compare, **settings | {"STREAMKAP_SECRET": "wrong"}).returncode == 5


@pytest.mark.long
def test_gitlabs_scripts_do_the_same(deployed: Project, account: dict[str, str]) -> None:
    """Gate with its one note, however many others there are before it and after it; validation, drift."""
    project_of = {
        "CI_API_V4_URL": "https://gitlab.example.com/api/v4",
        "CI_PROJECT_ID": "7",
        "CI_MERGE_REQUEST_IID": "3",
    }
    settings = {**deployed.settings, **project_of, "COMMENT_TOKEN": "canary-token"}
    jobs = gitlab()
    (gate,), (validate,), (drift,) = (jobs[job]["script"] for job in ("gate", "validate", "drift"))
    run = deployed.bash(drift, **settings, **account)
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
