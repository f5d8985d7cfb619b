-- The users on whom segments are fitted: the first by a hash of their id, which no other user moves.
with

users as (

    select * from {{ ref('int_segment_users_scaled') }}

),

final as (

    select
        users.user_id,
        {%- for feature in segment_features() %}
        users.{{ feature.name }},
        {%- endfor %}
        row_number() over (
            order by {{ stable_number('users.user_id', 1000000007) }}, users.user_id
        ) as place

    from users
    qualify place <= {{ var('fit_sample_users') }}

)

select * from final
