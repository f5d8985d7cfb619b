-- What the marts of adoption hold that a recommendation may rest on: levels against all other accounts, and terms of the regression that
-- knows nothing of the outcome.
with

rates as (

    select * from {{ ref('adoption_rates') }}

),

terms as (

    select * from {{ ref('adoption_coefficients') }}
    where not leaks_outcome and q_value is not null and coalesce(level, '') <> '(missing)'

),

everybody as (

    select * from rates
    where attribute = '(all)'

),

compared as (

    select
        rates.*,
        {{ level_against_rest(
            'rates.matured_adopted_users', 'rates.matured_users', 'rates.matured_effective_users',
            'everybody.matured_adopted_users', 'everybody.matured_users', 'everybody.matured_effective_users'
        ) }}
    from rates
    cross join everybody
    where rates.attribute <> '(all)' and rates.level <> '(missing)' and rates.matured_users > 0

),

final as (

    select
        {{ found_evidence(
            'adoption_level', 'attribute', "'adoption_rates'", "'matured_rate'", evidence_key(['attribute', 'level']), "'share'",
            'matured_rate - rest_share', 'matured_rate', 'rest_share', 'matured_ci_low', 'matured_ci_high', 'matured_users',
            level='level', p_value=two_sided_p_value('z_value'),
            effect_low='matured_rate - rest_share - half_width', effect_high='matured_rate - rest_share + half_width'
        ) }}
    from compared
    where z_value is not null

    union all

    select
        {{ term_evidence('adoption_term', 'adoption_coefficients') }}
    from terms

)

select * from final
