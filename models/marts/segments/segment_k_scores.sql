with

counts as (

    select * from {{ ref('int_segment_counts_fitted') }}

),

final as (

    select
        k,
        is_selected,
        inertia,
        silhouette,
        silhouette_reference,
        excess,
        needed_excess,
        gap,
        gap_se,
        valley,
        min_jaccard,
        mean_ari,
        users,
        gap_k = k as is_chosen_by_gap,
        best_k = k as is_largest_excess

    from counts

)

select * from final
