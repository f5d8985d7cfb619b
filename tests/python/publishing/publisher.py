"""A process that publishes versions of the made-up warehouse, one per line that it reads, each in a fork that may be killed.

A line is JSON: the warehouse, the published file, and at which wait for the disk the fork kills itself (0: at none). The answers are the id
of the fork, when it starts, and whether it ended by itself.
"""

import json
import os
import signal
import sys
from pathlib import Path

from publishing import file
from publishing.contents import open_contents, project_version
from tests.python.publishing.made_up import manifest_of


def publish(warehouse: str, published: str, killed_at: int) -> None:
    """Publishes as `make publish` does after its audit."""
    waits = 0
    synchronise = file.synchronise

    def wait_or_die(path: Path) -> None:
        nonlocal waits
        waits += 1
        if waits == killed_at:
            os.kill(os.getpid(), signal.SIGKILL)
        synchronise(path)

    file.synchronise = wait_or_die
    with file.only_publish(Path(published)):
        file.publish_file(open_contents(Path(warehouse), manifest_of()), Path(published))


# read once, and not in each fork
project_version()
for line in sys.stdin:
    process = os.fork()
    if process == 0:
        publish(**json.loads(line))
        os._exit(0)
    print(process, flush=True)
    print(int(os.waitpid(process, 0)[1] == 0), flush=True)
