"""Readers in processes of their own, as BI tools are."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.python.warehouse import PROJECT


@contextmanager
def reading(
    question: str, prepare: Sequence[str] = (), before: Sequence[str] = (), after: Sequence[str] = (), **environment: str
) -> Iterator[dict[str, Any]]:
    """Starts a reader that has had a first answer; what it was told in all stands in the dictionary when the block has ended."""
    script = json.dumps({"prepare": prepare, "before": before, "after": after, "question": question})
    command = [sys.executable, str(Path(__file__).with_name("reader.py")), script]
    surroundings = os.environ | {"PYTHONPATH": str(PROJECT)} | environment
    process = subprocess.Popen(command, env=surroundings, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    told: dict[str, Any] = {}
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield told
    finally:
        output, _ = process.communicate()
    told.update(json.loads(output))
