{{ config(materialized='table') }}
{%- set said = ['user_id', 'track_uri', 'ended_at', 'platform', 'ms_played', 'track_name'] %}
{%- set text = "concat_ws(',', play_rows." ~ said | join(', play_rows.') ~ ')' %}
-- Rows that say what a row before them says, in every column: the listener cannot have played it twice at once.
with

play_rows as (

    select * from {{ ref('stg_streaming__play_rows') }}
    where reject_reason is null and not is_excluded

),

repeated_ids as (

    select play_id
    from play_rows
    group by play_id
    having count(*) > 1

),

final as (

    select
        play_rows.source_file,
        play_rows.source_row,
        play_rows.play_id,
        'ts' as rejected_column,
        'exact duplicate of a row' as reject_reason,
        {{ text if var('keep_rejected_text') else 'cast(null as varchar)' }} as raw_text

    from play_rows
    inner join repeated_ids on play_rows.play_id = repeated_ids.play_id
    qualify row_number() over (partition by play_rows.play_id order by play_rows.source_file, play_rows.source_row) > 1

)

select * from final
