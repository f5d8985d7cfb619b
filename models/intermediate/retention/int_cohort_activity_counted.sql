{%- set attributes = var('retention_attributes') -%}
-- How the number of active users of each cell changes: on, against none; on_or_after, against the period before.
with

lives as (

    select
        *,
        coalesce(adopted_from <= periods_since, false) as has_adopted,
        coalesce(adopted_from <= ahead_from, false) as had_adopted
    from {{ ref('int_users_retained') }}

),

users as (

    select * from {{ ref('int_users_cohorted') }}

),

-- one row per thing that happens to a number of users: they are active in a period; activity lies ahead from a period on, and no longer
-- after another; or they adopt in between
changes as (

    select
        cohort_grain,
        user_id,
        'on' as measure,
        periods_since,
        has_adopted,
        1 as user_change
    from lives

    union all

    select
        cohort_grain,
        user_id,
        'on_or_after' as measure,
        ahead_from as periods_since,
        had_adopted as has_adopted,
        1 as user_change
    from lives

    union all

    select
        cohort_grain,
        user_id,
        'on_or_after' as measure,
        periods_since + 1 as periods_since,
        has_adopted,
        -1 as user_change
    from lives

    union all

    select
        cohort_grain,
        user_id,
        'on_or_after' as measure,
        adopted_from as periods_since,
        true as has_adopted,
        1 as user_change
    from lives
    where has_adopted and not had_adopted

    union all

    select
        cohort_grain,
        user_id,
        'on_or_after' as measure,
        adopted_from as periods_since,
        false as has_adopted,
        -1 as user_change
    from lives
    where has_adopted and not had_adopted

),

-- users who are alike in all that is cut by
patterns as (

    select
        changes.cohort_grain,
        users.cohort_number,
        changes.measure,
        changes.periods_since,
        case when changes.has_adopted then 'adopted' else 'not adopted' end as adopted_before_period,
        {%- for attribute in attributes %}
        users.{{ attribute }},
        {%- endfor %}
        sum(changes.user_change) as user_change

    from changes
    inner join users
        on
            changes.cohort_grain = users.cohort_grain
            and changes.user_id = users.user_id
    group by
        changes.cohort_grain,
        users.cohort_number,
        changes.measure,
        changes.periods_since,
        {%- for attribute in attributes %}
        users.{{ attribute }},
        {%- endfor %}
        changes.has_adopted

),

final as (

    select
        cohort_grain,
        cohort_number,
        measure,
        periods_since,
        {{ attribute_and_level(attributes + ['adopted_before_period']) }},
        cast(sum(user_change) as bigint) as user_change

    from patterns
    {{ attribute_sets(attributes + ['adopted_before_period'], 'cohort_grain, cohort_number, measure, periods_since') }}

)

select * from final
