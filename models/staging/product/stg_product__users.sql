with

user_rows as (

    select * from {{ ref('stg_product__user_rows') }}

),

final as (

    select
        user_id,
        org_id,
        invited_by_user_id,
        creation_source,
        is_opted_in_to_mailing_list,
        is_enabled_for_marketing_drip,
        created_at,
        last_session_at

    from user_rows
    where reject_reason is null and not is_excluded

)

select * from final
