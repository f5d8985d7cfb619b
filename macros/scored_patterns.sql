{# The log-odds and the probability of each covariate pattern, and the features that speak most for or against it. #}
{% macro scored_patterns(contributions, terms, register) -%}
with

contributions as (

    select * from {{ contributions }}

),

features as (

    select * from {{ register }}

),

intercept as (

    select
        cast(coefficient as decimal(28, 15)) as log_odds,
        fitted_as_of
    from {{ terms }}
    where role = 'intercept'

),

-- the features that speak most, for or against
reasons as (

    select
        contributions.pattern_key,
        features.words || ': ' || contributions.level || ' (' || {{ signed_text('contributions.contribution') }} || ')' as reason,
        row_number() over (
            partition by contributions.pattern_key
            order by abs(contributions.contribution) desc, contributions.attribute
        ) as place

    from contributions
    inner join features on contributions.attribute = features.feature
    where abs(contributions.contribution) >= 0.005

),

top_reasons as (

    select
        pattern_key,
        max(reason) filter (where place = 1) as top_reason_1,
        max(reason) filter (where place = 2) as top_reason_2,
        max(reason) filter (where place = 3) as top_reason_3

    from reasons
    group by pattern_key

),

fitted_features as (

    select count(distinct attribute) as features
    from {{ terms }}

),

-- null where a level is one that the fit never met, or the features are no longer those of the fit
summed as (

    select
        contributions.pattern_key,
        case
            when count(*) = count(contributions.log_odds) and count(*) = max(fitted_features.features)
                then sum(contributions.log_odds)
        end as log_odds

    from contributions
    cross join fitted_features
    group by contributions.pattern_key

),

final as (

    select
        summed.pattern_key,
        intercept.fitted_as_of,
        top_reasons.top_reason_1,
        top_reasons.top_reason_2,
        top_reasons.top_reason_3,
        cast(intercept.log_odds + summed.log_odds as double) as log_odds,
        intercept.log_odds is not null as is_model_fitted,
        1 / (1 + exp(-cast(intercept.log_odds + summed.log_odds as double))) as probability

    from summed
    cross join intercept
    left join top_reasons on summed.pattern_key = top_reasons.pattern_key

)

select * from final
{%- endmacro %}
