-- depends_on: {{ source('product', 'users') }}
{{ raw_rows('product', 'users') }}
