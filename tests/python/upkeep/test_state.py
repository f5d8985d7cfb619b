"""What a backup holds is what no build can make again."""

import re

from tests.python.warehouse import PROJECT
from upkeep.state import STATE

# a model that reads its own last table: `kept_fit`, in SQL or in Python, or `previous_fit`
READS_ITS_LAST_TABLE = re.compile(r"\b(kept_fit|previous_fit)\(")


def test_every_table_that_no_build_makes_again_is_in_the_list() -> None:
    """Snapshots, and models that read their own last table."""
    models = [*PROJECT.glob("models/**/*.sql"), *PROJECT.glob("python_models/*/*.py")]
    reading = {path.stem for path in models if READS_ITS_LAST_TABLE.search(path.read_text())}
    snapshots = {path.stem for path in PROJECT.glob("snapshots/*.sql")}
    assert len(reading) >= 10
    assert snapshots
    assert set(STATE) == reading | snapshots
