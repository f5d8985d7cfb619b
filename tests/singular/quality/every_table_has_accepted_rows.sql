-- A table without a row that can be used is more often a rule in `inputs` that fits nothing, or everything, than a product without users.
{{ config(severity='warn') }}

select
    source,
    table_name,
    raw_rows,
    rejected_rows,
    excluded_rows
from {{ ref('source_row_counts') }}
where accepted_rows = 0
