-- What organisations do to the variance of each test. Under independence the parts of its groups sum to one per degree of freedom; what
-- organisations add to that is the difference between the squares of their sums and the squares of their users.
with

tested_groups as (

    select
        *,
        sum(users) over attributes as all_users,
        sum(performers) over attributes as all_performers,
        sum(users - shared_users) over attributes + organisations as clusters,
        count(*) over attributes as levels,
        performers * 1.0 / users as rate,
        sum(residual_products) over attributes as all_residual_squares

    from {{ ref('int_action_groups_summed') }}
    window attributes as (partition by action, attribute)

),

-- squares of the residuals of users in organisations
user_squares as (

    select
        *,
        users * 1.0 / all_users as share,
        all_performers * 1.0 / all_users * (1 - all_performers * 1.0 / all_users) as variance,
        shared_performers * pow(1 - rate, 2) + (shared_users - shared_performers) * pow(rate, 2) as shared_squares

    from tested_groups

),

user_squares_beside_totals as (

    select
        *,
        sum(shared_squares) over (partition by action, attribute) as all_shared_squares
    from user_squares

),

-- each with the share taken out that estimating the common rate takes out
parts as (

    select
        *,
        residual_squares - 2 * share * residual_products + share * share * all_residual_squares as between_organisations,
        (1 - 2 * share) * shared_squares + share * share * all_shared_squares as within_organisations

    from user_squares_beside_totals

),

scaled as (

    select
        action,
        attribute,
        organisations,
        clusters,
        levels,
        support,
        (between_organisations - within_organisations) / nullif(users * variance, 0) as excess

    from parts

),

final as (

    select
        action,
        attribute,
        case
            when max(clusters) > 1 then round(greatest(1, 1 + sum(excess) / nullif(max(levels) - 1, 0)), 9)
            else 1.0
        end as design_effect,
        -- as many as the group has of which the fewest organisations tell
        case when max(organisations) > 0 and max(clusters) > 1 then round(min(support) - 1, 6) end as design_degrees

    from scaled
    group by action, attribute

)

select * from final
