{# What each feature adds to the log-odds of a pattern, and how much more than to those of the average fitted user. Decimals, because their
   sums do not depend on the order of the rows. #}
{% macro pattern_contributions(patterns, terms) -%}
with

pattern_values as (

    select * from {{ patterns }}

),

terms as (

    select * from {{ terms }}
    where role <> 'intercept'

),

final as (

    select
        pattern_values.pattern_key,
        pattern_values.attribute,
        coalesce(pattern_values.level, {{ number_text('pattern_values.number') }}) as level,
        cast(terms.coefficient * coalesce(pattern_values.number, 1) as decimal(28, 15)) as log_odds,
        cast(terms.coefficient * coalesce(pattern_values.number, 1) - terms.mean_contribution as decimal(28, 15)) as contribution

    from pattern_values
    left join terms
        on
            pattern_values.attribute = terms.attribute
            and coalesce(pattern_values.level, '') = coalesce(terms.level, '')

)

select * from final
{%- endmacro %}
