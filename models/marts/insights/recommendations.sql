{% set placeholders = ['level', 'reference_level', 'detail', 'value', 'reference', 'ci_low', 'ci_high', 'users', 'rows', 'threshold'] %}
with

rules as (

    select * from {{ ref('recommendation_rules') }}

),

evidence as (

    select * from {{ ref('int_evidence_judged') }}
    where is_significant

),

observation as (

    select * from {{ ref('int_observation_bounded') }}

),

matched as (

    select
        rules.rule_id,
        rules.subject as rule_subject,
        rules.area,
        rules.severity,
        case rules.severity when 'high' then 1 when 'medium' then 2 else 3 end as severity_order,
        rules.finding as finding_words,
        rules.recommendation as recommendation_words,
        rules.direction,
        rules.threshold,
        evidence.*

    from evidence
    inner join rules
        on
            evidence.kind = rules.kind
            and (rules.subject is null or evidence.subject = rules.subject)
            and case rules.direction
                when 'at_least' then coalesce(evidence.effect_low, evidence.effect) >= rules.threshold
                when 'at_most' then coalesce(evidence.effect_high, evidence.effect) <= rules.threshold
                else abs(evidence.effect) >= rules.threshold
            end

),

-- of rules of one kind that hold for the same row, the most severe speaks, and the one that is about it rather than one about all
worded as (

    select
        *,
        {{ figure_text('evidence_value', 'unit') }} as value_words,
        {{ figure_text('reference_value', 'unit') }} as reference_words,
        {{ figure_text('ci_low', 'unit') }} as ci_low_words,
        {{ figure_text('ci_high', 'unit') }} as ci_high_words,
        cast(users as varchar) as users_words,
        cast(rows as varchar) as rows_words,
        {{ number_text('threshold') }} as threshold_words,
        level as level_words,
        reference_level as reference_level_words,
        detail as detail_words
    from matched
    qualify row_number() over (
        partition by kind, evidence_table, evidence_key
        order by severity_order, rule_subject is null, rule_id
    ) = 1

),

final as (

    select
        cast(row_number() over (order by severity_order, area, rule_id, abs(effect) desc, evidence_key) as integer) as place,
        rule_id,
        area,
        severity,
        {% for words in ['finding', 'recommendation'] %}
        {% for _ in placeholders %}replace({% endfor %}{{ words }}_words
        {%- for name in placeholders %}, '{{ '{' ~ name ~ '}' }}', coalesce({{ name }}_words, '(unknown)')){% endfor %} as {{ words }},
        {% endfor %}
        kind,
        evidence_table,
        evidence_column,
        evidence_key,
        evidence_value,
        reference_value,
        ci_low,
        ci_high,
        effect,
        direction,
        threshold,
        users,
        rows,
        p_value,
        q_value,
        observation.as_of

    from worded
    cross join observation

)

select * from final
