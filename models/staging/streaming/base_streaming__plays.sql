-- depends_on: {{ source('streaming', 'plays') }}
{{ raw_rows('streaming', 'plays') }}
