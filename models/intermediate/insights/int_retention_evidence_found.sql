-- What the marts of retention and churn hold that a recommendation may rest on: groups that fall or rise, the last cohort against those
-- before it, and terms of the regression of churn.
with

trends as (

    select * from {{ ref('activity_trend') }}
    where trend_ci_low is not null and level <> '(missing)'

),

cohorts as (

    select * from {{ ref('retention_cohorts') }}
    where attribute = '(all)' and measure = 'on' and is_complete

),

terms as (

    select * from {{ ref('churn_coefficients') }}
    where not leaks_outcome and q_value is not null and coalesce(level, '') <> '(missing)'

),

-- the fourth week of weekly cohorts, the first month of monthly ones
observed_cohorts as (

    select
        *,
        cast(sum(active_users) over (partition by cohort_grain) as bigint) as all_active_users,
        cast(sum(users_at_risk) over (partition by cohort_grain) as bigint) as all_users,
        cast(sum(cast(effective_users as decimal(28, 9))) over (partition by cohort_grain) as double) as all_effective_users,
        row_number() over (
            partition by cohort_grain
            order by cohort_started_on desc
        ) as place
    from cohorts
    where (cohort_grain = 'week' and periods_since = 4) or (cohort_grain = 'month' and periods_since = 1)

),

last_cohorts as (

    select
        *,
        {{ level_against_rest(
            'active_users', 'users_at_risk', 'effective_users', 'all_active_users', 'all_users', 'all_effective_users'
        ) }}
    from observed_cohorts
    where place = 1

),

final as (

    -- The interval is one of the logarithm, which a group that fell silent has not: of that the mart's own verdict speaks.
    select
        {{ found_evidence(
            'activity_trend', 'attribute', "'activity_trend'", "'trend'", evidence_key(['attribute', 'level']), "'share'", 'trend',
            reference='0', ci_low='trend_ci_low', ci_high='trend_ci_high', users='users',
            level="case when attribute = '(all)' then 'all users' else level end", detail="replace(attribute, '_', ' ')",
            p_value='case when trend_ci_low > -1 then ' ~ two_sided_p_value(
                '(ln(1 + trend) * 2 * 1.959963984540054 / (ln(1 + trend_ci_high) - ln(1 + trend_ci_low)))'
            ) ~ ' end',
            is_significant="case when trend = -1 then verdict = 'falling' end", effect_low='trend_ci_low', effect_high='trend_ci_high'
        ) }}
    from trends
    where trend_ci_high > trend_ci_low and (trend_ci_low > -1 or trend = -1)

    union all

    select
        {{ found_evidence(
            'last_cohort', 'cohort_grain', "'retention_cohorts'", "'retention_rate'",
            evidence_key(['cohort_grain', 'cohort_started_on', 'periods_since', 'measure', 'attribute', 'level']), "'share'",
            'retention_rate - rest_share', 'retention_rate', 'rest_share', 'ci_low', 'ci_high', 'users_at_risk',
            level='cohort_started_on', detail="cohort_grain || ' ' || periods_since", p_value=two_sided_p_value('z_value'),
            effect_low='retention_rate - rest_share - half_width', effect_high='retention_rate - rest_share + half_width'
        ) }}
    from last_cohorts
    where z_value is not null

    union all

    -- a user counts at every cutoff
    select
        {{ term_evidence('churn_term', 'churn_coefficients', users='null', rows='users') }}
    from terms

)

select * from final
