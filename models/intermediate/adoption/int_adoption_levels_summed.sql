with

counts as (

    select * from {{ ref('int_adoption_counted') }}

),

summed as (

    select
        attribute,
        level,
        {{ clustered_counts('adopted_users', 'users', 'adoption') }},
        {{ clustered_counts('matured_adopted_users', 'matured_users', 'matured') }},
        cast(sum(unobserved_users) as bigint) as unobserved_users

    from counts
    group by attribute, level

),

correlated as (

    select
        *,
        {{ intraclass_correlation('adoption') }} as adoption_correlation,
        {{ intraclass_correlation('matured') }} as matured_correlation

    from summed

),

final as (

    select
        attribute,
        level,
        adoption_trials as users,
        adoption_successes as adopted_users,
        adoption_clusters as clusters,
        {{ design_effect('adoption') }} as design_effect,
        {{ effective_trials('adoption') }} as effective_users,
        unobserved_users,
        matured_trials as matured_users,
        matured_successes as matured_adopted_users,
        matured_clusters,
        {{ design_effect('matured') }} as matured_design_effect,
        {{ effective_trials('matured') }} as matured_effective_users

    from correlated

)

select * from final
