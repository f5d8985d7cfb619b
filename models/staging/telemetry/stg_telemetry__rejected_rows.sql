{{ config(materialized='table') }}

{{ list_rejects('telemetry', 'app_usage', ref('stg_telemetry__usage_rows')) }}
