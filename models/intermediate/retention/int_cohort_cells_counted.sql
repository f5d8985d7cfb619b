with

measures as (

    select 'on' as measure
    union all
    select 'on_or_after' as measure

),

cells as (

    select
        sizes.*,
        measures.measure
    from {{ ref('int_cohort_periods_sized') }} as sizes
    cross join measures

),

changes as (

    select * from {{ ref('int_cohort_activity_counted') }}

),

organisations as (

    select
        *,
        '(all)' as attribute
    from {{ ref('int_cohort_organisations_summed') }}

),

joined as (

    select
        cells.*,
        coalesce(changes.user_change, 0) as user_change,
        coalesce(organisations.active_users_squared, 0) as squared_change,
        coalesce(organisations.products, 0) as products_change

    from cells
    left join changes
        on
            cells.cohort_grain = changes.cohort_grain
            and cells.cohort_number = changes.cohort_number
            and cells.measure = changes.measure
            and cells.periods_since = changes.periods_since
            and cells.attribute = changes.attribute
            and cells.level = changes.level
    left join organisations
        on
            cells.cohort_grain = organisations.cohort_grain
            and cells.cohort_number = organisations.cohort_number
            and cells.measure = organisations.measure
            and cells.periods_since = organisations.periods_since
            and cells.attribute = organisations.attribute

),

so_far as (

    select
        *,
        sum(user_change) over life as changed,
        sum(squared_change) over life as squared_changed,
        sum(products_change) over life as products_changed

    from joined
    window life as (
        partition by cohort_grain, cohort_number, measure, attribute, level
        order by periods_since
    )

),

summed as (

    select
        cohort_grain,
        cohort_number,
        periods_since,
        measure,
        attribute,
        level,
        users as retention_trials,
        clusters as retention_clusters,
        users_squared as retention_trials_squared,
        cast(case when measure = 'on' then user_change else changed end as bigint) as retention_successes,
        cast(case when measure = 'on' then squared_change else squared_changed end as bigint) as retention_successes_squared,
        cast(case when measure = 'on' then products_change else products_changed end as bigint) as retention_products

    from so_far

),

-- pooled over all cohorts and periods
correlations as (

    select distinct
        cohort_grain,
        measure,
        {{ intraclass_correlation('retention', within='cohort_grain, measure') }} as retention_correlation

    from summed
    where attribute = '(all)'

),

final as (

    select
        summed.cohort_grain,
        summed.cohort_number,
        summed.periods_since,
        summed.measure,
        summed.attribute,
        summed.level,
        summed.retention_trials as users_at_risk,
        summed.retention_successes as active_users,
        {{ design_effect('retention') }} as design_effect,
        {{ effective_trials('retention') }} as effective_users

    from summed
    inner join correlations
        on
            summed.cohort_grain = correlations.cohort_grain
            and summed.measure = correlations.measure

)

select * from final
