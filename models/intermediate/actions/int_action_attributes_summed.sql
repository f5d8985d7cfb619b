-- Every action with every attribute: how many users the test has, and what organisations do to its variance.
with

everybody as (

    select
        action,
        users,
        performers
    from {{ ref('int_action_levels_summed') }}
    where attribute = '(all)'

),

unknown as (

    select
        action,
        attribute,
        users,
        performers
    from {{ ref('int_action_levels_summed') }}
    where level = '(missing)'

),

joined as (

    select
        everybody.action,
        attributes.place,
        attributes.attribute,
        attributes.type,
        attributes.levels,
        everybody.users as all_users,
        numbers.performers_mean,
        numbers.performers_variance,
        numbers.others_mean,
        numbers.others_variance,
        case
            when attributes.type = 'numeric' then coalesce(numbers.users, 0)
            else everybody.users - coalesce(unknown.users, 0)
        end as users,
        case
            when attributes.type = 'numeric' then coalesce(numbers.performers, 0)
            else everybody.performers - coalesce(unknown.performers, 0)
        end as performers,
        coalesce(numbers.design_effect, correlations.design_effect, 1) as design_effect,
        coalesce(numbers.design_degrees, correlations.design_degrees) as design_degrees

    from everybody
    cross join {{ ref('int_attributes_sized') }} as attributes
    left join unknown on everybody.action = unknown.action and attributes.attribute = unknown.attribute
    left join {{ ref('int_action_groups_correlated') }} as correlations
        on everybody.action = correlations.action and attributes.attribute = correlations.attribute
    left join {{ ref('int_action_numbers_summed') }} as numbers
        on everybody.action = numbers.action and attributes.attribute = numbers.attribute

),

final as (

    select
        action,
        place,
        attribute,
        type,
        levels,
        users,
        performers,
        performers_mean,
        performers_variance,
        others_mean,
        others_variance,
        design_effect,
        design_degrees,
        all_users - users as missing_users

    from joined

)

select * from final
