{{ config(materialized='table') }}

{{ count_rows('people', 'user_profiles', ref('base_people__user_profiles'), ref('stg_people__profile_rows')) }}
union all
{{ count_rows('people', 'user_actions', ref('base_people__user_actions'), ref('stg_people__action_rows')) }}
