-- All that a recommendation may rest on, with whether it is more than chance. Who looks at every level of every attribute finds some that
-- stand out by chance, so the p-values of one kind are adjusted for all that were looked at, where the mart has not done it (Benjamini and
-- Hochberg 1995).
with

found as (

    {% for evidence in [
        ref('int_adoption_evidence_found'),
        ref('int_action_evidence_found'),
        ref('int_segment_evidence_found'),
        ref('int_retention_evidence_found'),
        ref('int_play_evidence_found'),
        ref('int_figure_evidence_found'),
    ] %}
    {{ 'union all' if not loop.first }}
    select * from {{ evidence }}
    {% endfor %}

),

ranked as (

    select
        *,
        count(p_value) over (partition by kind) as comparisons,
        count(p_value) over (
            partition by kind
            order by p_value
            range between unbounded preceding and current row
        ) as place
    from found

),

adjusted as (

    select
        *,
        min(p_value * comparisons / place) over (
            partition by kind
            order by p_value desc
            range between unbounded preceding and current row
        ) as adjusted_p_value
    from ranked

),

final as (

    select
        kind,
        subject,
        level,
        reference_level,
        detail,
        evidence_table,
        evidence_column,
        evidence_key,
        unit,
        evidence_value,
        reference_value,
        effect,
        effect_low,
        effect_high,
        ci_low,
        ci_high,
        users,
        rows,
        p_value,
        coalesce(q_value, adjusted_p_value) as q_value,
        -- a difference between a few users is one of those users
        coalesce(is_significant, adjusted_p_value < {{ var('test_alpha') }}, false)
        and (users >= {{ var('test_min_users') }} or users is null) as is_significant

    from adjusted

)

select * from final
