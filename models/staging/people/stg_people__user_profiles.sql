with

profile_rows as (

    select * from {{ ref('stg_people__profile_rows') }}

),

final as (

    select
        user_id,
        levels,
        numbers

    from profile_rows
    where reject_reason is null and not is_excluded

)

select * from final
