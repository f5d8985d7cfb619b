with

counts as (

    select * from {{ ref('int_action_levels_counted') }}

),

summed as (

    select
        action,
        attribute,
        level,
        {{ clustered_counts('performers', 'users', 'action') }}

    from counts
    group by action, attribute, level

),

correlated as (

    select
        *,
        {{ intraclass_correlation('action', within='action, attribute') }} as action_correlation

    from summed

),

final as (

    select
        action,
        attribute,
        level,
        action_trials as users,
        action_successes as performers,
        action_clusters as clusters,
        {{ design_effect('action') }} as design_effect,
        {{ effective_trials('action') }} as effective_users

    from correlated

)

select * from final
