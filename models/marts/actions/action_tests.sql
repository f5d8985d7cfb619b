with

tests as (

    select * from {{ ref('int_actions_tested') }}

),

observation as (

    select * from {{ ref('int_observation_bounded') }}

),

final as (

    select
        tests.action,
        tests.attribute,
        tests.type,
        tests.verdict,

        tests.test,
        tests.reason,
        tests.statistic,
        tests.pearson_statistic,
        tests.degrees_of_freedom,
        tests.p_value,
        tests.q_value,

        tests.level,
        tests.reference_level,
        tests.effect_size_name,
        tests.effect_size,
        tests.effect_ci_low,
        tests.effect_ci_high,
        tests.ci_level,
        tests.cramers_v,
        tests.performers_mean,
        tests.others_mean,

        tests.users,
        tests.performers,
        tests.missing_users,
        tests.levels,
        tests.design_effect,
        tests.design_degrees,
        tests.sample_ratio_p_value,
        observation.as_of

    from tests
    cross join observation

)

select * from final
