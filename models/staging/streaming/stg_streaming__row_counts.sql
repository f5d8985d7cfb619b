{{ config(materialized='table') }}

with

counted as (

    {{ count_rows('streaming', 'plays', ref('base_streaming__plays'), ref('stg_streaming__play_rows')) }}

),

repeated as (

    select count(*) as rejected_rows
    from {{ ref('stg_streaming__repeated_play_rows') }}

),

final as (

    select
        counted.source,
        counted.table_name,
        counted.raw_rows,
        counted.excluded_rows,
        counted.accepted_rows - repeated.rejected_rows as accepted_rows,
        counted.rejected_rows + repeated.rejected_rows as rejected_rows

    from counted
    cross join repeated

)

select * from final
