"""What the report says, as plain selects over the published marts: nothing is worked out here that a mart does not hold."""

import re
from dataclasses import dataclass
from typing import Any

from dashboard.published import Published

Row = dict[str, Any]

# How much fits into a page: groups, periods and weeks, terms of a model, differences, and recommendations (the urgent ones, and some of
# each area). The report says so where there is more.
LIMITS = {"levels": 12, "periods": 12, "weeks": 53, "terms": 6, "differences": 8, "steps": 14, "area_steps": 2}

QUERIES = {
    "population": """
        select max(as_of) as as_of, count(*) as users, count(*) filter (where has_account) as accounts
        from marts.users""",
    "deliveries": """
        select source, table_name, raw_rows, accepted_rows, rejected_rows, excluded_rows, rejected_share
        from marts.source_row_counts
        order by source, table_name""",
    "insights": """
        select area, metric, label, value, ci_low, ci_high, unit, users, rows, verdict, note
        from marts.key_insights
        order by place""",
    "recommendations": """
        select
            area, severity, finding, recommendation, recommendations,
            evidence_table, evidence_key, evidence_column, evidence_value, ci_low, ci_high, users, rows
        from (
            select *, count(*) over () as recommendations
            from marts.recommendations
            qualify severity = 'high' or row_number() over (partition by area order by place) <= $area_steps
        ) as chosen
        order by place
        limit $steps""",
    "adoption_rates": """
        select
            attribute, level, count(*) over () as levels,
            users, matured_users, matured_adopted_users, matured_rate, matured_ci_low, matured_ci_high
        from marts.adoption_rates
        where attribute = (
            select attribute
            from marts.adoption_rates
            where attribute <> '(all)'
            order by attribute <> 'creation_source', attribute
            limit 1
        )
        qualify row_number() over (order by users desc, level) <= $levels
        order by level_order, level""",
    "adoption_of_all": """
        select users, adopted_users, adoption_rate, ci_low, ci_high, matured_users, matured_rate, matured_ci_low, matured_ci_high
        from marts.adoption_rates
        where attribute = '(all)'""",
    "adoption_curve": """
        select days_since_signup, at_risk, adopted_share, ci_low, ci_high
        from marts.adoption_curves
        where attribute = '(all)'
        order by days_since_signup""",
    "adoption_scores": """
        select model, evaluation, metric, value, ci_low, ci_high, users, verdict
        from marts.adoption_model_scores
        where not leaks_outcome and metric = 'auc'
        order by model, evaluation""",
    "adoption_terms": """
        select attribute, level, reference_level, odds_ratio, ci_low, ci_high, q_value, users, count(*) over () as terms
        from marts.adoption_coefficients
        where not leaks_outcome and attribute is not null and q_value is not null
        qualify row_number() over (order by q_value, term) <= $terms
        order by q_value, term""",
    "actions": """
        select action, users, performers, action_rate, ci_low, ci_high, count(*) over () as actions
        from marts.action_rates
        where attribute = '(all)'
        qualify row_number() over (order by performers desc, action) <= $levels
        order by performers desc, action""",
    "test_verdicts": """
        select verdict, count(*) as tests
        from marts.action_tests
        group by verdict
        order by count(*) desc, verdict""",
    "differences": """
        select
            action, attribute, type, level, reference_level, q_value, effect_size_name, effect_size, effect_ci_low, effect_ci_high,
            performers_mean, others_mean, users, performers, count(*) over () as differences
        from marts.action_tests
        where verdict = 'different'
        qualify row_number() over (order by q_value, action, attribute) <= $differences
        order by q_value, action, attribute""",
    "different_rates": """
        select action, attribute, level, level_order, users, performers, action_rate, ci_low, ci_high
        from marts.action_rates
        semi join (select action, attribute from marts.action_tests where verdict = 'different') using (action, attribute)
        order by action, attribute, level_order, level""",
    "segments": """
        select segment_id, segment_name, named_by, users, share, verdict, finding, is_forced, is_stable, jaccard
        from marts.segments
        order by users desc, segment_id""",
    "segment_profiles": """
        select feature, place, segment_id, mean, overall_mean, z_score, values_known
        from marts.segment_profiles
        order by place, feature, segment_id""",
    "segment_kpis": """
        select kpi, segment_id, mean, ci_low, ci_high, values_known
        from marts.segment_kpis
        order by kpi, segment_id""",
    "cohorts": """
        select cohort_grain, cohort_started_on, periods_since, is_complete, users_at_risk, active_users, retention_rate, ci_low, ci_high
        from marts.retention_cohorts
        where
            attribute = '(all)' and measure = 'on' and periods_since < $periods
            and cohort_grain = (
                -- months, once there are enough of them to compare
                select case when count(distinct cohort_started_on) >= 3 then 'month' else 'week' end
                from marts.retention_cohorts
                where cohort_grain = 'month'
            )
        qualify dense_rank() over (order by cohort_started_on desc) <= $periods
        order by cohort_started_on, periods_since""",
    "weeks": """
        select date_week, new_users, retained_users, resurrected_users, churned_users, active_users
        from marts.weekly_lifecycle
        where is_complete
        qualify row_number() over (order by date_week desc) <= $weeks
        order by date_week""",
    "trends": """
        select attribute, level, users, active_users, recent_7d_average, previous_7d_average, trend, trend_ci_low, trend_ci_high, verdict
        from marts.activity_trend
        order by attribute <> '(all)', attribute, level_order, level""",
    "survival": """
        select days_since_origin, at_risk, staying_share, ci_low, ci_high
        from marts.survival_curves
        where attribute = '(all)'
        order by days_since_origin""",
    "churn_scores": """
        select model, evaluation, metric, value, ci_low, ci_high, users, events, verdict
        from marts.churn_model_scores
        where metric = 'auc'
        order by model, evaluation""",
    "churn_terms": """
        select attribute, level, reference_level, odds_ratio, ci_low, ci_high, q_value, users
        from marts.churn_coefficients
        where attribute is not null and q_value is not null
        qualify row_number() over (order by q_value, term) <= $terms
        order by q_value, term""",
    "churn_bands": """
        select churn_risk_band, count(*) as users
        from marts.user_churn_scores
        where churn_risk_band is not null
        group by churn_risk_band
        order by case churn_risk_band when 'high' then 1 when 'medium' then 2 else 3 end""",
    "plays_of_all": """
        select plays, skips, listeners, skip_rate, ci_low, ci_high
        from marts.skip_rates
        where attribute = '(all)'""",
    "skip_rates": """
        select attribute, level, level_order, listeners, plays, skips, skip_rate, ci_low, ci_high
        from marts.skip_rates
        where attribute in ('platform', 'reason_start', 'shuffle')
        qualify row_number() over (partition by attribute order by plays desc, level) <= $levels
        order by attribute, level_order, level""",
    "skip_terms": """
        select attribute, level, reference_level, odds_ratio, ci_low, ci_high, q_value, plays, users, count(*) over () as terms
        from marts.skip_coefficients
        where attribute is not null and q_value is not null
        qualify row_number() over (order by q_value, term) <= $terms
        order by q_value, term""",
    "skip_models": """
        select model, evaluation, value, ci_low, ci_high, plays, users, is_best, verdict
        from marts.skip_model_scores
        where metric = 'auc'
        order by is_best desc, model, evaluation""",
    "track_segments": """
        select segment_name, tracks, share, verdict, finding
        from marts.track_segment_summaries
        order by tracks desc, segment_id""",
    # one row per table, its reasons in words
    "rejects": """
        select
            source, table_name, sum(reasons.rows)::bigint as rejected_rows,
            string_agg(reason || ': ' || reasons.rows, '; ' order by reasons.rows desc, reason) as reasons
        from (
            select source, table_name, reason, count(*) as rows
            from marts.rejected_rows
            group by source, table_name, reason
        ) as reasons
        group by source, table_name
        order by source, table_name""",
    # models of the same outcomes of which the same is to be said stand in one row
    "models": """
        select
            area, targets, leaks_outcome, verdict, warnings,
            string_agg(model, ', ' order by model) as models, min(least_rows) as least_rows, max(most_rows) as most_rows
        from (
            select
                area, model, leaks_outcome, verdict, warnings,
                string_agg(target, ', ' order by target) as targets, min(rows) as least_rows, max(rows) as most_rows
            from marts.model_runs
            group by area, model, leaks_outcome, verdict, warnings
        ) as models
        group by area, targets, leaks_outcome, verdict, warnings
        order by area, targets, models""",
}


@dataclass(frozen=True)
class Figures:
    """The rows of all selects, of one version of the published file.

    Attributes
    ----------
    rows
        By the name of the select, as dictionaries.
    absent
        Marts that the file does not have.
    """

    rows: dict[str, list[Row]]
    absent: list[str]

    def one(self, name: str) -> Row | None:
        """Returns the only row of a select, or None where it gives none."""
        return next(iter(self.rows[name]), None)


def marts_of(sql: str) -> list[str]:
    """Returns the marts that a select reads."""
    return sorted(set(re.findall(r"\bmarts\.(\w+)", sql)))


def read(published: Published, sql: str) -> list[Row]:
    """Returns the rows of a select; what is missing is None."""
    frame = published.rows(sql, {name: limit for name, limit in LIMITS.items() if re.search(rf"\${name}\b", sql)})
    rows: list[Row] = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return rows


def gather(published: Published) -> Figures:
    """Returns what the report says.

    Parameters
    ----------
    published
        The published file. Where it is replaced meanwhile, all is read again: a report is of one version.

    Raises
    ------
    PublishedError
        If there is no file, or a mart lacks a column.
    """
    version = None
    while version != published.version:
        version = published.version
        absent = [mart for mart in sorted({name for sql in QUERIES.values() for name in marts_of(sql)}) if not published.has_mart(mart)]
        rows = {name: [] if set(marts_of(sql)) & set(absent) else read(published, sql) for name, sql in QUERIES.items()}
    return Figures(rows, absent)
