-- A conversion by name costs far more than a sum, so the offset is looked up once per day and not once per row.
with

days as (

    select
        date_day,
        cast(date_day as timestamp) as started_at
    from {{ ref('int_days_listed') }}
    where {{ sql_text(var('timezone')) }} <> 'UTC'

),

offsets as (

    select
        date_day,
        started_at,
        {{ utc_offset_seconds('started_at') }} as offset_before_seconds,
        {{ utc_offset_seconds(dbt.dateadd('day', 1, 'started_at')) }} as offset_after_seconds

    from days

),

-- all clock changes fall on a quarter of an hour of UTC
quarters as (

    select generated_number - 1 as quarter
    from ({{ dbt.generate_series(96) }}) as numbers

),

changes as (

    select
        offsets.date_day,
        min({{ dbt.dateadd('minute', '15 * quarters.quarter', 'offsets.started_at') }}) as changes_at

    from offsets
    cross join quarters
    where
        offsets.offset_before_seconds <> offsets.offset_after_seconds
        and {{ utc_offset_seconds(dbt.dateadd('minute', '15 * quarters.quarter', 'offsets.started_at')) }} = offsets.offset_after_seconds
    group by offsets.date_day

),

final as (

    select
        offsets.date_day,
        offsets.offset_before_seconds,
        offsets.offset_after_seconds,
        coalesce(changes.changes_at, {{ dbt.dateadd('day', 1, 'offsets.started_at') }}) as changes_at

    from offsets
    left join changes on offsets.date_day = changes.date_day

)

select * from final
