{{ config(materialized='table') }}

{{ list_rejects('streaming', 'plays', ref('stg_streaming__play_rows')) }}
union all
{{ list_rejects('streaming', 'plays', ref('stg_streaming__repeated_play_rows')) }}
