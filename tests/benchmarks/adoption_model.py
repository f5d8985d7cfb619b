"""Times the regression on covariate patterns against statsmodels user by user, and Python's share of a build as users become more.

    python -m tests.benchmarks.adoption_model [--users 1000000] [--repeats 3]

Checks that both regressions give the same coefficients and clustered errors, and prints seconds and ratios.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy.special import expit

from python_models.methods.design import design_matrix
from python_models.methods.logit import Counts, fit_logit
from tests.benchmarks.adoption import THREADS, generate, run_dbt

FEATURES = [
    {"name": "source", "type": "categorical"},
    {"name": "size", "type": "categorical"},
    {"name": "is_invited", "type": "categorical"},
    {"name": "days", "type": "numeric"},
]
LOGINS_PER_USER = 10


def draw(users: int) -> pd.DataFrame:
    """One row per user of 5 sources, 6 sizes, 3 invitations and 3 numbers of days, in organisations of about 50."""
    rng = np.random.default_rng(1)
    organisation = rng.integers(0, users // 50, users)
    frame = pd.DataFrame(
        {
            "source": rng.integers(0, 5, users).astype(str),
            "size": rng.integers(0, 6, users).astype(str),
            "is_invited": rng.integers(0, 3, users).astype(str),
            "days": rng.integers(0, 3, users).astype(float),
            "organisation": organisation,
        }
    )
    log_odds = -2 + 0.5 * (frame["source"] == "1") + 0.7 * frame["days"] + rng.normal(0, 0.3, users // 50)[organisation]
    return frame.assign(outcome=(rng.random(users) < expit(log_odds)).astype(int))


def timed(work: Callable[[], Any], repeats: int) -> tuple[float, Any]:
    """Returns the median seconds and the last result."""
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds), result


def compare_fits(users: int, repeats: int) -> None:
    """Fits both ways."""
    frame = draw(users)
    columns = [feature["name"] for feature in FEATURES]
    connection = duckdb.connect(config={"threads": THREADS})
    connection.execute("create table users as from frame")

    def count() -> tuple[pd.DataFrame, pd.DataFrame]:
        keys = ", ".join(columns)
        patterns = connection.sql(f"select {keys}, count(*) as users from users group by all order by {keys}").df()
        rows = connection.sql(
            f"""
            with patterns as (select *, row_number() over (order by {keys}) - 1 as place from (select distinct {keys} from users))
            select place, organisation, count(*) as users, sum(outcome)::bigint as events
            from users inner join patterns using ({keys}) group by all order by organisation, place
            """
        ).df()
        return patterns, rows

    counting, (patterns, rows) = timed(count, repeats)
    design = design_matrix(patterns, patterns["users"].to_numpy(), FEATURES)
    counted = [rows[column].to_numpy() for column in ("place", "organisation", "users", "events")]
    on_patterns, fit = timed(lambda: fit_logit(design.matrix, Counts(*counted)), repeats)

    matrix = np.column_stack(
        [np.ones(users)]
        + [
            (frame[attribute] == level).to_numpy(float) if level else frame[attribute].to_numpy(float)
            for attribute, level in design.terms[["attribute", "level"]].iloc[1:].itertuples(index=False)
        ]
    )
    logit = sm.Logit(frame["outcome"].to_numpy(), matrix)
    by_rows, result = timed(lambda: logit.fit(disp=0, tol=1e-12, cov_type="cluster", cov_kwds={"groups": frame["organisation"]}), repeats)
    np.testing.assert_allclose(fit.coefficients, result.params, atol=1e-8)
    np.testing.assert_allclose(fit.std_errors, result.bse, atol=1e-8)
    print(f"{users:,} users, {len(patterns):,} patterns, {len(rows):,} counts by pattern and organisation, {len(fit.coefficients)} terms")
    print(f"  statsmodels, user by user      {by_rows:8.3f} s")
    print(f"  fit on patterns                {on_patterns:8.3f} s   {by_rows / on_patterns:6.1f} times faster, same estimates and errors")
    print(f"  counting them in DuckDB        {counting:8.3f} s   with it {by_rows / (on_patterns + counting):6.1f} times faster")


def python_in_a_build(users: int, folder: Path) -> tuple[dict[str, float], float]:
    """Builds the model marts from generated logins; returns the seconds of each Python model, and those of reading the counts alone."""
    folder.mkdir()
    generate(folder / "raw", users * LOGINS_PER_USER, users)
    warehouse = folder / "warehouse.duckdb"
    run_dbt(folder / "raw", warehouse, folder / "target", ["+user_adoption_scores", "+adoption_model_scores", "+adoption_coefficients"])
    results = json.loads((folder / "target" / "run_results.json").read_text())["results"]
    nodes = json.loads((folder / "target" / "manifest.json").read_text())["nodes"]
    seconds = {
        nodes[result["unique_id"]]["name"]: result["execution_time"]
        for result in results
        if nodes[result["unique_id"]].get("language") == "python"
    }
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        counts = connection.table("intermediate.int_adoption_patterns_counted")
        reading, _ = timed(lambda: counts.order("cluster_number, pattern_id, fold, is_past, is_future").df(), 3)
    return seconds, reading


def main() -> None:
    """Times and prints."""
    parser = argparse.ArgumentParser(description="Time the regression on patterns.")
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    compare_fits(options.users, options.repeats)
    with tempfile.TemporaryDirectory() as temporary:
        few, many = options.users // 5, options.users
        (of_few, reading_few), (of_many, reading_many) = (python_in_a_build(users, Path(temporary) / str(users)) for users in (few, many))
    print(f"\nPython models in a build{f'{few:,} users':>27}{f'{many:,} users':>18}")
    for model, seconds in of_many.items():
        print(f"  {model:<40}{of_few[model]:8.2f} s{seconds:15.2f} s")
    print(f"  {'all of them':<40}{sum(of_few.values()):8.2f} s{sum(of_many.values()):15.2f} s")
    print(f"  {'reading the counts, once':<40}{reading_few:8.2f} s{reading_many:15.2f} s")


if __name__ == "__main__":
    main()
