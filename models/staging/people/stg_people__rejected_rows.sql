{{ config(materialized='table') }}

{{ list_rejects('people', 'user_profiles', ref('stg_people__profile_rows')) }}
union all
{{ list_rejects('people', 'user_actions', ref('stg_people__action_rows')) }}
