{{ config(materialized='incremental', incremental_strategy='replace', unique_key='date_day', on_schema_change='fail') }}
{%- set kinds = ['logins', 'actions', 'plays'] -%}
-- depends_on: {{ ref('int_days_offset') }}
with

events as (

    select
        logins.user_id,
        {{ local_day('logins.logged_in_at') }} as date_day,
        1 as logins,
        0 as actions,
        0 as plays

    from {{ ref('stg_product__logins') }} as logins
    {{ local_day_join('logins.logged_in_at') }}

    union all

    select
        user_id,
        date_day,
        0 as logins,
        times as actions,
        0 as plays

    from {{ ref('user_actions') }}
    where date_day is not null

    union all

    select
        plays.user_id,
        {{ local_day('plays.started_at') }} as date_day,
        0 as logins,
        0 as actions,
        1 as plays

    from {{ ref('stg_streaming__plays') }} as plays
    {{ local_day_join('plays.started_at') }}

),

{% if is_incremental() %}
-- what the table should hold for each day: sums that do not depend on the order of the rows, apart for each kind of event, so that
-- changes of two kinds cannot cancel
wanted_days as (

    select
        {%- for kind in kinds %}
        sum({{ kind }}) as {{ kind }},
        sum({{ kind }} * {{ row_fingerprint('user_id') }}) as {{ kind }}_fingerprint,
        {%- endfor %}
        date_day

    from events
    group by date_day

),

built_days as (

    select
        {%- for kind in kinds %}
        sum({{ kind }}) as {{ kind }},
        sum({{ kind }} * {{ row_fingerprint('user_id') }}) as {{ kind }}_fingerprint,
        {%- endfor %}
        date_day

    from {{ this }}
    group by date_day

),

-- days that came, went or changed, of any age
changed_days as (

    select coalesce(wanted_days.date_day, built_days.date_day) as date_day
    from wanted_days
    full outer join built_days on wanted_days.date_day = built_days.date_day
    where
        {%- for kind in kinds %}
        coalesce(wanted_days.{{ kind }}, 0) <> coalesce(built_days.{{ kind }}, 0)
        or coalesce(wanted_days.{{ kind }}_fingerprint, 0) <> coalesce(built_days.{{ kind }}_fingerprint, 0)
        or
        {%- endfor %} {{ rebuild_requested('coalesce(wanted_days.date_day, built_days.date_day)') }}

),

{% endif %}
final as (

    select
        user_id,
        date_day,
        cast(sum(logins) as bigint) as logins,
        cast(sum(actions) as bigint) as actions,
        cast(sum(plays) as bigint) as plays

    from events
    {%- if is_incremental() %}
    where date_day in (select changed_days.date_day from changed_days)
    {%- endif %}
    group by user_id, date_day
    {%- if is_incremental() %}

    union all

    -- so that a day goes whose rows have all gone
    select
        cast(null as {{ var('id_type') }}) as user_id,
        date_day,
        cast(null as bigint) as logins,
        cast(null as bigint) as actions,
        cast(null as bigint) as plays

    from changed_days
    {%- endif %}

)

select * from final
