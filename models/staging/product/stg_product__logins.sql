with

login_rows as (

    select * from {{ ref('stg_product__login_rows') }}

),

final as (

    select
        user_id,
        logged_in_at

    from login_rows
    where reject_reason is null and not is_excluded

)

select * from final
