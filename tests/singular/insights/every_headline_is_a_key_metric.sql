-- Headlines that are worked out, and those of which rules speak, that the seed does not have: the ones would not be seen, the others never
-- speak.
with

key_metrics as (

    select * from {{ ref('key_metrics') }}

),

named as (

    {% for gathered in [
        ref('int_user_headlines_gathered'),
        ref('int_behaviour_headlines_gathered'),
        ref('int_retention_headlines_gathered'),
    ] %}
    select metric from {{ gathered }}
    union all
    {% endfor %}
    select subject as metric
    from {{ ref('recommendation_rules') }}
    where kind = 'headline'

)

select named.metric
from named
left join key_metrics on named.metric = key_metrics.metric
where key_metrics.metric is null
