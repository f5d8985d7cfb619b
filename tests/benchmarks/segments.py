"""Times the search for the number of segments against the usual one by hand, and segments of millions of users.

    python -m tests.benchmarks.segments [--users 5000000] [--search-users 50000] [--repeats 3]

Draws users of four archetypes as the sample data do. Asks of each number of segments inertia and silhouette, as the project does of the
sample on which its verdict rests, and as it is done by hand, with scikit-learn and all users. Then builds the marts of segments from usage
in Parquet (dbt), once of few and once of many users, and after that only the Python models of both, in turn. Prints seconds, ratios and
peak memory. dbt's seconds are those of the models.
"""

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score
from threadpoolctl import threadpool_limits

from python_models.methods.cluster_counts import STARTS, count_table
from python_models.methods.cluster_silhouettes import silhouettes
from python_models.methods.segment_kmeans import feature_matrix, fitted
from sample_data.common import CALENDAR_DAYS
from sample_data.telemetry import ARCHETYPES, BEHAVIOURS, OUTLIER_FIGURES, USAGE_COLUMNS, usage
from tests.benchmarks.adoption import PROJECT, THREADS, run
from tests.benchmarks.adoption_model import timed

Array = NDArray[np.float64]

FIRST, LAST = 2, 9
NUMBERS = range(FIRST, LAST + 1)
# what dbt_project.yml says of the search
SEED, VERDICT_USERS, CAP_QUARTILE_RANGES = 1, 2000, 1.5
FEATURES = [*BEHAVIOURS, "account_age_days"]

FILES = "app_usage_*.parquet"
USERS_PER_FILE = 250_000
SETTINGS = {
    "raw_sources": ["telemetry"],
    "inputs": {"app_usage": {"from": FILES}},
    "segment_k_range": [FIRST, LAST],
}
MARTS = [
    "user_segments",
    "segments",
    "segment_features",
    "segment_k_scores",
    "segment_profiles",
    "segment_attributes",
    "segment_attribute_tests",
    "segment_kpis",
]
# the Python models that see the sample of users; the other two see counts
FITS = ["int_segment_counts_fitted", "int_segments_fitted", "int_segment_axes_fitted", "int_segment_users_fitted"]
SLOWEST = 20
# few users are one in so many; from 500,000 users on either build fits on a full sample
FEWER = 25


def draw(users: int, seed: int, first_id: int = 1) -> pd.DataFrame:
    """Returns the usage of users of equally frequent personas, in the raw columns."""
    generator = np.random.default_rng(seed)
    people = pd.DataFrame(
        {
            "user_id": np.arange(first_id, first_id + users),
            "persona": generator.choice(np.array(ARCHETYPES, dtype=object), users),
            "sign_up_day": generator.integers(0, CALENDAR_DAYS, users),
        }
    )
    return usage(people, seed)[list(USAGE_COLUMNS)]


def prepared(drawn: pd.DataFrame) -> pd.DataFrame:
    """Returns place and features as the project's SQL prepares them: the median for missing values, caps, standardised."""
    features = drawn[FEATURES].astype(np.float64)
    features = features.fillna(features.median())
    capped = features[list(OUTLIER_FIGURES)]
    lower, upper = capped.quantile(0.25), capped.quantile(0.75)
    reach = CAP_QUARTILE_RANGES * (upper - lower)
    features[capped.columns] = capped.clip(lower - reach, upper + reach, axis=1)
    standardised = (features - features.mean()) / features.std(ddof=0)
    return standardised.assign(place=np.arange(1, len(standardised) + 1))


def searched(matrix: Array) -> tuple[list[float], list[float]]:
    """Inertia and silhouette of each number of segments, by the project's methods."""
    fits = [fitted(matrix, number, starts=STARTS, seed=SEED) for number in NUMBERS]
    return [fit.inertia for fit in fits], silhouettes(matrix, [fit.labels for fit in fits]).tolist()


def searched_by_hand(matrix: Array) -> tuple[list[float], list[float]]:
    """The same with scikit-learn, one number after the other."""
    inertia, silhouette = [], []
    for number in NUMBERS:
        model = KMeans(number, n_init=STARTS, random_state=SEED).fit(matrix)
        inertia.append(model.inertia_)
        silhouette.append(silhouette_score(matrix, model.labels_))
    return inertia, silhouette


def compare_searches(users: int, repeats: int) -> None:
    """Searches both ways in one thread; by hand also among the users of the project's sample, to tell the method from the sampling."""
    frame = prepared(draw(users, SEED))
    everybody = feature_matrix(frame, FEATURES)
    sample = everybody[:VERDICT_USERS]
    seconds: dict[str, list[float]] = {"project": [], "by hand": [], "count_table": []}
    with threadpool_limits(1):
        for _ in range(repeats):
            took, (inertia, silhouette) = timed(lambda: searched(sample), 1)
            seconds["project"].append(took)
            took, (inertia_by_hand, silhouette_by_hand) = timed(lambda: searched_by_hand(sample), 1)
            seconds["by hand"].append(took)
            took, table = timed(lambda: count_table(frame, FEATURES, k_range=(FIRST, LAST), seed=SEED, verdict_users=VERDICT_USERS), 1)
            seconds["count_table"].append(took)
        with_everybody, (_, silhouette_of_all) = timed(lambda: searched_by_hand(everybody), 1)
    of_numbers = table.set_index("k").loc[list(NUMBERS)]
    np.testing.assert_allclose(inertia, inertia_by_hand, rtol=1e-9)
    for other in (silhouette_by_hand, of_numbers["silhouette"]):
        np.testing.assert_allclose(silhouette, other, rtol=1e-9)

    ours, on_sample, whole = (statistics.median(seconds[way]) for way in ("project", "by hand", "count_table"))
    print(f"\nInertia and silhouette of {FIRST} to {LAST} segments, {len(FEATURES)} features, {STARTS} starts each, one thread")
    for way, took in {
        f"by hand, all {users:,} users (once)": with_everybody,
        f"by hand, {len(sample):,} users": on_sample,
        f"project, {len(sample):,} users": ours,
    }.items():
        print(f"  {way:<40}{took:9.2f} s{took / ours:9.1f} times the project's")
    print(f"  {'project, all of count_table':<40}{whole:9.2f} s   gap, references, valleys and stability: {whole - ours:.2f} s")
    print(f"  by hand with all users / all of count_table: {with_everybody / whole:.1f}")
    print(f"\n  {'k':<36}" + "".join(f"{number:>8}" for number in NUMBERS))
    for way, values in {
        "silhouette, all users": silhouette_of_all,
        "silhouette, sample": silhouette,
        "excess over data without groups": of_numbers["excess"],
    }.items():
        print(f"  {way:<36}" + "".join(f"{value:8.3f}" for value in values))
    said = table.iloc[0]
    selected = table.loc[table["is_selected"], "k"].iloc[0]
    largest, largest_on_sample = (NUMBERS[int(np.argmax(values))] for values in (silhouette_of_all, silhouette))
    print(f"  planted {len(ARCHETYPES)}; verdict {said['verdict']}, k = {selected} (gap: {said['gap_k']}, excess: {said['best_k']})")
    print(f"  largest silhouette by hand: k = {largest} among all users, {largest_on_sample} in the sample", flush=True)


def generate(folder: Path, users: int) -> None:
    """Writes the usage of users as several Parquet files."""
    folder.mkdir(parents=True)
    for place, start in enumerate(range(0, users, USERS_PER_FILE)):
        drawn = draw(min(USERS_PER_FILE, users - start), place, start + 1)
        duckdb.from_df(drawn).write_parquet(str(folder / FILES.replace("*", f"{place:04}")))


def build(folder: Path, command: str, models: Sequence[str]) -> tuple[dict[str, float], float, float]:
    """Builds or runs models; returns the seconds of each, those of dbt's start-up, and the peak memory in GB."""
    target = folder / "target"
    took, memory = run(
        [str(Path(sys.executable).with_name("dbt")), "--quiet", command, "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT),
         "--select", *models, *(["--exclude-resource-type", "test", "unit_test"] if command == "build" else []), "--threads", "1",
         "--target-path", str(target), "--vars", json.dumps(SETTINGS)],
        {"RAW_DATA_DIR": str(folder / "raw"), "RAW_FORMAT": "parquet", "WAREHOUSE_PATH": str(folder / "warehouse.duckdb")},
    )  # fmt: skip
    results = json.loads((target / "run_results.json").read_text())["results"]
    seconds = {result["unique_id"].split(".")[2]: result["execution_time"] for result in results}
    return seconds, took - sum(seconds.values()), memory


def check(folder: Path, users: int) -> str:
    """Returns what the marts say in a line; every user that was drawn must be there, assigned and projected."""
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        query = "select count(*), count(segment_id), count(pca_1), count(top_reason_1) from marts.user_segments"
        counts = connection.execute(query).fetchone()
        if counts is None or counts[:3] != (users, users, users):
            raise SystemExit(f"{users:,} users, but listed, assigned and projected: {counts}")
        shares = connection.sql("select segment_name, round(100 * share) from marts.segments order by segment_id").fetchall()
    return f"{counts[3] / users:.1%} have a reason; " + ", ".join(f"{name} {share:.0f} %" for name, share in shares)


def compare_builds(few: int, many: int, repeats: int) -> None:
    """Builds both and prints their models, then repeats those in Python; the builds are the first pair."""
    with tempfile.TemporaryDirectory() as temporary:
        folders = {users: Path(temporary) / str(users) for users in (few, many)}
        built: dict[int, tuple[dict[str, float], float, float]] = {}
        for users, folder in folders.items():
            generate(folder / "raw", users)
            built[users] = build(folder, "build", [f"+{model}" for model in (*MARTS, *FITS)])
            print(f"\n{users:,} users: {check(folder, users)}", flush=True)
        print_models(built)
        fits: dict[int, list[dict[str, float]]] = {users: [built[users][0]] for users in folders}
        for _ in range(repeats - 1):
            for users, folder in folders.items():
                fits[users].append(build(folder, "run", FITS)[0])
    median = {users: {model: statistics.median(seconds[model] for seconds in fits[users]) for model in FITS} for users in folders}
    print(f"\n{'Python models that fit, medians':<44}{f'{few:,} users':>18}{f'{many:,} users':>18}")
    for model in FITS:
        print(f"  {model:<42}{median[few][model]:16.2f} s{median[many][model]:16.2f} s")
    totals = {users: [sum(seconds[model] for model in FITS) for seconds in fits[users]] for users in folders}
    middle = {users: statistics.median(seconds) for users, seconds in totals.items()}
    ratio = statistics.median(of_many / of_few for of_few, of_many in zip(totals[few], totals[many], strict=True))
    print(f"  {'all of them':<42}{middle[few]:16.2f} s{middle[many]:16.2f} s   ratio within pairs: {ratio:.2f}", flush=True)


def print_models(built: dict[int, tuple[dict[str, float], float, float]]) -> None:
    """Prints the seconds of the models that take longest among many users, and those of all."""
    (few, (of_few, start_few, memory_few)), (many, (of_many, start_many, memory_many)) = built.items()
    slowest = sorted(of_many, key=lambda model: -of_many[model])[:SLOWEST]
    print(f"\n{'Models that take longest':<44}{f'{few:,} users':>18}{f'{many:,} users':>18}")
    for model in slowest:
        print(f"  {model:<42}{of_few[model]:16.2f} s{of_many[model]:16.2f} s")
    in_sql = {users: sum(seconds for model, seconds in built[users][0].items() if model not in FITS) for users in built}
    print(f"  {'all of them':<42}{sum(of_few.values()):16.2f} s{sum(of_many.values()):16.2f} s")
    print(f"  {'all but the fits in Python':<42}{in_sql[few]:16.2f} s{in_sql[many]:16.2f} s   {many / in_sql[many]:,.0f} users a second")
    print(f"  {'start-up of dbt, not in them':<42}{start_few:16.2f} s{start_many:16.2f} s")
    print(f"  {'peak memory of the process':<42}{memory_few:15.2f} GB{memory_many:15.2f} GB", flush=True)


def main() -> None:
    """Draws, times, checks and prints."""
    parser = argparse.ArgumentParser(description="Time the search for the number of segments, and segments of many users.")
    parser.add_argument("--users", type=int, default=5_000_000)
    parser.add_argument("--search-users", type=int, default=50_000)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    print(f"{THREADS} threads, medians of {options.repeats} repeats; builds and the search by hand with all users once", flush=True)
    compare_searches(options.search_users, options.repeats)
    compare_builds(options.users // FEWER, options.users, options.repeats)


if __name__ == "__main__":
    main()
