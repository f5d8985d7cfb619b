-- Figures that a recommendation may rest on by themselves: what became of the raw rows, and the headlines. A headline with an interval is
-- beyond a threshold where its interval is; one of a model that was not found useful says nothing.
with

row_counts as (

    select * from {{ ref('source_row_counts') }}

),

headlines as (

    select * from {{ ref('key_insights') }}

),

final as (

    select
        {{ found_evidence(
            'rejected_rows', 'table_name', "'source_row_counts'", "'rejected_share'", evidence_key(['source', 'table_name']), "'share'",
            'rejected_share', rows='raw_rows', level='table_name', reference_level='source', is_significant='true'
        ) }}
    from row_counts
    where rejected_share is not null

    union all

    select
        {{ found_evidence(
            'accepted_rows', 'table_name', "'source_row_counts'", "'accepted_rows'", evidence_key(['source', 'table_name']), "'count'",
            'accepted_rows', rows='raw_rows', level='table_name', reference_level='source', is_significant='true'
        ) }}
    from row_counts

    union all

    select
        {{ found_evidence(
            'headline', 'metric', "'key_insights'", "'value'", evidence_key(['metric']),
            "case when unit in ('users', 'count') then 'count' else unit end", 'value', ci_low='ci_low', ci_high='ci_high', users='users',
            rows='rows', level='label', detail='note', is_significant='true', effect_low='ci_low', effect_high='ci_high'
        ) }}
    from headlines
    where value is not null and coalesce(verdict, 'useful') in ('useful', 'structured')

)

select * from final
