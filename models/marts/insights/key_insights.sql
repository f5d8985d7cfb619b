{% set used = "'" ~ var('raw_sources') | join("', '") ~ "'" %}
with

metrics as (

    select * from {{ ref('key_metrics') }}

),

headlines as (

    {% for headlines in [
        ref('int_user_headlines_gathered'),
        ref('int_retention_headlines_gathered'),
        ref('int_behaviour_headlines_gathered'),
    ] %}
    {{ 'union all' if not loop.first }}
    select * from {{ headlines }}
    {% endfor %}

),

observation as (

    select * from {{ ref('int_observation_bounded') }}

),

-- of a source that is not in use there is nothing to say, not even that it is nought
known as (

    select headlines.*
    from headlines
    inner join metrics on headlines.metric = metrics.metric
    where
        headlines.value is not null
        and coalesce(metrics.source in ({{ used }}), true)

),

final as (

    select
        metrics.place,
        metrics.area,
        metrics.metric,
        metrics.label,
        known.value,
        known.ci_low,
        known.ci_high,
        metrics.unit,
        known.users,
        known.rows,
        known.verdict,
        case
            when known.metric is not null then known.note
            when coalesce(metrics.source in ({{ used }}), true) then 'the data do not say'
            else 'the source ' || metrics.source || ' is not in use'
        end as note,
        metrics.evidence_table,
        metrics.evidence_column,
        known.evidence_key,
        observation.as_of

    from metrics
    left join known on metrics.metric = known.metric
    cross join observation

)

select * from final
