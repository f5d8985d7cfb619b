-- Which attributes were not tested for an action, and why?
select
    action,
    attribute,
    verdict,
    reason,
    users,
    performers,
    missing_users
from {{ ref('action_tests') }}
where verdict not in ('different', 'no_evidence')
order by action, attribute
