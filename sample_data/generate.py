"""Writes the sample data: the raw tables of one invented product, drawn from planted parameters.

`population` draws who the users are, what becomes of them and on which days they are active; each source then turns
the same users into its own raw tables (`product_tables`, `people_tables`, `telemetry_tables`, `streaming_tables`). Every
part draws from a random stream of its own name, so a part that is added or changed never shifts the numbers of another.

    python sample_data/generate.py [--users 3000] [--seed 1] [--output sample_data]
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

if not __package__:  # a script finds its own folder only, not the package that it belongs to
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sample_data.common import SEED
from sample_data.people import ACTION_TRUTH, PEOPLE_DIRTY_ROWS, people_lines, people_tables
from sample_data.population import TRUTH, USERS, drawn_outcomes, population
from sample_data.product import PRODUCT_DIRTY_ROWS, product_lines, product_tables
from sample_data.streaming import LISTENING_TRUTH, SKIP_TRUTH, STREAMING_DIRTY_ROWS, streaming_lines, streaming_tables
from sample_data.telemetry import TELEMETRY_DIRTY_ROWS, USAGE_TRUTH, telemetry_lines, telemetry_tables

__all__ = [
    "ACTION_TRUTH",
    "DIRTY_ROWS",
    "LISTENING_TRUTH",
    "SEED",
    "SKIP_TRUTH",
    "TRUTH",
    "USAGE_TRUTH",
    "USERS",
    "drawn_outcomes",
    "main",
    "population",
    "raw_lines",
    "raw_tables",
]

# Raw rows that a delivery should not have, per file and kind.
DIRTY_ROWS: Mapping[str, Mapping[str, int]] = {
    **PRODUCT_DIRTY_ROWS,
    **PEOPLE_DIRTY_ROWS,
    **TELEMETRY_DIRTY_ROWS,
    **STREAMING_DIRTY_ROWS,
}


def raw_tables(users: pd.DataFrame, seed: int = SEED) -> dict[str, pd.DataFrame]:
    """Turns the population into the raw tables of all sources, by name and without dirty rows."""
    return product_tables(users, seed) | people_tables(users, seed) | telemetry_tables(users, seed) | streaming_tables(users, seed)


def raw_lines(tables: Mapping[str, pd.DataFrame], seed: int = SEED) -> dict[str, list[str]]:
    """Renders all raw tables as CSV lines, header first, with the dirty rows at seeded positions.

    Parameters
    ----------
    tables
        As `raw_tables` returns them.
    seed
        Of the dirty rows.
    """
    return product_lines(tables, seed) | people_lines(tables, seed) | telemetry_lines(tables, seed) | streaming_lines(tables, seed)


def main(arguments: Sequence[str] | None = None) -> None:
    """Writes the raw files into a folder; the same users and seed always give the same bytes."""
    parser = argparse.ArgumentParser(description="Write the sample data in the raw format.")
    parser.add_argument("--users", type=int, default=USERS, help="number of users (default %(default)s)")
    parser.add_argument("--seed", type=int, default=SEED, help="of every random stream (default %(default)s)")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent, help="folder (default: this one)")
    options = parser.parse_args(arguments)

    users = population(options.seed, options.users)
    options.output.mkdir(parents=True, exist_ok=True)
    for table, lines in raw_lines(raw_tables(users, options.seed), options.seed).items():
        (options.output / f"{table}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
