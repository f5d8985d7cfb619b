{% snapshot segment_memberships %}
{{ config(
    unique_key='user_id',
    strategy='check',
    check_cols=['segment_id'],
    updated_at='as_of',
    hard_deletes='invalidate',
    post_hook="delete from {{ this }} where user_id not in (select users.user_id from {{ ref('users') }} as users)",
) }}
-- One row per user and time in a segment, from the day on which the user was first found in it. Whoever was in a segment once stays in the history, with
-- a null for a time in none, so that the times of a user follow each other without a gap. Without a clock there is no history.
-- depends_on: {{ ref('int_observation_bounded') }}
-- depends_on: {{ ref('users') }}
-- depends_on: {{ ref('user_segments') }}
{%- do check_vanished_users() %}
{%- if history_is_ahead() %}
select
    user_id,
    segment_id,
    segment_name,
    as_of
from {{ this }}
where dbt_valid_to is null
{%- else %}
select
    users.user_id,
    user_segments.segment_id,
    user_segments.segment_name,
    observation.as_of
from {{ ref('users') }} as users
cross join {{ ref('int_observation_bounded') }} as observation
left join {{ ref('user_segments') }} as user_segments on users.user_id = user_segments.user_id
where
    observation.as_of is not null
    and (
        user_segments.segment_id is not null
        {%- if load_relation(this) is not none %}
        or users.user_id in (select earlier.user_id from {{ this }} as earlier)
        {%- endif %}
    )
{%- endif %}
{% endsnapshot %}
