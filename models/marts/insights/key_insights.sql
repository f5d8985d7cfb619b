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

used as (

    select
        metrics.*,
        coalesce(metrics.source in ('{{ var('raw_sources') | join("', '") }}'), true) as is_source_used
    from metrics

),

final as (

    select
        used.place,
        used.area,
        used.metric,
        used.label,
        case when used.is_source_used then headlines.value end as value,
        case when used.is_source_used then headlines.ci_low end as ci_low,
        case when used.is_source_used then headlines.ci_high end as ci_high,
        used.unit,
        case when used.is_source_used then headlines.users end as users,
        case when used.is_source_used then headlines.rows end as rows,
        case when used.is_source_used then headlines.verdict end as verdict,
        case
            when not used.is_source_used then 'the source ' || used.source || ' is not in use'
            when headlines.value is null then coalesce(headlines.note, 'the data do not say')
            else headlines.note
        end as note,
        used.evidence_table,
        used.evidence_column,
        case when used.is_source_used and headlines.value is not null then headlines.evidence_key end as evidence_key,
        observation.as_of

    from used
    left join headlines on used.metric = headlines.metric
    cross join observation

)

select * from final
