-- depends_on: {{ source('telemetry', 'app_usage') }}
{{ raw_rows('telemetry', 'app_usage') }}
