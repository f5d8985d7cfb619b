-- depends_on: {{ source('people', 'user_actions') }}
{{ raw_rows('people', 'user_actions') }}
