with

history as (

    select * from {{ ref('segment_history') }}

),

moves as (

    select
        history.valid_from as moved_on,
        earlier.segment_id as from_segment_id,
        history.segment_id as to_segment_id,
        count(*) as users

    from history
    inner join history as earlier
        on
            history.user_id = earlier.user_id
            and history.valid_from = earlier.valid_to
            and history.segment_id <> earlier.segment_id
    group by history.valid_from, earlier.segment_id, history.segment_id

),

-- who could have moved away: the users who were in the segment until then, and those who stayed
bases as (

    select
        moves.moved_on,
        moves.from_segment_id,
        moves.to_segment_id,
        count(*) as from_users

    from moves
    inner join history
        on
            moves.from_segment_id = history.segment_id
            and moves.moved_on > history.valid_from
            and moves.moved_on <= coalesce(history.valid_to, moves.moved_on)
    group by moves.moved_on, moves.from_segment_id, moves.to_segment_id

),

names as (

    select
        segment_id,
        max_by(segment_name, valid_from) as segment_name
    from history
    group by segment_id

),

final as (

    select
        moves.moved_on as period,
        moves.from_segment_id,
        moves.to_segment_id,
        origins.segment_name as from_segment_name,
        destinations.segment_name as to_segment_name,
        moves.users,
        bases.from_users,
        moves.users * 1.0 / bases.from_users as share

    from moves
    inner join bases
        on
            moves.moved_on = bases.moved_on
            and moves.from_segment_id = bases.from_segment_id
            and moves.to_segment_id = bases.to_segment_id
    inner join names as origins on moves.from_segment_id = origins.segment_id
    inner join names as destinations on moves.to_segment_id = destinations.segment_id

)

select * from final
