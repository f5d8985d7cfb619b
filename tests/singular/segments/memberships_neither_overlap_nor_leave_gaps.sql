-- Users whose times in segments end before they begin, overlap, leave a gap, or go on after an open end.
with

memberships as (

    select
        user_id,
        dbt_valid_from,
        dbt_valid_to,
        lead(dbt_valid_from) over (
            partition by user_id
            order by dbt_valid_from, coalesce(dbt_valid_to, date '9999-12-31')
        ) as next_valid_from
    from {{ ref('segment_memberships') }}

)

select *
from memberships
where
    dbt_valid_to < dbt_valid_from
    or (next_valid_from is not null and next_valid_from is distinct from dbt_valid_to)
