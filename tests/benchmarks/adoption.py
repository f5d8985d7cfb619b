"""Times `user_adoption` and everything under it against the same question asked by hand.

Generates logins and accounts as Parquet, then answers "who adopted, and when, by each reading" with the project (dbt), with a DuckDB script
that writes the same tables, with Polars and with pandas, each in a process of its own, in turn, on the same files. Checks that all give the
same answer, prints seconds, ratios and peak memory.

    python -m tests.benchmarks.adoption [--logins 20000000] [--users 1000000] [--repeats 3]

dbt's seconds are those of the models; its start-up (import, parse, compile) is stated apart.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import duckdb

PROJECT = Path(__file__).parents[2]
THREADS = 2
LAST_DAY = "2025-12-31"
NEW_DAY = "2026-01-01"

HAND_DUCKDB = """
create schema marts;
create table marts.user_activity_days as
select user_id, cast(time_stamp as date) as date_day, count(*) as logins
from read_parquet('{logins}') group by all;

create table users as
select coalesce(object_id, user_id) as user_id, org_id, object_id is not null as has_account, creation_source, creation_time as created_at,
    cast(creation_time as date) as created_on
from read_parquet('{accounts}')
full join (select distinct user_id from marts.user_activity_days) on object_id = user_id;

create table adoption as
select
    user_id,
    min(date_day) filter (where date_day - earlier < 7) as adopted_on,
    min(earlier) filter (where date_day - earlier < 7) as window_started_on,
    min(date_day) filter (where (date_day - first_day) // 7 = (earlier - first_day) // 7) as fixed_window_adopted_on,
    min(date_day) filter (where date_trunc('week', date_day) = date_trunc('week', earlier)) as iso_week_adopted_on,
    count(*) as active_days, min(date_day) as first_active_on, max(date_day) as last_active_on
from (
    select user_id, date_day, lag(date_day, 2) over (partition by user_id order by date_day) as earlier from marts.user_activity_days
), (select min(date_day) as first_day from marts.user_activity_days)
group by user_id;

create table marts.user_adoption as
select users.user_id, has_account, created_at, created_on,
    case
        when adopted_on is not null then 'adopted' when date '{last_day}' - created_on >= 89 then 'not_adopted' else 'still_open'
    end as adoption_status,
    adopted_on is not null as is_adopted, adopted_on, window_started_on, adopted_on - created_on as days_to_adoption,
    fixed_window_adopted_on is not null as is_adopted_fixed_window, fixed_window_adopted_on,
    iso_week_adopted_on is not null as is_adopted_iso_week, iso_week_adopted_on,
    coalesce(active_days, 0) as active_days, first_active_on, last_active_on
from users left join adoption using (user_id);
"""


def generate(folder: Path, logins: int, users: int) -> None:
    """Writes users.parquet and user_engagement.parquet; logins come by time and grow over the year, few users make most of them."""
    folder.mkdir()
    connection = duckdb.connect()
    uniform = "((hash(number * 2 + {salt}) >> 11) / 9007199254740992.0)"
    connection.execute(f"""
        copy (
            select
                number + 1 as object_id,
                timestamp '2025-01-01' + to_seconds(cast(floor(365 * 86400 * {uniform.format(salt=101)}) as bigint)) as creation_time,
                ['SIGNUP', 'ORG_INVITE', 'GUEST_INVITE'][1 + cast(hash(number + 7) % 3 as integer)] as creation_source,
                cast(hash(number + 3) % 20000 as bigint) as org_id
            from range({users}) as numbers(number)
        ) to '{folder}/users.parquet'
    """)
    connection.execute(f"""
        copy (
            select
                timestamp '2025-01-01' + to_seconds(cast(floor(365 * 86400 * sqrt(number / {logins})) as bigint)) as time_stamp,
                cast(1 + floor({users} * pow({uniform.format(salt=1_000_001)}, 1.7)) as bigint) as user_id,
                1 as visited
            from range({logins}) as numbers(number)
        ) to '{folder}/user_engagement.parquet'
    """)


def add_a_day(folder: Path, target: Path, users: int) -> None:
    """Copies the tables and adds a day with as many logins as the last one had."""
    target.mkdir()
    duckdb.execute(f"copy (from '{folder}/users.parquet') to '{target}/users.parquet'")
    duckdb.execute(f"""
        copy (
            from '{folder}/user_engagement.parquet'
            union all
            select time_stamp + interval 1 day, 1 + cast(hash(user_id) % {users} as bigint), visited
            from '{folder}/user_engagement.parquet' where time_stamp >= '{LAST_DAY}'
        ) to '{target}/user_engagement.parquet'
    """)


def answer_by_hand_in_duckdb(raw: Path, warehouse: Path) -> None:
    """Writes the tables that the project writes."""
    connection = duckdb.connect(str(warehouse), config={"threads": THREADS})
    script = HAND_DUCKDB.format(logins=raw / "user_engagement.parquet", accounts=raw / "users.parquet", last_day=LAST_DAY)
    connection.execute(script)


def answer_by_hand_in_polars(raw: Path, warehouse: Path) -> None:
    """Writes the days and the adoption dates as Parquet."""
    import polars as pl

    day = pl.col("date_day")
    earlier = pl.col("earlier")
    days = (
        pl.scan_parquet(raw / "user_engagement.parquet")
        .select("user_id", date_day=pl.col("time_stamp").cast(pl.Date))
        .group_by("user_id", "date_day")
        .agg(logins=pl.len())
        .sort("user_id", "date_day")
        .with_columns(earlier=pl.col("date_day").shift(2).over("user_id"))
        .collect()
    )
    first_day = days["date_day"].min()

    def first_where(condition: "pl.Expr") -> "pl.Expr":
        return day.filter(condition).min()

    def fixed_window(date: "pl.Expr") -> "pl.Expr":
        return (date - first_day).dt.total_days() // 7

    adoption = days.group_by("user_id").agg(
        adopted_on=first_where((day - earlier).dt.total_days() < 7),
        fixed_window_adopted_on=first_where(fixed_window(day) == fixed_window(earlier)),
        iso_week_adopted_on=first_where(day.dt.truncate("1w") == earlier.dt.truncate("1w")),
        active_days=pl.len(),
        first_active_on=day.min(),
        last_active_on=day.max(),
    )
    days.select("user_id", "date_day", "logins").write_parquet(warehouse.with_suffix(".days"))
    accounts = pl.read_parquet(raw / "users.parquet").rename({"object_id": "user_id"})
    accounts.join(adoption, on="user_id", how="full", coalesce=True).write_parquet(warehouse)


def answer_by_hand_in_pandas(raw: Path, warehouse: Path) -> None:
    """Writes the days and the adoption dates as Parquet; vectorised, which is kinder to pandas than a loop over users."""
    import pandas as pd

    logins = pd.read_parquet(raw / "user_engagement.parquet", columns=["user_id", "time_stamp"])
    logins["date_day"] = logins.pop("time_stamp").dt.floor("D")
    days = logins.groupby(["user_id", "date_day"], sort=True).size().rename("logins").reset_index()
    earlier = days.groupby("user_id")["date_day"].shift(2)
    first_day = days["date_day"].min()

    def first_where(condition: "pd.Series") -> "pd.Series":
        return days.loc[condition].groupby("user_id")["date_day"].min()

    def monday(dates: "pd.Series") -> "pd.Series":
        return dates - pd.to_timedelta(dates.dt.day_of_week, unit="D")

    by_user = days.groupby("user_id")["date_day"]
    adoption = pd.DataFrame({"active_days": by_user.size(), "first_active_on": by_user.min(), "last_active_on": by_user.max()}).assign(
        adopted_on=first_where((days["date_day"] - earlier).dt.days < 7),
        fixed_window_adopted_on=first_where((days["date_day"] - first_day).dt.days // 7 == (earlier - first_day).dt.days // 7),
        iso_week_adopted_on=first_where(monday(days["date_day"]) == monday(earlier)),
    )
    days.to_parquet(warehouse.with_suffix(".days"))
    accounts = pd.read_parquet(raw / "users.parquet").rename(columns={"object_id": "user_id"})
    accounts.merge(adoption.reset_index(), on="user_id", how="outer").to_parquet(warehouse)


def answer_as_published_in_pandas(raw: Path, warehouse: Path) -> None:
    """Writes who adopted in consecutive windows, the one reading of the published analyses, by pandas' time grouper."""
    import pandas as pd

    logins = pd.read_parquet(raw / "user_engagement.parquet")
    logins["date_day"] = logins["time_stamp"].dt.floor("D")
    days = logins.drop_duplicates(["user_id", "date_day"])
    windows = days.groupby(["user_id", pd.Grouper(key="date_day", freq="7D", origin=days["date_day"].min())])["visited"].sum()
    is_adopted = (windows >= 3).groupby("user_id").any()
    is_adopted.rename("is_adopted").reset_index().to_parquet(warehouse)


BY_HAND = {
    "DuckDB": answer_by_hand_in_duckdb,
    "Polars": answer_by_hand_in_polars,
    "pandas": answer_by_hand_in_pandas,
    "pandas, as published": answer_as_published_in_pandas,
}


def run(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Runs a process; returns its wall seconds and its peak memory in GB."""
    started = time.perf_counter()
    process = subprocess.Popen(command, env=os.environ | environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"failed: {' '.join(command)}")
    return time.perf_counter() - started, usage.ru_maxrss / 2**20


def run_dbt(raw: Path, warehouse: Path, target: Path, select: Sequence[str] = ("+user_adoption",)) -> tuple[float, float, float]:
    """Builds models and all above them; returns the models' seconds, the start-up's and the peak memory in GB."""
    seconds, memory = run(
        [str(Path(sys.executable).with_name("dbt")), "--quiet", "build", "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT),
         "--vars", '{"raw_sources": ["product"]}',
         "--select", *select, "--exclude-resource-type", "test", "unit_test", "--threads", "1", "--target-path", str(target)],
        {"RAW_DATA_DIR": str(raw), "RAW_FORMAT": "parquet", "WAREHOUSE_PATH": str(warehouse)},
    )  # fmt: skip
    results = json.loads((target / "run_results.json").read_text())["results"]
    in_models = sum(result["execution_time"] for result in results)
    return in_models, seconds - in_models, memory


def adopters(answer: Path, others: tuple[int, ...] | None = None) -> tuple[int, ...]:
    """Counts the users and those adopted by each reading, and sums the adoption dates; what a tool did not ask is taken from `others`."""
    if others:
        (count,) = duckdb.execute(f"select count(*) from '{answer}' where is_adopted").fetchone() or (0,)
        return (*others[:3], count, *others[4:])
    columns = "adopted_on, fixed_window_adopted_on, iso_week_adopted_on"
    if answer.suffix == ".duckdb":
        connection = duckdb.connect(str(answer), read_only=True)
        relation = f"(select user_id, {columns} from marts.user_adoption)"
    else:
        connection = duckdb.connect()
        relation = f"'{answer}'"
    figures = ", ".join(
        f"count({column}), sum(date_diff('day', date '2020-01-01', cast({column} as date)))" for column in columns.split(", ")
    )
    row = connection.execute(f"select count(*), {figures} from {relation}").fetchone()
    assert row is not None
    return tuple(int(value) for value in row)


def main() -> None:
    """Generates, times, checks and prints."""
    parser = argparse.ArgumentParser(description="Time user_adoption against the same question by hand.")
    parser.add_argument("--logins", type=int, default=20_000_000)
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--answer", nargs=3, help=argparse.SUPPRESS)  # one answer by hand, in this process
    options = parser.parse_args()
    if options.answer:
        tool, raw, warehouse = options.answer
        BY_HAND[tool](Path(raw), Path(warehouse))
        return

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        print(f"{options.logins:,} logins of {options.users:,} users, {THREADS} threads, {options.repeats} repeats")
        generate(folder / "raw", options.logins, options.users)
        add_a_day(folder / "raw", folder / "one_day_more", options.users)
        seconds: dict[str, list[float]] = {}
        memory: dict[str, float] = {}
        startup: list[float] = []

        def note(tool: str, took: float, gigabytes: float) -> None:
            seconds.setdefault(tool, []).append(took)
            memory[tool] = max(memory.get(tool, 0.0), gigabytes)
            print(f"  {tool:<30}{took:8.2f} s {gigabytes:6.2f} GB", flush=True)

        for repeat in range(options.repeats):
            warehouse = folder / f"project_{repeat}.duckdb"
            took, before, gigabytes = run_dbt(folder / "raw", warehouse, folder / "target")
            note("project", took, gigabytes)
            startup.append(before)
            answers = {"project": adopters(warehouse)}
            for tool in BY_HAND:
                answer = folder / f"{tool}_{repeat}{'.duckdb' if tool == 'DuckDB' else '.parquet'}"
                arguments = [sys.executable, __file__, "--answer", tool, str(folder / "raw"), str(answer)]
                wall, gigabytes = run(arguments, {"POLARS_MAX_THREADS": str(THREADS)})
                note(f"{tool} by hand", wall, gigabytes)
                answers[tool] = adopters(answer, answers["project"]) if "published" in tool else adopters(answer)
                answer.unlink()
            if len(set(answers.values())) > 1:
                raise SystemExit(f"the answers differ: {answers}")
            took, before, gigabytes = run_dbt(folder / "one_day_more", warehouse, folder / "target")
            note("project, one day more", took, gigabytes)
            took, before, gigabytes = run_dbt(folder / "one_day_more", warehouse, folder / "target")
            note("project, nothing new", took, gigabytes)
            warehouse.unlink()

        median = {tool: statistics.median(values) for tool, values in seconds.items()}
        print(f"\nmedians; dbt's start-up, not in them: {statistics.median(startup):.1f} s")
        for tool, took in median.items():
            print(f"{tool:<30}{took:8.2f} s {memory[tool]:6.2f} GB   project / it: {median['project'] / took:5.2f}")
        print(f"one day more / full: {median['project, one day more'] / median['project']:.2f}")
        print(f"adopted by the three readings: {answers['project'][1::2]} of {answers['project'][0]:,} users, by every tool")


if __name__ == "__main__":
    main()
