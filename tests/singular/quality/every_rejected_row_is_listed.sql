with

listed as (

    select
        source,
        table_name,
        count(*) as listed_rows
    from {{ ref('rejected_rows') }}
    group by source, table_name

)

select
    counts.source,
    counts.table_name,
    counts.rejected_rows,
    listed.listed_rows
from {{ ref('source_row_counts') }} as counts
full outer join listed on counts.source = listed.source and counts.table_name = listed.table_name
where coalesce(counts.rejected_rows, 0) <> coalesce(listed.listed_rows, 0)
