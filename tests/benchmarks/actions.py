"""Times rates, tests and regressions of actions on a million users against the same by hand.

    python -m tests.benchmarks.actions [--users 1000000] [--repeats 3]

Generates profiles and actions as Parquet and builds the marts of actions from them (dbt). Then counts users and performers by attribute
with the project's SQL, with one query per attribute and action, and with pandas; and fits a regression on covariate patterns and user by
user. Checks that all give the same answer, and prints seconds and ratios.
"""

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy.special import expit
from threadpoolctl import threadpool_limits

from python_models.methods.design import design_matrix, wide_patterns
from python_models.methods.logit import fit_logit
from python_models.methods.pattern_models import counts_of, fit_table
from tests.benchmarks.adoption import PROJECT, THREADS, run
from tests.benchmarks.adoption_model import timed

# each action with the log-odds that make it frequent or rare
ACTIONS = {"search": -2.0, "share": -2.5, "purchase": -3.5, "invite": -4.0, "export": -4.5}
FITTED_ACTION = "purchase"
# each attribute with its number of levels
LEVELS = {"gender": 2, "region": 4, "device": 3, "plan": 3, "language": 4, "team": 2, "channel": 3}
AGE: dict[str, Any] = {"name": "age", "type": "numeric", "step": 10}
AGE_GROUPS = {"binned_as": "age_group", "bins": [18, 30, 45, 70], "labels": ["19-30", "31-45", "46-70"]}
AGE_GROUP_BY_HAND = "case when age <= 30 then '19-30' when age <= 45 then '31-45' else '46-70' end"
ATTRIBUTES = [*LEVELS, "age_group"]
CATEGORIES: list[dict[str, Any]] = [{"name": name, "type": "categorical"} for name in LEVELS]
FEATURES = [*CATEGORIES, AGE]
TERMS = [feature["name"] for feature in FEATURES]
SETTINGS = {
    "raw_sources": ["people"],
    "profile_attributes": [*CATEGORIES, AGE | AGE_GROUPS],
    "action_models": [{"name": "main_effects", "terms": TERMS}],
}
MARTS = ["action_rates", "action_tests", "action_pairs", "action_coefficients", "action_model_scores"]
SLOWEST = 10


def generate(folder: Path, users: int) -> None:
    """Writes user_profiles.parquet and user_actions.parquet: each action depends on all attributes, and is performed up to three times."""
    folder.mkdir()
    generator = np.random.default_rng(1)
    codes = {name: generator.integers(0, levels, users) for name, levels in LEVELS.items()}
    ages = generator.integers(20, 70, users)
    profiles = pd.DataFrame({"user_id": np.arange(1, users + 1), "age": ages}).assign(
        **{name: np.array([f"{name} {level}" for level in range(LEVELS[name])], dtype=object)[code] for name, code in codes.items()}
    )
    effects = 0.2 * np.sum(list(codes.values()), axis=0) - 0.02 * (ages - 45)
    times = [np.where(generator.random(users) < expit(start + effects), generator.integers(1, 4, users), 0) for start in ACTIONS.values()]
    actions = pd.DataFrame(
        {
            "user_id": np.concatenate([np.repeat(profiles["user_id"].to_numpy(), of_action) for of_action in times]),
            "action": np.repeat(np.array(list(ACTIONS), dtype=object), [of_action.sum() for of_action in times]),
        }
    )
    actions["occurred_at"] = pd.Timestamp("2025-01-01") + pd.to_timedelta(generator.integers(0, 365 * 86400, len(actions)), unit="s")
    for name, frame in {"user_profiles": profiles, "user_actions": actions}.items():
        duckdb.from_df(frame).write_parquet(str(folder / f"{name}.parquet"))


def build(raw: Path, warehouse: Path, target: Path) -> tuple[dict[str, float], float]:
    """Builds the marts of actions and all above them; returns the seconds of each model and those of dbt's start-up."""
    took, _ = run(
        [str(Path(sys.executable).with_name("dbt")), "--quiet", "build", "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT),
         "--select", *(f"+{mart}" for mart in MARTS), "--exclude-resource-type", "test", "unit_test", "--threads", "1",
         "--target-path", str(target), "--vars", json.dumps(SETTINGS)],
        {"RAW_DATA_DIR": str(raw), "RAW_FORMAT": "parquet", "WAREHOUSE_PATH": str(warehouse)},
    )  # fmt: skip
    results = json.loads((target / "run_results.json").read_text())["results"]
    seconds = {result["unique_id"].split(".")[2]: result["execution_time"] for result in results}
    return seconds, took - sum(seconds.values())


def time_build(raw: Path, folder: Path, repeats: int) -> tuple[Path, str]:
    """Builds and prints the slowest models; returns the warehouse and the SQL that counted users and performers."""
    builds = []
    for _ in range(repeats):
        warehouse = folder / "project.duckdb"
        warehouse.unlink(missing_ok=True)
        builds.append(build(raw, warehouse, folder / "target"))
    median = {model: statistics.median(seconds[model] for seconds, _ in builds) for model in builds[0][0]}
    startup = statistics.median(before for _, before in builds)
    print(f"\nBuilding {', '.join(MARTS)} and all above them")
    for model, seconds in sorted(median.items(), key=lambda item: -item[1])[:SLOWEST]:
        print(f"  {model:<40}{seconds:8.2f} s")
    total = statistics.median(sum(seconds.values()) for seconds, _ in builds)
    print(f"  {'all of them':<40}{total:8.2f} s   dbt's start-up, not in them: {startup:.1f} s", flush=True)
    nodes = json.loads((folder / "target" / "manifest.json").read_text())["nodes"]
    return warehouse, nodes["model.user_analytics.int_action_users_counted"]["compiled_code"]


def counts_of_project(connection: duckdb.DuckDBPyConnection, compiled: str) -> pd.DataFrame:
    """Users and performers of each level by the project's SQL, which counts each user once without an action and once with each."""
    connection.execute(f"create or replace temp table counts as {compiled}")
    return connection.sql(
        """
        select performers.action, attribute, level, users.users, performers.users as performers
        from counts as performers inner join counts as users using (attribute, level)
        where performers.action is not null and users.action is null and attribute <> '(all)'
        """
    ).df()


def counts_by_query(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """The same by one query for each attribute and action."""
    queries = [
        f"""
        select '{action}' as action, '{attribute}' as attribute, {attribute} as level, count(*) as users, count(acted.user_id) as performers
        from users left join (select user_id from performers where action = '{action}') as acted on users.user_id = acted.user_id
        group by {attribute}
        """
        for action in ACTIONS
        for attribute in ATTRIBUTES
    ]
    return pd.concat([connection.sql(query).df() for query in queries])


def counts_in_pandas(users: pd.DataFrame, performers: pd.DataFrame) -> pd.DataFrame:
    """The same by one search for each action, and one group-by for each attribute and action."""
    tables = []
    for action in ACTIONS:
        has_acted = users["user_id"].isin(performers.loc[performers["action"] == action, "user_id"])
        for attribute in ATTRIBUTES:
            table = has_acted.groupby(users[attribute]).agg(users="size", performers="sum")
            tables.append(table.rename_axis("level").reset_index().assign(action=action, attribute=attribute))
    return pd.concat(tables)


def in_order(counts: pd.DataFrame) -> pd.DataFrame:
    """Rows of counts by name, in equal types."""
    keys = ["action", "attribute", "level"]
    types = dict.fromkeys(keys, "object") | dict.fromkeys(["users", "performers"], "int64")
    return counts[list(types)].astype(types).sort_values(keys, ignore_index=True)


def compare_counts(connection: duckdb.DuckDBPyConnection, compiled: str, repeats: int) -> None:
    """Counts in three ways; the tables that they read are ready."""
    users, performers = (connection.table(name).df() for name in ("users", "performers"))
    in_project, counts = timed(lambda: counts_of_project(connection, compiled), repeats)
    by_query, counts_queried = timed(lambda: counts_by_query(connection), repeats)
    in_pandas, counts_grouped = timed(lambda: counts_in_pandas(users, performers), repeats)
    for other in (counts_queried, counts_grouped):
        pd.testing.assert_frame_equal(in_order(counts), in_order(other))
    queries = len(ACTIONS) * len(ATTRIBUTES)
    print(f"\nUsers and performers of {len(ATTRIBUTES)} attributes and {len(ACTIONS)} actions, the same {len(counts):,} rows")
    print(f"  {'project, in one scan':<40}{in_project:8.2f} s")
    print(f"  {f'{queries} queries by hand in DuckDB':<40}{by_query:8.2f} s   project / it: {in_project / by_query:5.2f}")
    print(f"  {f'{queries} group-bys by hand in pandas':<40}{in_pandas:8.2f} s   project / it: {in_project / in_pandas:5.2f}", flush=True)


def count_patterns(connection: duckdb.DuckDBPyConnection) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The covariate patterns as `fit_table` wants them, one row per pattern and feature, and their users and performers."""
    keys = ", ".join(TERMS)
    connection.execute(
        f"""
        create or replace temp table patterns as
        select row_number() over (order by {keys}) as pattern_id, null::bigint as cluster_number, *
        from (select {keys}, count(*) as users, sum(has_acted)::bigint as events from outcomes group by all)
        """
    )
    values = " union all by name ".join(
        f"select pattern_id, '{name}' as attribute, {name} as {'level' if name in LEVELS else 'number'} from patterns" for name in TERMS
    )
    return (
        connection.sql(f"from ({values}) order by pattern_id, attribute").df(),
        connection.sql("select pattern_id, cluster_number, users, events from patterns order by pattern_id").df(),
    )


def model_matrix(users: pd.DataFrame, terms: pd.DataFrame) -> NDArray[np.float64]:
    """The model matrix of users, shape (users, terms), for the terms of `fit_table`."""
    columns = [np.ones(len(users))]
    for attribute, level in terms[["attribute", "level"]].iloc[1:].itertuples(index=False):
        columns.append((users[attribute] == level).to_numpy(float) if attribute in LEVELS else users[attribute].to_numpy(float))
    return np.column_stack(columns)


def compare_fits(connection: duckdb.DuckDBPyConnection, repeats: int) -> None:
    """Fits both ways in one thread, from a table of users with their attributes and outcome."""
    connection.execute(
        f"""
        create temp table outcomes as
        select users.* replace (floor(age / {AGE["step"]}) * {AGE["step"]} as age), (acted.user_id is not null)::integer as has_acted
        from users left join (select user_id from performers where action = '{FITTED_ACTION}') as acted on users.user_id = acted.user_id
        """
    )
    counting, (values, counts) = timed(lambda: count_patterns(connection), repeats)
    tabling, table = timed(lambda: fit_table(FITTED_ACTION, values, counts, features=FEATURES, min_outcomes=20, as_of=None), repeats)
    patterns = wide_patterns(values, FEATURES)
    rows = counts_of(counts, patterns)
    design = design_matrix(patterns, counts["users"].to_numpy(), FEATURES)
    terms = table[table["role"] != "reference"]
    reading, users = timed(lambda: connection.table("outcomes").order("user_id").df(), repeats)
    making, matrix = timed(lambda: model_matrix(users, terms), repeats)
    with threadpool_limits(1):
        on_patterns, _ = timed(lambda: fit_logit(design.matrix, rows), repeats)
        by_rows, result = timed(lambda: sm.Logit(users["has_acted"].to_numpy(), matrix).fit(disp=0), 1)
        effects_by_rows, effects = timed(lambda: result.get_margeff(dummy=True).margeff, 1)
    np.testing.assert_allclose(terms["coefficient"].to_numpy(float), result.params, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(terms["std_error"].to_numpy(float), result.bse, rtol=1e-8, atol=1e-8)
    # of more levels than two statsmodels compares each with all others as they are
    is_comparable = terms["attribute"].isin([name for name in TERMS if LEVELS.get(name, 2) == 2]).to_numpy()
    np.testing.assert_allclose(terms["marginal_effect"].to_numpy(float)[is_comparable], effects[is_comparable[1:]], rtol=1e-8, atol=1e-8)
    size = f"{len(TERMS)} attributes, {len(counts):,} patterns, {len(terms)} terms"
    print(f"\nRegression of {FITTED_ACTION} on {size}; same estimates, errors and effects")
    print(f"  {'':<40}{'on patterns':>14}{'statsmodels, user by user':>30}")
    compared = {
        "fit alone": (on_patterns, by_rows),
        "with marginal effects (fit_table)": (tabling, by_rows + effects_by_rows),
        "counting patterns, or making a matrix": (counting, reading + making),
        "all of it": (tabling + counting, by_rows + effects_by_rows + reading + making),
        "all of it, statsmodels without effects": (tabling + counting, by_rows + reading + making),
    }
    for step, (ours, theirs) in compared.items():
        print(f"  {step:<40}{ours:12.3f} s{theirs:28.3f} s   {theirs / ours:6.1f} times faster")


def main() -> None:
    """Generates, times, checks and prints."""
    parser = argparse.ArgumentParser(description="Time rates, tests and regressions of actions.")
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        print(f"{options.users:,} users, {THREADS} threads, medians of {options.repeats} repeats; statsmodels once", flush=True)
        generate(folder / "raw", options.users)
        warehouse, compiled = time_build(folder / "raw", folder, options.repeats)
        with duckdb.connect(str(warehouse), read_only=True, config={"threads": THREADS}) as connection:
            connection.execute(
                f"""
                create temp table users as select *, {AGE_GROUP_BY_HAND} as age_group from '{folder}/raw/user_profiles.parquet';
                create temp table performers as select distinct user_id, action from '{folder}/raw/user_actions.parquet'
                """
            )
            compare_counts(connection, compiled, options.repeats)
            compare_fits(connection, options.repeats)


if __name__ == "__main__":
    main()
