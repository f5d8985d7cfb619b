{% snapshot segment_memberships %}
{{ config(
    unique_key='user_id',
    strategy='check',
    check_cols=['segment_id'],
    updated_at='as_of',
    hard_deletes='invalidate',
    post_hook="delete from {{ this }} where user_id not in (select users.user_id from {{ ref('users') }} as users)",
) }}
-- depends_on: {{ ref('int_observation_bounded') }}
-- The segment of each user, from the day on which the user was first found in it. Without a clock there is no history.
select
    user_id,
    segment_id,
    segment_name,
    as_of
from {{ ref('user_segments') }}
where as_of is not null and segment_id is not null
{% endsnapshot %}
