{# How well each number of segments describes a sample of the rows. #}
{% macro segment_k_score_rows(fitted_counts, counted) -%}
with

counts as (

    select * from {{ fitted_counts }}

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
        {{ counted }},
        gap_k = k as is_chosen_by_gap,
        best_k = k as is_largest_excess

    from counts

)

select * from final
{%- endmacro %}
