{%- set attributes = ['platform', 'reason_start', 'hour_of_day', 'shuffle', 'track_length'] -%}
-- Plays and skips of each listener by what the plays were like, in one scan.
with

plays as (

    select
        user_id,
        is_skip,
        platform,
        reason_start,
        cast(hour_of_day as varchar) as hour_of_day,
        case is_shuffled when true then 'yes' when false then 'no' end as shuffle,
        case
            when track_length_seconds < 120 then '0-2 minutes'
            when track_length_seconds < 180 then '2-3 minutes'
            when track_length_seconds < 240 then '3-4 minutes'
            when track_length_seconds < 300 then '4-5 minutes'
            when track_length_seconds >= 300 then '5 minutes or more'
        end as track_length
    from {{ ref('plays') }}
    where is_skip is not null and not is_after_as_of

),

final as (

    select
        {{ attribute_and_level(attributes) }},
        user_id,
        count(*) as plays,
        count(*) filter (where is_skip) as skips

    from plays
    {{ attribute_sets(attributes, 'user_id') }}

)

select * from final
