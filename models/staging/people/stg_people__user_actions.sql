with

action_rows as (

    select * from {{ ref('stg_people__action_rows') }}

),

final as (

    select
        user_id,
        action,
        occurred_at

    from action_rows
    where reject_reason is null and not is_excluded

)

select * from final
