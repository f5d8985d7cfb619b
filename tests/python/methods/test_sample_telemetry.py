"""The usage in the sample data holds the archetypes and the other truths that its README states."""

import re
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency
from sklearn.cluster import KMeans
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import adjusted_rand_score
from threadpoolctl import threadpool_limits

from sample_data.generate import DIRTY_ROWS, SEED, USAGE_TRUTH, USERS, population
from sample_data.people import AGES, profiles
from sample_data.population import PERSONA_SHARES_ADOPTED, PERSONA_SHARES_OTHERS
from sample_data.telemetry import (
    ARCHETYPES,
    BEHAVIOURS,
    OUTLIER_FIGURES,
    PLAIN_ATTRIBUTES,
    SUBSCRIPTION_SHARES,
    SUBSCRIPTIONS,
    USAGE_COLUMNS,
    archetypes,
    telemetry_lines,
    telemetry_tables,
    usage,
)

FOLDER = Path(__file__).parents[3] / "sample_data"
DRAWS = [(SEED, USERS), (11, 1_200), (4, 100)]
FULL_DRAWS = [(seed, USERS) for seed in range(1, 6)]
MANY = 100_000
FIGURES = (*BEHAVIOURS, "account_age_days")
WHOLE = {"age", "account_age_days", *(figure for figure, behaviour in BEHAVIOURS.items() if behaviour.decimals == 0)}


@cache
def people(seed: int, n_users: int) -> pd.DataFrame:
    """One population."""
    return population(seed, n_users)


@cache
def written(seed: int, n_users: int) -> list[list[str]]:
    """The fields of the raw lines, header first."""
    users = people(seed, n_users)
    accounts = users[["user_id"]].rename(columns={"user_id": "object_id"})
    lines = telemetry_lines(telemetry_tables(users, seed) | {"users": accounts}, seed)["app_usage"]
    return [line.split(",") for line in lines]


@cache
def read(seed: int, n_users: int) -> pd.DataFrame:
    """The usage of each account that a careful reader finds in the raw lines, and the archetype; by user_id.

    A row holds if it is complete and all its figures are finite and not negative; a user of whom two rows say different
    things has none.
    """
    header, *rows = written(seed, n_users)
    frame = pd.DataFrame([row for row in rows if len(row) == len(header)], columns=header)
    figures = frame[list(FIGURES)].replace("", "0").apply(pd.to_numeric, errors="coerce")
    holding = frame[(figures.ge(0) & figures.lt(np.inf)).all(axis=1) & (frame["user_id"] != "")].drop_duplicates()
    holding = holding[~holding["user_id"].duplicated(keep=False)]
    typed = holding.assign(**{name: pd.to_numeric(holding[name]) for name in ("user_id", "age", *FIGURES)})
    users = people(seed, n_users)
    archetype = archetypes(users, seed).set_axis(users["user_id"]).rename("archetype")
    return typed.set_index("user_id").sort_index().join(archetype, how="inner")


def shares_by_adoption(is_adopter: bool) -> dict[str, float]:
    """The shares of the archetypes that follow from those of the personas."""
    casual, power, at_risk, explorer = PERSONA_SHARES_ADOPTED if is_adopter else PERSONA_SHARES_OTHERS
    moved = USAGE_TRUTH.casual_as_power * casual
    return dict(zip(ARCHETYPES, (casual - moved, power + moved, at_risk, explorer), strict=True))


@cache
def invented(seed: int) -> pd.DataFrame:
    """The usage of very many users with personas in the shares of those who do not adopt, and the persona."""
    rng = np.random.default_rng(seed)
    users = pd.DataFrame(
        {
            "user_id": np.arange(1, MANY + 1),
            "persona": rng.choice(np.array(ARCHETYPES, dtype=object), MANY, p=PERSONA_SHARES_OTHERS),
            "sign_up_day": rng.integers(0, 365, MANY),
        }
    )
    return usage(users, seed).assign(persona=users["persona"])


def prepared(rows: pd.DataFrame, is_capped: bool = True) -> pd.DataFrame:
    """The figures as segments take them: median for a missing rating, caps where outliers may be, standardised."""
    figures = rows[list(FIGURES)].astype(float)
    figures = figures.fillna(figures.median())
    if is_capped:
        low, high = (figures[list(OUTLIER_FIGURES)].quantile(share) for share in (0.25, 0.75))
        reach = (1.5 * (high - low)).replace(0.0, np.inf)
        figures[list(OUTLIER_FIGURES)] = figures[list(OUTLIER_FIGURES)].clip(low - reach, high + reach, axis=1)
    return (figures - figures.mean()) / figures.std(ddof=0)


def four_segments(figures: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    """The best of 50 fits of four segments."""
    with threadpool_limits(1):
        segments: np.ndarray[tuple[int], np.dtype[np.int32]] = KMeans(4, n_init=50, random_state=0).fit_predict(figures)
    return segments


@pytest.mark.parametrize(("seed", "n_users"), DRAWS)
def test_usage_realises_the_draw(seed: int, n_users: int) -> None:
    """Read from the raw lines: what is stated of a user is what was drawn, and only the contradicted user is lost."""
    stated = read(seed, n_users)
    drawn = usage(people(seed, n_users), seed).set_index("user_id")
    expected = drawn.loc[stated.index, list(USAGE_COLUMNS[1:])]
    pd.testing.assert_frame_equal(stated[list(USAGE_COLUMNS[1:])], expected.astype(stated[list(USAGE_COLUMNS[1:])].dtypes))
    assert written(seed, n_users)[0] == list(USAGE_COLUMNS)
    left_out = set(drawn.index[~drawn["has_usage"]])
    assert len(left_out) == max(round(USAGE_TRUTH.no_usage_share * n_users), 3)
    without = set(drawn.index) - set(stated.index)
    assert left_out < without
    assert len(without - left_out) == DIRTY_ROWS["app_usage"]["contradicting_row"]


@pytest.mark.parametrize(("seed", "n_users"), DRAWS)
def test_wrong_numbers_are_of_users_without_another_row(seed: int, n_users: int) -> None:
    """So their rejection leaves three users without usage, and contradicts nobody's."""
    rows = [row for row in written(seed, n_users)[1:] if set(row) & {"many", "inf", "-3"}]
    ids = [row[0] for row in rows]
    assert len(set(ids)) == 3
    assert [row[0] for row in written(seed, n_users) if row[0] in ids] == ids
    assert {int(user_id) for user_id in ids} <= set(range(1, n_users + 1))


def test_columns_keep_their_kinds() -> None:
    """Counts and ratings are whole, scores in their ranges, minutes and scores have two decimals at most, levels are the stated ones."""
    drawn = invented(SEED)
    assert drawn[list(FIGURES)].ge(0).all(axis=None)
    for figure, behaviour in BEHAVIOURS.items():
        values = drawn[figure].dropna().astype(float)
        assert values.between(behaviour.lowest, behaviour.highest).all(), figure
        assert np.array_equal(values, values.round(behaviour.decimals)), figure
        assert values.nunique() >= (5 if figure == "rating_given" else 9), figure
    assert set(drawn["rating_given"].dropna()) == {1, 2, 3, 4, 5}
    assert drawn["age"].between(*AGES).all()
    for attribute, shares in PLAIN_ATTRIBUTES.items():
        assert set(drawn[attribute]) == set(shares), attribute
    assert set(drawn["subscription_type"]) == set(SUBSCRIPTIONS)
    rows = [zip(USAGE_COLUMNS, row, strict=False) for row in written(SEED, USERS)[1:]]
    assert {field for row in rows for name, field in row if name in WHOLE and not field.isdigit()} == {"many", "-3", ""}


@pytest.mark.parametrize(("seed", "n_users"), DRAWS)
def test_usage_agrees_with_the_account(seed: int, n_users: int) -> None:
    """The account's age counts from the sign-up to the year's end, no login lies before it, and the person is the same."""
    users = people(seed, n_users).set_index("user_id")
    stated = read(seed, n_users)
    age = (pd.Timestamp("2025-12-31") - users["created_at"].dt.normalize()).dt.days
    assert (stated["account_age_days"] == age.loc[stated.index]).all()
    assert (stated["days_since_last_login"] <= stated["account_age_days"]).all()
    same = profiles(users.reset_index(), seed).set_index("user_id").loc[stated.index]
    assert (stated[["gender", "age"]] == same[["gender", "age"]]).all(axis=None)


def test_archetypes_are_personas_but_for_some_casual_users() -> None:
    """All others keep the persona; of the casual ones the stated share is power."""
    drawn = invented(SEED)
    differs = drawn["archetype"] != drawn["persona"]
    assert set(drawn.loc[differs, "persona"]) == {"casual"}
    assert set(drawn.loc[differs, "archetype"]) == {"power"}
    share = USAGE_TRUTH.casual_as_power
    casual = differs[drawn["persona"] == "casual"]
    assert abs(casual.mean() - share) < 4 * np.sqrt(share * (1 - share) / len(casual))


@pytest.mark.parametrize(("seed", "n_users"), FULL_DRAWS)
def test_every_archetype_has_enough_users(seed: int, n_users: int) -> None:
    """At least 15 %, and not all the same."""
    shares = read(seed, n_users)["archetype"].value_counts(normalize=True)
    assert set(shares.index) == set(ARCHETYPES)
    assert shares.min() >= 0.15
    assert shares.max() > 1.5 * shares.min()


def test_archetypes_differ_by_the_planted_shift() -> None:
    """In the latent draws: the median of a figure is where the direction puts it, to a rounding step."""
    drawn = invented(SEED)
    is_young = drawn["account_age_days"] < 90  # whose last login the sign-up may bound
    for figure, behaviour in BEHAVIOURS.items():
        medians = drawn.loc[~is_young].groupby("archetype")[figure].median()
        for archetype, direction in zip(ARCHETYPES, behaviour.directions, strict=True):
            change = behaviour.spread * direction * USAGE_TRUTH.archetype_shift
            planted = (np.sqrt(behaviour.typical) + change) ** 2 if behaviour.is_rooted else behaviour.typical + change
            tolerance = 0.5 if behaviour.decimals == 0 else 0.04 * behaviour.typical
            assert abs(float(medians[archetype]) - planted) <= tolerance, (figure, archetype)


@pytest.mark.parametrize(("seed", "n_users"), FULL_DRAWS)
def test_archetypes_can_be_told_apart(seed: int, n_users: int) -> None:
    """Adjusted Rand index with the truth: 0.95 for a linear discriminant that knows it, 0.93 for segments that do not."""
    rows = read(seed, n_users)
    figures = prepared(rows)
    discriminant = LinearDiscriminantAnalysis().fit(figures, rows["archetype"])
    assert adjusted_rand_score(rows["archetype"], discriminant.predict(figures)) >= 0.95
    assert adjusted_rand_score(rows["archetype"], four_segments(figures)) >= 0.93


def test_outliers_are_there_and_caps_matter() -> None:
    """One user in a hundred has a figure far beyond all others, and segments without caps fit the archetypes worse."""
    rows = read(SEED, USERS)
    is_outlier = pd.DataFrame(
        {figure: rows[figure] >= USAGE_TRUTH.outlier_factor * BEHAVIOURS[figure].typical for figure in OUTLIER_FIGURES}
    )
    assert is_outlier.any().sum() >= 8
    assert is_outlier.sum(axis=1).max() == 1
    assert 0.007 < is_outlier.any(axis=1).mean() < 0.012
    for figure in OUTLIER_FIGURES:
        assert rows.loc[~is_outlier[figure], figure].max() < 0.7 * USAGE_TRUTH.outlier_factor * BEHAVIOURS[figure].typical, figure
    capped, naive = (
        adjusted_rand_score(rows["archetype"], four_segments(prepared(rows, is_capped=is_capped))) for is_capped in (True, False)
    )
    assert naive < capped - 0.02


def test_missing_ratings_depend_on_nothing() -> None:
    """A tenth, whatever the archetype and the other figures."""
    drawn = invented(SEED)
    is_missing = drawn["rating_given"].isna()
    share = USAGE_TRUTH.no_rating_share
    assert abs(is_missing.mean() - share) < 4 * np.sqrt(share * (1 - share) / MANY)
    assert chi2_contingency(pd.crosstab(is_missing, drawn["archetype"])).pvalue > 0.001
    others = drawn[[figure for figure in FIGURES if figure != "rating_given"]].astype(float)
    assert others.corrwith(is_missing.astype(float)).abs().max() < 4 / np.sqrt(MANY)


def test_figures_are_independent_given_the_archetype() -> None:
    """But for the last login, which the sign-up bounds."""
    drawn = invented(SEED)
    figures = drawn[[figure for figure in FIGURES if figure != "days_since_last_login"]].astype(float)
    figures = figures[drawn["outlier_figure"].isna() & drawn["rating_given"].notna()]
    within = figures - figures.groupby(drawn["archetype"]).transform("mean")
    correlations = np.corrcoef(within, rowvar=False)
    assert np.abs(correlations - np.eye(len(correlations))).max() < 4.5 / np.sqrt(len(within))


def test_attributes_have_their_shares() -> None:
    """The subscription within each archetype, the others among all; on 100,000 users."""
    drawn = invented(SEED)
    for archetype, shares in SUBSCRIPTION_SHARES.items():
        subscription = drawn.loc[drawn["archetype"] == archetype, "subscription_type"]
        for level, share in zip(SUBSCRIPTIONS, shares, strict=True):
            assert abs((subscription == level).mean() - share) < 4 * np.sqrt(share * (1 - share) / len(subscription)), (archetype, level)
    for attribute, levels in PLAIN_ATTRIBUTES.items():
        for level, share in levels.items():
            assert abs((drawn[attribute] == level).mean() - share) < 4 * np.sqrt(share * (1 - share) / MANY), (attribute, level)


def test_only_the_subscription_goes_with_the_archetype() -> None:
    """Among the users of the committed file it does, p below 1e-10; no other attribute does, p above 0.001."""
    rows = read(SEED, USERS)
    rows = rows.assign(age=rows["age"] // 10, rating=rows["rating_given"].isna())
    p_values = {
        attribute: chi2_contingency(pd.crosstab(rows[attribute], rows["archetype"])).pvalue
        for attribute in ("subscription_type", *PLAIN_ATTRIBUTES, "gender", "age", "rating")
    }
    assert p_values.pop("subscription_type") < 1e-10
    assert min(p_values.values()) > 0.001, p_values


def test_the_archetype_goes_with_adoption_through_the_persona() -> None:
    """Adopters have the shares that follow from their personas, and so have the others; on 10,000 users."""
    users = people(SEED, 10_000)
    adopts = users["adoption_day"].notna()
    for is_adopter in (True, False):
        observed = archetypes(users)[adopts == is_adopter].value_counts(normalize=True)
        for archetype, share in shares_by_adoption(is_adopter).items():
            assert abs(observed[archetype] - share) < 4 * np.sqrt(share * (1 - share) / (adopts == is_adopter).sum()), archetype


def test_readme_states_the_usage() -> None:
    """Shares of archetypes, typical figures, spreads and directions, subscriptions, levels of the other attributes."""
    readme = (FOLDER / "README.md").read_text()
    rows = dict(re.findall(r"^\| (\w+) \| (.*) \|$", readme, flags=re.MULTILINE))
    for figure, behaviour in BEHAVIOURS.items():
        typical, spread, of_the, *directions = rows[figure].split(" | ")
        assert (float(typical), float(spread)) == (behaviour.typical, behaviour.spread), figure
        assert of_the == ("root" if behaviour.is_rooted else "figure"), figure
        assert tuple(int(direction) for direction in directions) == behaviour.directions, figure
    adopters, others = shares_by_adoption(True), shares_by_adoption(False)
    here = archetypes(people(SEED, USERS)).value_counts(normalize=True)
    for archetype in ARCHETYPES:
        assert rows[archetype] == f"{adopters[archetype]:.2f} | {others[archetype]:.2f} | {here[archetype]:.2f}", archetype
    for level, shares in zip(SUBSCRIPTIONS, zip(*SUBSCRIPTION_SHARES.values(), strict=True), strict=True):
        assert [float(cell) for cell in rows[level].split(" | ")] == list(shares), level
    for attribute, levels in PLAIN_ATTRIBUTES.items():
        assert f"| {attribute} | " + ", ".join(f"{level} {share:.2f}" for level, share in levels.items()) + " |" in readme
