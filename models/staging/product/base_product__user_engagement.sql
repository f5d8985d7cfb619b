-- depends_on: {{ source('product', 'user_engagement') }}
{{ raw_rows('product', 'user_engagement') }}
