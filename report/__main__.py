"""Writes the report: `python -m report [--output warehouse/report.html]`."""

import argparse
import sys
from pathlib import Path

from dashboard.published import Published, PublishedError, published_path
from publishing.errors import PublishError, explained
from report.figures import gather
from report.page import render

OUTPUT = Path("warehouse/report.html")


def main() -> int:
    """Writes the report and says where it is; returns 1 where the published file cannot be read, or the report not be written."""
    parser = argparse.ArgumentParser(prog="python -m report", description="Writes the report from the published marts (PUBLISHED_PATH).")
    parser.add_argument("--output", type=Path, default=OUTPUT, help=f"where to write it (default: {OUTPUT})")
    output: Path = parser.parse_args().output
    try:
        with explained(published_path(), "PUBLISHED_PATH"):
            page = render(gather(Published(published_path())))
        with explained(output, "--output"):
            write_page(page, output.resolve())
    except (PublishError, PublishedError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"The report is {output} ({output.stat().st_size / 1000:,.0f} kB). It needs nothing else: open it, print it, send it.")
    return 0


def write_page(page: str, output: Path) -> None:
    """Writes a page in full, or leaves the one that is there as it was."""
    output.parent.mkdir(parents=True, exist_ok=True)
    new = output.with_name(f"{output.name}.new")
    try:
        new.write_text(page, encoding="utf-8")
        new.replace(output)
    finally:
        new.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
