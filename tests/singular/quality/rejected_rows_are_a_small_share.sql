-- More than `max_rejected_share` of a raw table rejected is more than a few bad rows: the mapping or the delivery is wrong.
select
    source,
    table_name,
    rejected_rows,
    raw_rows,
    rejected_share
from {{ ref('source_row_counts') }}
where rejected_share > {{ var('max_rejected_share') }}
