-- One row: how many different creation sources the accounts have.
with

accounts as (

    select * from {{ ref('stg_product__users') }}

),

final as (

    select count(distinct creation_source) as levels
    from accounts

)

select * from final
