-- Means and variances of each numeric attribute among performers and others, and what organisations do to the variance of their difference.
with

counts as (

    select * from {{ ref('int_action_numbers_counted') }}

),

totals as (

    select
        action,
        attribute,
        cast(sum(users) as bigint) as users,
        cast(sum(performers) as bigint) as performers,
        cast(sum(performers_total) as double) as performers_total,
        cast(sum(performers_squares) as double) as performers_squares,
        cast(sum(others_total) as double) as others_total,
        cast(sum(others_squares) as double) as others_squares,
        cast(sum(case when org_id is null then users else 1 end) as bigint) as clusters,
        count(org_id) as organisations,
        sum(case when org_id is null then performers else performers * performers end) as performers_squared,
        sum(
            case when org_id is null then users - performers else (users - performers) * (users - performers) end
        ) as others_squared

    from counts
    group by action, attribute

),

moments as (

    select
        *,
        performers_total / nullif(performers, 0) as performers_mean,
        others_total / nullif(users - performers, 0) as others_mean,
        greatest(0, performers_squares - performers_total * performers_total / nullif(performers, 0))
        / nullif(performers - 1, 0) as performers_variance,
        greatest(0, others_squares - others_total * others_total / nullif(users - performers, 0))
        / nullif(users - performers - 1, 0) as others_variance
    from totals

),

centred as (

    select
        counts.action,
        counts.attribute,
        counts.org_id,
        counts.users,
        cast(counts.performers_total + counts.others_total as double) as total,
        cast(counts.performers_squares + counts.others_squares as double) as squares,
        (moments.performers_total + moments.others_total) / moments.users as mean

    from counts
    inner join moments on counts.action = moments.action and counts.attribute = moments.attribute

),

-- what each organisation adds to the variance of the number, as much for what its users share as for what they do not; users without an
-- organisation share nothing
weights as (

    select
        action,
        attribute,
        org_id,
        users,
        greatest(0, squares - 2 * mean * total + users * mean * mean)
        + case
            when org_id is null then greatest(0, squares - 2 * mean * total + users * mean * mean)
            else pow(total - users * mean, 2)
        end as weight

    from centred

),

-- organisations of equal weight that would tell as much
supports as (

    select
        action,
        attribute,
        pow(sum(weight), 2) / nullif(sum(case when org_id is null then weight * weight / users else weight * weight end), 0) as support
    from weights
    group by action, attribute

),

scaled as (

    select
        *,
        sqrt(nullif(performers_variance / performers + others_variance / (users - performers), 0)) as std_error
    from moments

),

-- how much each organisation moves the difference of the means, in standard errors, and the sum of squares of what its users do
shifts as (

    select
        scaled.action,
        scaled.attribute,
        cast(
            (
                (counts.performers_total - counts.performers * scaled.performers_mean) / scaled.performers
                - (counts.others_total - (counts.users - counts.performers) * scaled.others_mean) / (scaled.users - scaled.performers)
            ) / scaled.std_error as decimal(18, 12)
        ) as shift,
        cast(
            (
                (
                    counts.performers_squares - 2 * scaled.performers_mean * counts.performers_total
                    + counts.performers * scaled.performers_mean * scaled.performers_mean
                ) / pow(scaled.performers, 2)
                + (
                    counts.others_squares - 2 * scaled.others_mean * counts.others_total
                    + (counts.users - counts.performers) * scaled.others_mean * scaled.others_mean
                ) / pow(scaled.users - scaled.performers, 2)
            ) / pow(scaled.std_error, 2) as decimal(18, 12)
        ) as user_shifts

    from counts
    inner join scaled on counts.action = scaled.action and counts.attribute = scaled.attribute
    where counts.org_id is not null

),

excesses as (

    select
        action,
        attribute,
        cast(sum(shift * shift) as double) as between_organisations,
        cast(sum(user_shifts) as double) as within_organisations
    from shifts
    group by action, attribute

),

final as (

    select
        scaled.action,
        scaled.attribute,
        scaled.users,
        scaled.performers,
        scaled.performers_mean,
        scaled.performers_variance,
        scaled.others_mean,
        scaled.others_variance,
        round(greatest(1, coalesce(
            1
            + scaled.clusters * 1.0 / nullif(scaled.clusters - 1, 0) * excesses.between_organisations
            - excesses.within_organisations,
            1
        )), 9) as design_effect,
        case
            when scaled.organisations > 0 and scaled.clusters > 1
                then
                    round(least(
                        scaled.performers * 1.0 * scaled.performers / nullif(scaled.performers_squared, 0),
                        pow(scaled.users - scaled.performers, 2) / nullif(scaled.others_squared, 0),
                        supports.support
                    ) - 1, 6)
        end as design_degrees

    from scaled
    left join excesses on scaled.action = excesses.action and scaled.attribute = excesses.attribute
    left join supports on scaled.action = supports.action and scaled.attribute = supports.attribute

)

select * from final
