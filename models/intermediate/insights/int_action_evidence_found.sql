-- What the marts of actions hold that a recommendation may rest on: differences between groups of users that are real, and experiments
-- whose users were not dealt as planned.
with

tests as (

    select * from {{ ref('action_tests') }}

),

pairs as (

    select * from {{ ref('action_pairs') }}
    where verdict = 'different'

),

-- the two levels that are furthest apart, of those of which that is sure
widest_pairs as (

    select
        action,
        attribute,
        case when difference > 0 then level else other_level end as level,
        case when difference > 0 then other_level else level end as reference_level,
        case when difference > 0 then performers * 1.0 / users else other_performers * 1.0 / other_users end as action_rate,
        case when difference > 0 then other_performers * 1.0 / other_users else performers * 1.0 / users end as reference_rate,
        case when difference > 0 then users else other_users end as users,
        case when difference > 0 then other_users else users end as reference_users

    from pairs
    qualify row_number() over (
        partition by action, attribute
        order by abs(difference) desc, level asc, other_level asc
    ) = 1

),

described as (

    select
        tests.*,
        widest_pairs.level as most_level,
        widest_pairs.reference_level as least_level,
        case
            when widest_pairs.level is not null
                then
                    widest_pairs.level || ' with ' || {{ figure_text('widest_pairs.action_rate', "'share'") }}
                    || ' of ' || widest_pairs.users
                    || ', ' || widest_pairs.reference_level || ' with ' || {{ figure_text('widest_pairs.reference_rate', "'share'") }}
                    || ' of ' || widest_pairs.reference_users
            when tests.performers_mean is not null
                then
                    'a mean of ' || {{ figure_text('tests.performers_mean', "'number'") }} || ' of those who do, '
                    || {{ figure_text('tests.others_mean', "'number'") }} || ' of the others'
            else 'no two groups differ for sure by themselves'
        end as detail

    from tests
    left join widest_pairs
        on
            tests.action = widest_pairs.action
            and tests.attribute = widest_pairs.attribute

),

final as (

    select
        {{ found_evidence(
            'action_difference', 'effect_size_name', "'action_tests'", "'effect_size'", evidence_key(['action', 'attribute']), "'number'",
            'effect_size', reference='0', ci_low='effect_ci_low', ci_high='effect_ci_high', users='users',
            level='action', reference_level="replace(attribute, '_', ' ')", detail='detail',
            p_value='p_value', q_value='q_value', is_significant="verdict = 'different'",
            effect_low='effect_ci_low', effect_high='effect_ci_high'
        ) }}
    from described
    where verdict = 'different'

    union all

    select
        {{ found_evidence(
            'experiment_split', 'attribute', "'action_tests'", "'sample_ratio_p_value'", evidence_key(['action', 'attribute']), "'number'",
            'sample_ratio_p_value', users='users', level='action', reference_level="replace(attribute, '_', ' ')", detail='reason',
            p_value='sample_ratio_p_value', is_significant="verdict = 'sample_ratio_mismatch'"
        ) }}
    from tests
    where verdict = 'sample_ratio_mismatch'

)

select * from final
