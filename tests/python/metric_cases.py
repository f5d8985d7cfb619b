"""What each metric is to give on the sample, as SQL over the marts that owes nothing to the definitions of the metrics."""

from dataclasses import dataclass, field

# days of the log with what is known of the user; the log is what daily_activity has
ACTIVITY = """
(
    select days.*, users.creation_source, features.invitation
    from marts.user_activity_days as days
    left join marts.users using (user_id)
    left join marts.user_features as features using (user_id)
    where days.date_day in (select date_day from marts.daily_activity)
)
"""
ACTIONS = """
(
    select actions.*, users.creation_source
    from marts.user_actions as actions
    left join marts.users using (user_id)
    where actions.date_day in (select date_day from marts.daily_activity)
)
"""
PLAYS = """
(
    select plays.*, users.creation_source
    from marts.plays
    left join marts.users using (user_id)
    where plays.started_on <= users.as_of
)
"""
# accounts with what adoption_rates says of them, from the dates alone
ACCOUNTS = """
(
    select
        users.creation_source,
        users.is_opted_in_to_mailing_list,
        features.invitation,
        features.organisation_size,
        adoption.created_on,
        adoption.adopted_on,
        adoption.is_matured and adoption.is_observed_from_signup as is_matured,
        date_diff('day', adoption.created_on, adoption.adopted_on) < 90 as is_adopted_in_time
    from marts.user_adoption as adoption
    join marts.users using (user_id)
    join marts.user_features as features using (user_id)
    where adoption.created_on <= adoption.as_of
)
"""
SEGMENTED = """
(
    select segments.*, users.creation_source
    from marts.user_segments as segments
    left join marts.users using (user_id)
    where segments.segment_id is not null
)
"""
SCORED = """
(
    select scores.*, users.creation_source
    from marts.user_churn_scores as scores
    left join marts.users using (user_id)
    where scores.churn_probability is not null
)
"""
MONTH, WEEK = "date_trunc('month', {})", "date_trunc('week', {})"


@dataclass(frozen=True)
class Case:
    """What a metric is to give.

    Attributes
    ----------
    sql
        The rows of groups and value.
    groups
        By what it is grouped.
    where
        What else it is asked.
    """

    sql: str
    groups: tuple[str, ...] = ()
    where: str = ""


@dataclass(frozen=True)
class Cuts:
    """Cases of metrics that count the same rows.

    Attributes
    ----------
    rows
        A relation.
    groups
        The expression of each group.
    where
        Which of the rows.
    """

    rows: str
    groups: dict[str, str] = field(default_factory=dict)
    where: str = "true"

    def cases(self, value: str) -> list[Case]:
        """Returns a case for all rows and one for each group; a group in which the metric has no row has none here."""
        source = f"from {self.rows} where {self.where}"
        return [
            Case(f"select {value} {source}"),
            *(Case(f"select {group}, {value} {source} group by 1", (name,)) for name, group in self.groups.items()),
        ]


def months(column: str) -> dict[str, str]:
    """Returns the groups by which metrics of a day are cut."""
    return {"metric_time__week": WEEK.format(column), "metric_time__month": MONTH.format(column)}


def retention(grain: str, measure: str) -> list[Case]:
    """Returns the cases of one rate of retention: of cells, of sums of cells without an attribute, and of one attribute."""
    cells = f"marts.retention_cohorts where cohort_grain = '{grain}' and measure = '{measure}' and is_complete"
    rate = "sum(active_users) / sum(users_at_risk)"
    attribute = "creation_source"
    return [
        Case(f"select {rate} from {cells} and attribute = '(all)'"),
        Case(f"select periods_since, {rate} from {cells} and attribute = '(all)' group by 1", ("cohort__periods_since",)),
        # one cell each
        Case(
            f"select cohort_started_on, periods_since, retention_rate from {cells} and attribute = '(all)'",
            ("metric_time__day", "cohort__periods_since"),
            "{{ Dimension('cohort__attribute') }} = '(all)'",
        ),
        Case(
            f"select level, periods_since, {rate} from {cells} and attribute = '{attribute}' group by all",
            ("cohort__level", "cohort__periods_since"),
            f"{{{{ Dimension('cohort__attribute') }}}} = '{attribute}'",
        ),
    ]


def cells(value: str) -> list[Case]:
    """Returns the cases of a count of retention: by all that makes a cell."""
    names = ["cohort_grain", "periods_since", "measure", "attribute", "level"]
    groups = ("metric_time__day", *(f"cohort__{name}" for name in names))
    return [
        Case(f"select sum({value}) from marts.retention_cohorts where is_complete"),
        Case(f"select cohort_started_on, {', '.join(names)}, {value} from marts.retention_cohorts where is_complete", groups),
    ]


def levels(value: str) -> list[Case]:
    """Returns the cases of a count of action_rates: by all that makes a row, and all of it."""
    groups = ("action", "action_level__attribute", "action_level__level")
    return [
        Case(f"select sum({value}) from marts.action_rates"),
        Case(f"select action, attribute, level, {value} from marts.action_rates", groups),
        Case(f"select as_of, sum({value}) from marts.action_rates group by 1", ("metric_time__day",)),
    ]


ACTIVITY_CUTS = Cuts(ACTIVITY, months("date_day") | {"user_id__creation_source": "creation_source", "user_id__invitation": "invitation"})
ACTIONS_CUTS = Cuts(ACTIONS, months("date_day") | {"action": "action", "user_id__creation_source": "creation_source"})
ACCOUNTS_CUTS = Cuts(
    ACCOUNTS,
    months("created_on")
    | {
        name: name.removeprefix("user_id__")
        for name in (
            "user_id__creation_source",
            "user_id__invitation",
            "user_id__organisation_size",
            "user_id__is_opted_in_to_mailing_list",
        )
    },
)
PLAYS_CUTS = Cuts(
    PLAYS,
    months("started_on")
    | {"play_id__platform": "platform", "play_id__hour_of_day": "hour_of_day", "user_id__creation_source": "creation_source"},
)
LIFECYCLE_CUTS = Cuts("marts.weekly_lifecycle", {"metric_time__week": "date_week"} | months("date_week"), "is_complete")
SEGMENTED_CUTS = Cuts(
    SEGMENTED, {"metric_time__day": "as_of", "user_id__segment_name": "segment_name", "user_id__creation_source": "creation_source"}
)
SCORED_CUTS = Cuts(SCORED, {"metric_time__day": "as_of", "user_id__creation_source": "creation_source"})
RAW_TABLES_CUTS = Cuts(
    "marts.source_row_counts", {"metric_time__day": "as_of", "raw_table__source": "source", "raw_table__table_name": "table_name"}
)
HIGH = "churn_risk_band = 'high'"
ADOPTED = "count(*) filter (where adopted_on is not null)"
MATURED_RATE = "count(*) filter (where is_matured and is_adopted_in_time) / nullif(count(*) filter (where is_matured), 0)"
SKIP_RATE = "count(*) filter (where is_skip) / nullif(count(is_skip), 0)"


def window(column: str) -> list[Case]:
    """Returns the cases of a window of daily_activity: at its last day, on each day, and on the last of each month."""
    return [
        Case(f"select {column} from marts.daily_activity order by date_day desc limit 1"),
        Case(f"select date_day, {column} from marts.daily_activity", ("metric_time__day",)),
        Case(
            f"select {MONTH.format('date_day')}, arg_max({column}, date_day) from marts.daily_activity group by 1", ("metric_time__month",)
        ),
    ]


def of_level(value: str, attribute: str) -> Case:
    """Returns what adoption_rates publishes for an attribute of accounts."""
    return Case(
        f"select nullif(level, '(missing)'), {value} from marts.adoption_rates where attribute = '{attribute}'", (f"user_id__{attribute}",)
    )


EXPECTED: dict[str, list[Case]] = {
    "organisations": [
        Case("select count(*) from marts.organisations"),
        Case("select as_of, count(*) from marts.organisations group by 1", ("metric_time__day",)),
        Case("select org_id, 1 from marts.organisations", ("org_id",)),
    ],
    "active_users": [
        *ACTIVITY_CUTS.cases("count(distinct user_id)"),
        Case("select date_day, active_users from marts.daily_activity where active_users > 0", ("metric_time__day",)),
        Case("select date_week, active_users from marts.weekly_lifecycle where active_users > 0", ("metric_time__week",)),
    ],
    "logins": [
        *ACTIVITY_CUTS.cases("sum(logins)"),
        Case("select date_day, logins from marts.daily_activity where active_users > 0", ("metric_time__day",)),
        Case("select sum(logins) from marts.daily_activity"),
    ],
    "actions": [*ACTIONS_CUTS.cases("sum(times)"), Case("select sum(actions) from marts.daily_activity")],
    "acting_users": ACTIONS_CUTS.cases("count(distinct user_id)"),
    "action_performers": [
        Case("select sum(performers) from marts.action_rates where attribute = '(all)'"),
        Case("select action, performers from marts.action_rates where attribute = '(all)'", ("action",)),
        Case("select as_of, sum(performers) from marts.action_rates where attribute = '(all)' group by 1", ("metric_time__day",)),
    ],
    "users_of_action_levels": levels("users"),
    "performers_of_action_levels": levels("performers"),
    "action_rate": [
        Case("select sum(performers) / sum(users) from marts.action_rates where attribute = '(all)'"),
        Case(
            "select as_of, sum(performers) / sum(users) from marts.action_rates where attribute = 'gender' group by 1",
            ("metric_time__day",),
        ),
        # the rate of all users, whether or not the rows of attributes are left out
        Case("select action, action_rate from marts.action_rates where attribute = '(all)'", ("action",)),
        Case(
            "select action, attribute, level, action_rate from marts.action_rates",
            ("action", "action_level__attribute", "action_level__level"),
        ),
    ],
    "weekly_active_users": window("wau"),
    "monthly_active_users": window("mau"),
    **{f"{kind}_users": LIFECYCLE_CUTS.cases(f"sum({kind}_users)") for kind in ("new", "retained", "resurrected", "churned")},
    "users_of_cohort_cells": cells("users_at_risk"),
    "active_users_of_cohort_cells": cells("active_users"),
    "weekly_retention_rate": retention("week", "on"),
    "weekly_unbounded_retention_rate": retention("week", "on_or_after"),
    "monthly_retention_rate": retention("month", "on"),
    "monthly_unbounded_retention_rate": retention("month", "on_or_after"),
    "segmented_users": [
        *SEGMENTED_CUTS.cases("count(*)"),
        Case("select segment_name, users from marts.segments", ("user_id__segment_name",)),
    ],
    "segment_share": [
        Case("select 1.0"),
        Case("select segment_name, share from marts.segments", ("segment_id__segment_name",)),
        Case("select segment_name, count(*) / sum(count(*)) over () from marts.user_segments group by 1", ("segment_id__segment_name",)),
        Case("select as_of, 1.0 from marts.segments group by 1", ("metric_time__day",)),
    ],
    "plays": [
        *PLAYS_CUTS.cases("count(*)"),
        Case("select sum(plays) from marts.daily_activity"),
        Case("select date_week, plays from marts.weekly_listening where plays > 0", ("metric_time__week",)),
    ],
    "listeners": [
        *PLAYS_CUTS.cases("count(distinct user_id)"),
        Case("select date_week, listeners from marts.weekly_listening where plays > 0", ("metric_time__week",)),
    ],
    "judged_plays": PLAYS_CUTS.cases("count(is_skip)"),
    "skips": PLAYS_CUTS.cases("count(*) filter (where is_skip)"),
    "skip_rate": [
        *PLAYS_CUTS.cases(SKIP_RATE),
        Case("select skip_rate from marts.skip_rates where attribute = '(all)'"),
        Case("select nullif(level, '(missing)'), skip_rate from marts.skip_rates where attribute = 'platform'", ("play_id__platform",)),
        Case("select date_week, skip_rate from marts.weekly_listening where plays > 0", ("metric_time__week",)),
    ],
    "milliseconds_played": PLAYS_CUTS.cases("sum(ms_played)"),
    "hours_played": [
        *PLAYS_CUTS.cases("sum(ms_played) / 1000 / 60 / 60"),
        Case("select sum(minutes) / 60 from marts.daily_activity"),
    ],
    "scored_users": [
        *SCORED_CUTS.cases("count(*)"),
        Case("select churn_risk_band, count(churn_probability) from marts.user_churn_scores group by 1", ("user_id__churn_risk_band",)),
    ],
    "high_risk_users": Cuts(SCORED_CUTS.rows, SCORED_CUTS.groups, HIGH).cases("count(*)"),
    "high_risk_share": SCORED_CUTS.cases(f"nullif(count(*) filter (where {HIGH}), 0) / count(*)"),
    "signups": [
        *ACCOUNTS_CUTS.cases("count(*)"),
        Case("select users from marts.adoption_rates where attribute = '(all)'"),
        of_level("users", "creation_source"),
    ],
    "adopted_users": [
        *ACCOUNTS_CUTS.cases(ADOPTED),
        Case("select org_id, adopted_users from marts.organisations", ("user_id__org_id",), "{{ Entity('user_id__org_id') }} is not null"),
    ],
    "adoption_rate": [
        *ACCOUNTS_CUTS.cases(f"{ADOPTED} / count(*)"),
        Case("select adoption_rate from marts.adoption_rates where attribute = '(all)'"),
        *(of_level("adoption_rate", attribute) for attribute in ("creation_source", "invitation", "organisation_size", "signup_weekday")),
    ],
    "matured_users": ACCOUNTS_CUTS.cases("count(*) filter (where is_matured)"),
    "matured_adopted_users": ACCOUNTS_CUTS.cases("count(*) filter (where is_matured and is_adopted_in_time)"),
    "matured_adoption_rate": [
        *ACCOUNTS_CUTS.cases(MATURED_RATE),
        Case("select matured_rate from marts.adoption_rates where attribute = '(all)'"),
        *(of_level("matured_rate", attribute) for attribute in ("creation_source", "invitation", "organisation_size", "signup_weekday")),
    ],
    "raw_rows": RAW_TABLES_CUTS.cases("sum(raw_rows)"),
    "rejected_rows": RAW_TABLES_CUTS.cases("sum(rejected_rows)"),
    "rejected_share": [
        *RAW_TABLES_CUTS.cases("sum(rejected_rows) / sum(raw_rows)"),
        Case("select table_name, rejected_share from marts.source_row_counts", ("raw_table__table_name",)),
    ],
}


# the days of these are all that can be asked of them
BY_TIME_ALONE = {
    "weekly_active_users",
    "monthly_active_users",
    "new_users",
    "retained_users",
    "resurrected_users",
    "churned_users",
}
