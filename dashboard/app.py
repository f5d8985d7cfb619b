"""The web app. Start it with `make dashboard`.

Streamlit imports this file once, to serve `app`, and runs it as a script whenever it shows a page.
"""

import importlib
import os
import sys

from starlette.middleware import Middleware
from streamlit.starlette import App

from dashboard.guard import Guard, HostsError, failed, listed_hosts


def hosts() -> tuple[str, ...]:
    """Returns the hosts of `DASHBOARD_HOSTS`; ends the server where they cannot be read."""
    try:
        return listed_hosts(os.environ.get("DASHBOARD_HOSTS", ""))
    except HostsError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    # caches of the pages belong to a server that runs, so that the server must not import them before
    importlib.import_module("dashboard.frame").main()
else:
    app = App(__file__, middleware=[Middleware(Guard, listed=hosts())], exception_handlers={Exception: failed})
