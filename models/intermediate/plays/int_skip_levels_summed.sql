with

counts as (

    select
        *,
        -- the plays of one listener are alike; of a sole listener nobody can say how much
        case when min(user_id) over () <> max(user_id) over () then user_id end as cluster_id
    from {{ ref('int_skips_counted') }}

),

summed as (

    select
        attribute,
        level,
        count(*) as listeners,
        {{ clustered_counts('skips', 'plays', 'skip', 'cluster_id') }}

    from counts
    group by attribute, level

),

correlated as (

    select
        *,
        {{ intraclass_correlation('skip') }} as skip_correlation
    from summed

),

final as (

    select
        attribute,
        level,
        listeners,
        skip_trials as plays,
        skip_successes as skips,
        {{ design_effect('skip') }} as design_effect,
        {{ effective_trials('skip') }} as effective_plays

    from correlated

)

select * from final
