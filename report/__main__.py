"""Writes the report: `python -m report [--output warehouse/report.html]`."""

import argparse
import sys
from pathlib import Path

from dashboard.published import Published, PublishedError, published_path
from report.figures import gather
from report.page import render

OUTPUT = Path("warehouse/report.html")


def main() -> int:
    """Writes the report and says where it is; returns 1 where the published file cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m report", description="Writes the report from the published marts (PUBLISHED_PATH).")
    parser.add_argument("--output", type=Path, default=OUTPUT, help=f"where to write it (default: {OUTPUT})")
    output: Path = parser.parse_args().output
    try:
        page = render(gather(Published(published_path())))
    except PublishedError as error:
        print(error, file=sys.stderr)
        return 1
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(page, encoding="utf-8")
    print(f"The report is {output} ({output.stat().st_size / 1000:,.0f} kB). It needs nothing else: open it, print it, send it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
