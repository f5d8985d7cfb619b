-- Which ways of signing up bring regular users? matured_rate compares fairly: everybody in it had the whole horizon.
select
    level as creation_source,
    users,
    round(matured_rate, 3) as matured_rate,
    round(matured_ci_low, 3) as matured_ci_low,
    round(matured_ci_high, 3) as matured_ci_high
from {{ ref('adoption_rates') }}
where attribute = 'creation_source'
order by level_order
