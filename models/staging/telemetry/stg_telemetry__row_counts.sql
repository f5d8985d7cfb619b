{{ config(materialized='table') }}

{{ count_rows('telemetry', 'app_usage', ref('base_telemetry__app_usage'), ref('stg_telemetry__usage_rows')) }}
