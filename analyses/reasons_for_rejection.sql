-- What is wrong with the rows that were set aside?
select
    table_name,
    column_name,
    reason,
    count(*) as rejected_rows,
    min(row_number) as first_row
from {{ ref('rejected_rows') }}
group by table_name, column_name, reason
order by rejected_rows desc, table_name asc, reason asc
