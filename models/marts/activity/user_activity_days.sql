{{ config(materialized='incremental', incremental_strategy='replace', unique_key='date_day', on_schema_change='fail') }}
-- depends_on: {{ ref('int_days_offset') }}
with

events as (

    select
        logins.user_id,
        {{ local_day('logins.logged_in_at') }} as date_day,
        1 as logins

    from {{ ref('stg_product__logins') }} as logins
    {{ local_day_join('logins.logged_in_at') }}

),

{% if is_incremental() %}
-- what the table should hold for each day, as two numbers that do not depend on the order of the rows
wanted_days as (

    select
        date_day,
        sum(logins) as logins,
        sum(logins * {{ row_fingerprint('user_id') }}) as fingerprint

    from events
    group by date_day

),

built_days as (

    select
        date_day,
        sum(logins) as logins,
        sum(logins * {{ row_fingerprint('user_id') }}) as fingerprint

    from {{ this }}
    group by date_day

),

-- days that came, went or changed, of any age
changed_days as (

    select coalesce(wanted_days.date_day, built_days.date_day) as date_day
    from wanted_days
    full outer join built_days on wanted_days.date_day = built_days.date_day
    where
        coalesce(wanted_days.logins, 0) <> coalesce(built_days.logins, 0)
        or coalesce(wanted_days.fingerprint, 0) <> coalesce(built_days.fingerprint, 0)
        or {{ rebuild_requested('coalesce(wanted_days.date_day, built_days.date_day)') }}

),

{% endif %}
final as (

    select
        user_id,
        date_day,
        cast(sum(logins) as bigint) as logins

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
        cast(null as bigint) as logins

    from changed_days
    {%- endif %}

)

select * from final
