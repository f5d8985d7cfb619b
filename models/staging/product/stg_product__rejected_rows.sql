{{ config(materialized='table') }}

{{ list_rejects('product', 'users', ref('stg_product__user_rows')) }}
union all
{{ list_rejects('product', 'user_engagement', ref('stg_product__login_rows')) }}
