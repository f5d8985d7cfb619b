with

row_counts as (

    select * from {{ ref('stg_product__row_counts') }}
    union all
    select * from {{ ref('stg_people__row_counts') }}
    union all
    select * from {{ ref('stg_telemetry__row_counts') }}
    union all
    select
        source,
        table_name,
        raw_rows,
        accepted_rows,
        rejected_rows,
        excluded_rows
    from {{ ref('stg_streaming__row_counts') }}

),

observation as (

    select * from {{ ref('int_observation_bounded') }}

),

rows_after_as_of as (

    select
        'product' as source,
        'user_engagement' as table_name,
        sum(activity_days.logins) as later_rows
    from {{ ref('user_activity_days') }} as activity_days
    inner join observation on activity_days.date_day > observation.as_of

    union all

    select
        'product' as source,
        'users' as table_name,
        count(*) as later_rows
    from {{ ref('int_users_unioned') }} as users
    inner join observation on users.created_on > observation.as_of

    union all

    select
        'people' as source,
        'user_actions' as table_name,
        sum(actions.times) as later_rows
    from {{ ref('user_actions') }} as actions
    inner join observation on actions.date_day > observation.as_of

    union all

    select
        'streaming' as source,
        'plays' as table_name,
        sum(activity_days.plays) as later_rows
    from {{ ref('user_activity_days') }} as activity_days
    inner join observation on activity_days.date_day > observation.as_of

),

final as (

    select
        row_counts.source,
        row_counts.table_name,
        row_counts.raw_rows,
        row_counts.accepted_rows,
        row_counts.rejected_rows,
        row_counts.excluded_rows,
        observation.as_of,
        cast(coalesce(rows_after_as_of.later_rows, 0) as bigint) as rows_after_as_of,
        row_counts.rejected_rows * 1.0 / nullif(row_counts.raw_rows, 0) as rejected_share

    from row_counts
    cross join observation
    left join rows_after_as_of
        on
            row_counts.source = rows_after_as_of.source
            and row_counts.table_name = rows_after_as_of.table_name
    where
        false
        {%- for source in var('raw_sources') %}
        or row_counts.source = '{{ source }}'
        {%- endfor %}

)

select * from final
