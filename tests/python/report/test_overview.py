"""The front page of the documentation leads to every mart."""

import re

from tests.python.warehouse import PROJECT


def test_every_mart_is_linked() -> None:
    """By the name under which dbt's page knows it."""
    marts = {path.stem for path in (PROJECT / "models" / "marts").rglob("*.sql")}
    linked = set(re.findall(r"\(#!/model/model\.user_analytics\.(\w+)\)", (PROJECT / "models" / "overview.md").read_text()))
    assert len(marts) > 50
    assert linked == marts
