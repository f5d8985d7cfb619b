-- What came in, and what became of it?
select
    source,
    table_name,
    raw_rows,
    accepted_rows,
    rejected_rows,
    excluded_rows,
    rows_after_as_of
from {{ ref('source_row_counts') }}
order by source, table_name
