{{ config(materialized='table') }}

{{ count_rows('product', 'users', ref('base_product__users'), ref('stg_product__user_rows')) }}
union all
{{ count_rows('product', 'user_engagement', ref('base_product__user_engagement'), ref('stg_product__login_rows')) }}
