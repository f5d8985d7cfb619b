"""Judges a build by what dbt says of it."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from publishing.errors import PublishError, explained

PASSED = {"success", "pass", "no-op"}
KINDS = {"model": "model", "seed": "lookup", "snapshot": "snapshot", "test": "test", "unit_test": "unit test", "operation": "hook"}
# the longest list that somebody reads
LISTED = 20


@dataclass(frozen=True)
class Audit:
    """What a build was like.

    Attributes
    ----------
    passed
        How many models, lookups, tests and the like are in order.
    failures
        One line for each that failed; those that were skipped for it are counted in the last line.
    warnings
        One line for each test that warns.
    """

    passed: int
    failures: list[str]
    warnings: list[str]


def read_artifact(target: Path, name: str) -> dict[str, Any]:
    """Returns what dbt wrote into a file of its target folder."""
    path = target / name
    if not path.exists():
        raise PublishError("dbt stopped before it had built anything; what it says stands above.")
    with explained(path, "DBT_TARGET_PATH"):
        text = path.read_text()
    try:
        artifact: dict[str, Any] = json.loads(text)
    except json.JSONDecodeError:
        raise PublishError(f"{path} is cut short: dbt could not write all of it, probably for lack of room on its disk.") from None
    return artifact


def audit(results: dict[str, Any], manifest: dict[str, Any], exit_code: int) -> Audit:
    """Judges a build.

    Parameters
    ----------
    results
        dbt's run_results.json.
    manifest
        dbt's manifest.json of the same call.
    exit_code
        That of dbt.
    """
    failures, warnings, skipped = [], [], 0
    for result in results["results"]:
        if result["status"] == "skipped":
            skipped += 1
        elif result["status"] == "warn":
            warnings.append(line_of(result, manifest))
        elif result["status"] not in PASSED:
            failures.append(line_of(result, manifest))
    if skipped:
        failures.append(f"{skipped} skipped, because they build on what failed")
    built = {result["unique_id"] for result in results["results"]}
    failures += [f"{kind_of(node)} {name_of(node)}: was not built" for node in published_nodes(manifest) if node not in built]
    if results["metadata"]["invocation_id"] != manifest["metadata"]["invocation_id"]:
        failures.append("manifest.json and run_results.json are of two calls of dbt: one at a time may use the target folder")
    if exit_code and not failures:
        failures.append(f"dbt ended with exit code {exit_code}; what it says stands above")
    return Audit(len(results["results"]) - len(failures) - len(warnings), failures, warnings)


def published_nodes(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Returns the marts and lookups of a manifest by their ids, in the order of their schemas and names."""
    nodes = {
        identity: node
        for identity, node in manifest["nodes"].items()
        if (node["resource_type"], node["schema"]) in (("model", "marts"), ("seed", "lookups"))
    }
    return dict(sorted(nodes.items(), key=lambda item: (item[1]["schema"], item[1]["name"])))


def kind_of(identity: str) -> str:
    """Returns what a node is, in words."""
    kind = identity.split(".", maxsplit=1)[0]
    return KINDS.get(kind, kind)


def name_of(identity: str) -> str:
    """Returns the name of a node; that of a generic test without the hash at its end."""
    parts = identity.split(".")
    return ".".join(parts[2:-1]) if parts[0] == "test" and len(parts) > 3 else ".".join(parts[2:])


def line_of(result: dict[str, Any], manifest: dict[str, Any]) -> str:
    """Returns one line about a result: what it is, where it stands, what dbt says."""
    identity = result["unique_id"]
    node = manifest["nodes"].get(identity) or manifest.get("unit_tests", {}).get(identity) or {}
    place = f" ({node['original_file_path']})" if node.get("original_file_path") else ""
    lines = [line.strip() for line in (result.get("message") or "").splitlines() if line.strip()] or [result["status"]]
    # dbt begins with the kind of error and with what stands here already
    message = lines[1] if len(lines) > 1 and re.match(r"[A-Z]\w+ Error in ", lines[0]) else lines[0]
    return f"{kind_of(identity)} {name_of(identity)}{place}: {message}"


def shortened(lines: list[str]) -> list[str]:
    """Returns the first lines, and how many more there are."""
    return lines if len(lines) <= LISTED else [*lines[:LISTED], f"... and {len(lines) - LISTED} more"]
