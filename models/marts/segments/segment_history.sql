with

memberships as (

    select * from {{ ref('segment_memberships') }}

),

final as (

    select
        user_id,
        segment_id,
        segment_name,
        dbt_valid_from as valid_from,
        dbt_valid_to as valid_to,
        dbt_valid_to is null as is_current

    from memberships
    where
        segment_id is not null
        -- what a second build of the same day changed was never in force
        and coalesce(dbt_valid_to > dbt_valid_from, true)

)

select * from final
