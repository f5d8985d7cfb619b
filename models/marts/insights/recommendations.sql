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
        evidence.*,
        rules.rule_id,
        rules.subject as rule_subject,
        rules.area,
        rules.severity,
        rules.finding,
        rules.recommendation,
        rules.direction,
        rules.threshold,
        case rules.severity when 'high' then 1 when 'medium' then 2 else 3 end as severity_order

    from evidence
    inner join rules
        on
            evidence.kind = rules.kind
            and (rules.subject is null or evidence.subject = rules.subject)
            and case rules.direction
                when 'at_least' then coalesce(evidence.effect_low, evidence.effect) >= rules.threshold
                when 'at_most' then coalesce(evidence.effect_high, evidence.effect) <= rules.threshold
                when 'either_way'
                    then case
                        when evidence.effect > 0 then coalesce(evidence.effect_low, evidence.effect)
                        else -coalesce(evidence.effect_high, evidence.effect)
                    end >= rules.threshold
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
        order by severity_order asc, rule_subject is null asc, rule_id asc
    ) = 1

),

final as (

    select
        cast(row_number() over (
            order by
                worded.severity_order asc,
                worded.area asc,
                worded.rule_id asc,
                abs(worded.effect) desc,
                worded.evidence_key asc
        ) as integer) as place,
        worded.rule_id,
        worded.area,
        worded.severity,
        {{ filled_words('worded.finding', placeholders) }} as finding,
        {{ filled_words('worded.recommendation', placeholders) }} as recommendation,
        worded.kind,
        worded.evidence_table,
        worded.evidence_column,
        worded.evidence_key,
        worded.evidence_value,
        worded.reference_value,
        worded.ci_low,
        worded.ci_high,
        worded.effect,
        worded.direction,
        worded.threshold,
        worded.users,
        worded.rows,
        worded.p_value,
        worded.q_value,
        observation.as_of

    from worded
    cross join observation

)

select * from final
