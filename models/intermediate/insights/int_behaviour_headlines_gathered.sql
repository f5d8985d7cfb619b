-- The headline figures of actions, segments, plays and the raw data, each with where it stands.
with

action_rates as (

    select * from {{ ref('action_rates') }}
    where attribute = '(all)'

),

action_tests as (

    select * from {{ ref('action_tests') }}

),

segments as (

    select * from {{ ref('segments') }}

),

daily_activity as (

    select * from {{ ref('daily_activity') }}

),

skip_rates as (

    select * from {{ ref('skip_rates') }}
    where attribute = '(all)'

),

skip_scores as (

    select * from {{ ref('skip_model_scores') }}

),

track_segments as (

    select * from {{ ref('track_segment_summaries') }}

),

row_counts as (

    select * from {{ ref('source_row_counts') }}

),

top_action as (

    select *
    from action_rates
    qualify row_number() over (order by performers desc, action asc) = 1

),

largest_segment as (

    select
        *,
        sum(users) over () as all_users
    from segments
    qualify row_number() over (order by users desc, segment_id asc) = 1

),

-- the model was chosen before the future that judges it, where there are enough plays
skip_auc as (

    select *
    from skip_scores
    where is_best and metric = 'auc' and value is not null
    qualify row_number() over (order by case evaluation when 'future' then 1 else 2 end, evaluation) = 1

),

final as (

    select
        {{ headline('top_action_rate', 'action_rate', evidence_key(['action', 'attribute', 'level']), 'ci_low', 'ci_high', 'users',
            note="'action ' || action") }}
    from top_action

    union all

    select
        {{ headline('action_tests_made', 'count(*)', "'p_value is not null'", users='max(users)') }}
    from action_tests
    where p_value is not null
    having count(*) > 0

    union all

    select
        {{ headline('action_tests_different', "count(*) filter (where verdict = 'different')", "'verdict = ''different'''",
            users='max(users)') }}
    from action_tests
    where p_value is not null
    having count(*) > 0

    union all

    select
        {{ headline('segments', 'count(*)', "'segment_id is not null'", users='sum(users)', verdict='max(verdict)', note='max(finding)') }}
    from segments
    having count(*) > 0

    union all

    select
        {{ headline('largest_segment_share', 'share', evidence_key(['segment_id']), users='all_users', verdict='verdict',
            note='segment_name') }}
    from largest_segment

    union all

    select
        {{ headline('plays', 'sum(plays)', "'plays > 0'", rows='sum(plays)') }}
    from daily_activity
    where plays > 0
    having count(*) > 0

    union all

    -- minutes are sums of fractions, whose last digits depend on the order of the days
    select
        {{ headline('hours_played', 'round(sum(minutes) / 60, 1)', "'plays > 0'", rows='sum(plays)') }}
    from daily_activity
    where plays > 0
    having count(*) > 0

    union all

    select
        {{ headline('skip_rate', 'skip_rate', evidence_key(['attribute', 'level']), 'ci_low', 'ci_high', 'listeners', 'plays') }}
    from skip_rates

    union all

    select
        {{ headline('skip_auc', 'value', evidence_key(['model', 'evaluation', 'metric']), 'ci_low', 'ci_high', 'users', 'plays',
            'verdict', 'model') }}
    from skip_auc

    union all

    select
        {{ headline('track_segments', 'count(*)', "'segment_id is not null'", rows='sum(tracks)', verdict='max(verdict)',
            note='max(finding)') }}
    from track_segments
    having count(*) > 0

    union all

    select
        {{ headline('rejected_share', 'sum(rejected_rows) * 1.0 / sum(raw_rows)', "'raw_rows > 0'", rows='sum(raw_rows)') }}
    from row_counts
    where raw_rows > 0
    having count(*) > 0

)

select * from final
