"""Times the marts of plays and of retention against the same figures by hand in pandas.

Generates plays as Parquet, then asks for plays, track features, skip rates and retention (cohorts, lifecycle, daily activity) with the
project (dbt) and with pandas, each in a process of its own, in turn, on the same file. Checks that both give the same figures, prints
seconds, the ratio and peak memory.

    python -m tests.benchmarks.plays [--plays 20000000] [--users 500000] [--repeats 1]

dbt's seconds are those of the models; its start-up (import, parse, compile) is stated apart.
"""

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

import duckdb

from tests.benchmarks.adoption import PROJECT, THREADS, run

FIRST_DAY, DAYS = "2025-01-01", 365
TRACKS = 100_000
SETTINGS = {"raw_sources": ["streaming"]}
MARTS = [
    "plays/plays",
    "plays/track_features",
    "plays/listener_features",
    "plays/skip_rates",
    "plays/weekly_listening",
    "retention/retention_cohorts",
    "retention/weekly_lifecycle",
    "retention/daily_activity",
]


def generate(folder: Path, plays: int, users: int) -> None:
    """Writes plays.parquet: a few users play most, few tracks are played most, plays come by time."""
    folder.mkdir()
    uniform = "((hash(number * 8 + {salt}) >> 11) / 9007199254740992.0)"
    user, track, length, skip, kind = (uniform.format(salt=salt) for salt in range(5))
    duckdb.connect(config={"threads": THREADS}).execute(f"""
        copy (
            with drawn as (
                select
                    number,
                    cast(1 + floor({users} * pow({user}, 1.7)) as bigint) as user_id,
                    cast(floor({TRACKS} * pow({track}, 3)) as bigint) as track,
                    {skip} < 0.4 as is_skipped,
                    {kind} as kind,
                    {length} as share
                from range({plays}) as numbers(number)
            )
            select
                user_id,
                'track' || lpad(track::varchar, 17, '0') as spotify_track_uri,
                timestamp '{FIRST_DAY}' + to_milliseconds(cast(floor({DAYS} * 86400000.0 * sqrt(number / {plays})) as bigint)) as ts,
                cast(case when is_skipped then share * 60000 else 120000 + track * 2 end as bigint) as ms_played,
                case when kind < 0.5 then 'android' when kind < 0.9 then 'iOS 17.2' else 'Windows 10' end as platform,
                'Track ' || track as track_name,
                'Artist ' || track % 5000 as artist_name,
                case when kind < 0.6 then 'trackdone' when kind < 0.9 then 'fwdbtn' else 'clickrow' end as reason_start,
                case when is_skipped then 'fwdbtn' else 'trackdone' end as reason_end,
                kind < 0.7 as shuffle,
                is_skipped as skipped
            from drawn
        ) to '{folder}/plays.parquet'
    """)


def answer_in_pandas(raw: Path, answer: Path) -> None:
    """Computes what the marts hold, without intervals, and writes the figures that are compared."""
    import pandas as pd

    plays = pd.read_parquet(raw / "plays.parquet").drop_duplicates()
    plays["started_at"] = plays["ts"] - pd.to_timedelta(plays["ms_played"], unit="ms")
    plays["seconds_played"] = plays["ms_played"] / 1000
    completed = plays[plays["reason_end"] == "trackdone"].groupby("spotify_track_uri")["seconds_played"].median()
    plays["track_length"] = plays["spotify_track_uri"].map(completed)
    plays["percent_played"] = (100 * plays["seconds_played"] / plays["track_length"]).clip(upper=100)
    plays["hour_of_day"] = plays["started_at"].dt.hour
    plays["date_day"] = plays["started_at"].dt.floor("D")
    plays["day_of_week"] = plays["started_at"].dt.day_of_week + 1
    plays["platform"] = plays["platform"].str.lower().str.split(" ").str[0]
    plays["length_group"] = pd.cut(plays["track_length"], [0, 120, 180, 240, 300, 86_400], right=False)

    tracks = plays.groupby("spotify_track_uri").agg(
        play_count=("ts", "size"),
        listeners=("user_id", "nunique"),
        seconds=("seconds_played", "mean"),
        skip_rate=("skipped", "mean"),
        percent=("percent_played", "mean"),
        shuffle_rate=("shuffle", "mean"),
    )
    listeners = plays.groupby("user_id").agg(
        plays=("ts", "size"), tracks=("spotify_track_uri", "nunique"), skip_rate=("skipped", "mean"), seconds=("seconds_played", "sum")
    )
    attributes = ["platform", "reason_start", "hour_of_day", "shuffle", "length_group"]
    skip_rates = {name: plays.groupby(name, observed=True)["skipped"].agg(["size", "mean"]) for name in attributes}
    plays["date_week"] = plays["date_day"] - pd.to_timedelta(plays["date_day"].dt.day_of_week, unit="D")
    weekly = plays.groupby("date_week").agg(
        plays=("ts", "size"), listeners=("user_id", "nunique"), tracks=("spotify_track_uri", "nunique"), artists=("artist_name", "nunique")
    )

    days = plays[["user_id", "date_day"]].drop_duplicates().sort_values(["user_id", "date_day"])
    following = days.groupby("user_id")["date_day"].shift(-1)
    active = days["date_day"].value_counts().sort_index()
    calendar = pd.date_range(active.index[0], active.index[-1])
    daily = pd.DataFrame({"active_users": active.reindex(calendar, fill_value=0)})
    for name, length in (("wau", 7), ("mau", 28)):
        ends = (days["date_day"] + pd.Timedelta(days=length)).where(
            following.isna() | (following > days["date_day"] + pd.Timedelta(days=length)), following
        )
        change = days["date_day"].value_counts().reindex(calendar, fill_value=0) - ends.value_counts().reindex(calendar, fill_value=0)
        daily[name] = change.cumsum()

    days["date_week"] = days["date_day"] - pd.to_timedelta(days["date_day"].dt.day_of_week, unit="D")
    weeks = days[["user_id", "date_week"]].drop_duplicates()
    earlier = weeks.groupby("user_id")["date_week"].shift()
    first_week = weeks.groupby("user_id")["date_week"].transform("min")
    status = pd.Series("resurrected", index=weeks.index)
    status[earlier == weeks["date_week"] - pd.Timedelta(days=7)] = "retained"
    status[earlier.isna()] = "new"
    lifecycle = weeks.groupby(["date_week", status]).size()
    cohorts = weeks.groupby([first_week, (weeks["date_week"] - first_week).dt.days // 7]).size()
    months = days["date_day"].dt.to_period("M")
    by_month = pd.DataFrame({"user_id": days["user_id"], "month": months}).drop_duplicates()
    first_month = by_month.groupby("user_id")["month"].transform("min")
    monthly = by_month.groupby([first_month, "month"]).size()

    figures = {
        "plays": len(plays),
        "listeners": len(listeners),
        "percent_played": round(plays["percent_played"].mean(), 6),
        "tracks": len(tracks),
        "track_listeners": int(tracks["listeners"].sum()),
        "track_skip_rates": round(float(tracks["skip_rate"].sum()), 4),
        "hour_skips": [int(count) for count in skip_rates["hour_of_day"]["size"]],
        "weekly_tracks": int(weekly["tracks"].sum()),
        "dau": int(daily["active_users"].sum()),
        "wau": int(daily["wau"].sum()),
        "mau": int(daily["mau"].sum()),
        "resurrected": int(lifecycle.xs("resurrected", level=1).sum()),
        "cohort_weeks": int(cohorts.sum()),
        "cohort_months": int(monthly.sum()),
    }
    answer.write_text(json.dumps(figures))


def answer_of_project(warehouse: Path) -> dict[str, object]:
    """Returns the figures that are compared, from the marts."""
    connection = duckdb.connect(str(warehouse), read_only=True)

    def value(sql: str) -> object:
        row = connection.execute(f"select {sql}").fetchone()
        assert row is not None
        return row[0]

    cohorts = "from marts.retention_cohorts where measure = 'on' and attribute = '(all)' and cohort_grain ="
    return {
        "plays": value("count(*) from marts.plays"),
        "listeners": value("count(*) from marts.listener_features"),
        "percent_played": value("round(avg(percent_played), 6) from marts.plays"),
        "tracks": value("count(*) from marts.track_features"),
        "track_listeners": int(str(value("sum(listeners) from marts.track_features"))),
        "track_skip_rates": value("round(sum(skip_rate), 4) from marts.track_features"),
        "hour_skips": value("list(plays order by level_order) from marts.skip_rates where attribute = 'hour_of_day'"),
        "weekly_tracks": int(str(value("sum(tracks) from marts.weekly_listening"))),
        "dau": int(str(value("sum(active_users) from marts.daily_activity"))),
        "wau": int(str(value("sum(wau) from marts.daily_activity"))),
        "mau": int(str(value("sum(mau) from marts.daily_activity"))),
        "resurrected": int(str(value("sum(resurrected_users) from marts.weekly_lifecycle"))),
        "cohort_weeks": int(str(value(f"sum(active_users) {cohorts} 'week'"))),
        "cohort_months": int(str(value(f"sum(active_users) {cohorts} 'month'"))),
    }


def build(raw: Path, warehouse: Path, target: Path) -> tuple[float, float, float, dict[str, float]]:
    """Builds the marts and all above them; returns the models' seconds, the start-up's, the peak memory in GB and the slowest models."""
    seconds, memory = run(
        [str(Path(sys.executable).with_name("dbt")), "--quiet", "build", "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT),
         "--select", *(f"+path:models/marts/{mart}.sql" for mart in MARTS),
         "--exclude-resource-type", "test", "unit_test", "--threads", "1",
         "--target-path", str(target), "--vars", json.dumps(SETTINGS)],
        {"RAW_DATA_DIR": str(raw), "RAW_FORMAT": "parquet", "WAREHOUSE_PATH": str(warehouse), "SLURM_CPUS_ON_NODE": str(THREADS)},
    )  # fmt: skip
    results = json.loads((target / "run_results.json").read_text())["results"]
    models = {result["unique_id"].split(".")[-1]: result["execution_time"] for result in results}
    in_models = sum(models.values())
    return in_models, seconds - in_models, memory, dict(sorted(models.items(), key=lambda item: -item[1])[:8])


def main() -> None:
    """Generates, times, checks and prints."""
    parser = argparse.ArgumentParser(description="Time the marts of plays and retention against pandas.")
    parser.add_argument("--plays", type=int, default=20_000_000)
    parser.add_argument("--users", type=int, default=500_000)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--answer", nargs=2, help=argparse.SUPPRESS)  # that of pandas, in this process
    options = parser.parse_args()
    if options.answer:
        answer_in_pandas(*map(Path, options.answer))
        return

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        print(f"{options.plays:,} plays of {options.users:,} users, {THREADS} threads, {options.repeats} repeats", flush=True)
        generate(folder / "raw", options.plays, options.users)
        ratios = []
        for repeat in range(options.repeats):
            warehouse = folder / f"{repeat}.duckdb"
            took, before, gigabytes, slowest = build(folder / "raw", warehouse, folder / "target")
            print(f"  project{took:10.1f} s {gigabytes:6.2f} GB   (dbt's start-up, not in it: {before:.1f} s)", flush=True)
            print("  " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in slowest.items()), flush=True)
            answer = folder / "answer.json"
            by_hand, gigabytes = run(
                [sys.executable, "-m", "tests.benchmarks.plays", "--answer", str(folder / "raw"), str(answer)], {"PYTHONPATH": str(PROJECT)}
            )
            print(f"  pandas {by_hand:10.1f} s {gigabytes:6.2f} GB", flush=True)
            ratios.append(by_hand / took)
            figures, others = answer_of_project(warehouse), json.loads(answer.read_text())
            if figures != others:
                raise SystemExit(f"the answers differ: {figures}, {others}")
            warehouse.unlink()
        print(f"pandas / project: {statistics.median(ratios):.2f}; plays, tracks, rates, days, weeks and cohorts are the same")


if __name__ == "__main__":
    main()
