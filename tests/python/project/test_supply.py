"""What the project takes from others: actions of workflows, what workflows may do, and the packages that are audited."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import known_vulnerabilities
from tests.python.warehouse import PROJECT
from upkeep.backups import LATEST, backups_folder

WORKFLOWS = sorted((PROJECT / ".github" / "workflows").glob("*.y*ml"))
LOCK_FILES = sorted(path.name for path in PROJECT.glob("requirements*.txt"))
COMMIT = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
SECRET = re.compile(r"\bsecrets\b|\bgithub\s*(\.|\[\s*')\s*token\b")
STEP = """
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          persist-credentials: false
"""
WORKFLOW = f"""
on: workflow_dispatch
permissions: {{}}
jobs:
  one:
    permissions:
      contents: read
    steps:{STEP}
"""


def texts(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Returns all texts of a workflow, keys included, each with its place."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield place, str(key)
            yield from texts(inner, (*place, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from texts(inner, (*place, number))
    else:
        yield place, str(value)


def is_env_of_a_step(place: tuple[Any, ...]) -> bool:
    """Returns whether a text is the value of an environment variable that one step has, and no other."""
    return len(place) == 6 and (place[0], place[2], place[4]) == ("jobs", "steps", "env")


def faults(text: str) -> list[str]:
    """Returns what is wrong with a workflow: unpinned actions, permissions, credentials that stay, secrets that more than a step sees."""
    workflow = yaml.safe_load(text)
    found = [] if workflow.get("permissions") == {} else ["permissions of all jobs"]
    for name, job in workflow["jobs"].items():
        steps = job.get("steps", [])
        if job.get("permissions") != {"contents": "read"}:
            found.append(f"permissions of {name}")
        used = [each["uses"] for each in (job, *steps) if "uses" in each]
        found += [f"not pinned: {each}" for each in used if not COMMIT.fullmatch(each)]
        found += [
            f"without its version: {each}" for each in used if not re.search(rf"{re.escape(each)} # v\d+(\.\d+)*$", text, re.MULTILINE)
        ]
        checkouts = [step for step in steps if step.get("uses", "").startswith("actions/checkout@")]
        found += [f"credentials stay in {name}" for step in checkouts if step.get("with", {}).get("persist-credentials") is not False]
    found += [f"secret: {place}" for place, each in texts(workflow) if SECRET.search(each) and not is_env_of_a_step(place)]
    return found


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_take_and_may_do_no_more_than_they_need(path: Path) -> None:
    """Actions by commit with the version beside it, permissions by job, a secret in the step that needs it."""
    assert faults(path.read_text()) == []


def test_the_workflows_are_found() -> None:
    """Both of them."""
    assert {path.name for path in WORKFLOWS} >= {"analytics.yml", "audit.yml"}
    assert faults(WORKFLOW) == []


@pytest.mark.parametrize(
    ("former", "latter"),
    [
        ("@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "@v7"),
        ("@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "@3d3c42e # v7.0.1"),
        (" # v7.0.1", ""),
        ("uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", '"uses": other/action@main'),
        ("uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "uses: docker://alpine:3"),
        ("permissions: {}", ""),
        ("permissions: {}", "permissions: read-all"),
        ("      contents: read", "      contents: write"),
        ("    permissions:\n      contents: read\n", ""),
        ("persist-credentials: false", "fetch-depth: 1"),
        ("permissions: {}", "permissions: {}\nenv:\n  PASSWORD: ${{ secrets.PASSWORD }}"),
        ("    steps:", "    env:\n      PASSWORD: ${{ secrets['PASSWORD'] }}\n    steps:"),
        ("persist-credentials: false", "persist-credentials: false\n          token: ${{ github.token }}"),
        ("        with:", "        run: echo ${{ secrets.PASSWORD }}\n        with:"),
    ],
)
def test_a_workflow_that_takes_more_is_found(former: str, latter: str) -> None:
    """Each of these is a fault."""
    assert WORKFLOW.count(former) == 1
    assert faults(WORKFLOW.replace(former, latter)) != []


def test_a_secret_may_stand_in_the_env_of_a_step() -> None:
    """It does in the workflow that publishes."""
    assert faults(WORKFLOW + "      - run: make publish\n        env:\n          PUBLISH_TO: ${{ secrets.PUBLISH_TO }}\n") == []
    assert "secrets.PUBLISH_TO" in (PROJECT / ".github" / "workflows" / "analytics.yml").read_text()


def test_no_warehouse_is_cached() -> None:
    """It holds personal data; a backup holds what no run can build again."""
    steps = [step for path in WORKFLOWS for job in yaml.safe_load(path.read_text())["jobs"].values() for step in job["steps"]]
    cached = [step["with"]["path"] for step in steps if step.get("uses", "").startswith("actions/cache")]
    assert cached == ["warehouse/backups"]
    # and the run puts back what `make backup` of the run before has written
    latest = backups_folder(PROJECT / "warehouse" / "user_analytics.duckdb").relative_to(PROJECT) / LATEST
    for text in ((PROJECT / name).read_text() for name in (".github/workflows/analytics.yml", "Makefile", "README.md")):
        assert set(re.findall(r"[\w/]+/latest\.duckdb", text)) == {str(latest)}


def test_all_lock_files_are_audited() -> None:
    """By `make audit`, which the nightly workflow calls; each has its requirements beside it, which other tests look at."""
    make = subprocess.run(["make", "--dry-run", "audit"], cwd=PROJECT, capture_output=True, text=True, check=True)
    [command] = [line for line in make.stdout.splitlines() if "tests.known_vulnerabilities" in line]
    assert command.split("tests.known_vulnerabilities ")[1].split() == LOCK_FILES
    assert [Path(name).with_suffix(".in").name for name in LOCK_FILES] == sorted(path.name for path in PROJECT.glob("requirements*.in"))
    assert "run: make audit" in (PROJECT / ".github" / "workflows" / "audit.yml").read_text()


def test_without_internet_the_audit_says_so(tmp_path: Path) -> None:
    """In one sentence, with an exit code of its own: the real pip-audit behind a proxy that is not there."""
    nowhere = dict.fromkeys(("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"), "http://127.0.0.1:9")
    kept = {name: text for name, text in os.environ.items() if name.lower() != "no_proxy"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.known_vulnerabilities", "requirements-publishing.txt"],
        cwd=PROJECT,
        env=kept | nowhere | {"PIP_CACHE_DIR": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == (
        "No package was audited: the database of known vulnerabilities cannot be reached. `make audit` needs the internet.\n"
    )
    assert (done.returncode, done.stdout) == (2, "")


@pytest.mark.parametrize(
    ("ended", "code", "said"),
    [
        ((0, "", "No known vulnerabilities found"), 0, "No package has a known vulnerability: a.txt, b.txt\n"),
        ((1, "Name Version ID\njinja2 2.0 PYSEC-1", "Found 1 known vulnerability"), 1, "jinja2 2.0 PYSEC-1"),
        (
            (1, "", "ERROR:pip_audit._cli:agate: Dependency not found"),
            2,
            "No package was audited: agate: Dependency not found. `make audit` needs the internet.\n",
        ),
        ((1, "", ""), 2, "No package was audited: pip-audit does not say why."),
    ],
)
def test_what_the_audit_finds_is_said(
    ended: tuple[int, str, str], code: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A package that the database does not know is not taken for one without a vulnerability."""
    calls: list[list[str]] = []

    def run(command: list[str], **options: bool) -> subprocess.CompletedProcess[str]:
        calls.append(command)
        return subprocess.CompletedProcess(command, *ended)

    monkeypatch.setattr("tests.known_vulnerabilities.subprocess.run", run)
    assert known_vulnerabilities.main(["a.txt", "b.txt"]) == code
    output = capsys.readouterr()
    assert said in output.out + output.err
    [command] = calls
    assert {"--strict", "--require-hashes", "--disable-pip"} <= set(command)
    assert command[-4:] == ["--requirement", "a.txt", "--requirement", "b.txt"]
