-- Active days of each group in the last seven days and in the seven before, with the sums of squares over its organisations that the
-- uncertainty of their ratio needs. A user without an organisation is one of their own.
with

groups as (

    select * from {{ ref('int_users_grouped') }}

),

recent_users as (

    select * from {{ ref('int_users_recently_active') }}

),

organisations as (

    select
        groups.attribute,
        groups.level,
        groups.org_id,
        count(*) as users,
        count(*) filter (where recent_users.recent_days + recent_users.previous_days > 0) as active_users,
        coalesce(sum(recent_users.active_days), 0) as active_days,
        coalesce(sum(recent_users.recent_days), 0) as recent_days,
        coalesce(sum(recent_users.previous_days), 0) as previous_days,
        coalesce(sum(recent_users.recent_days * recent_users.recent_days), 0) as recent_squared_by_user,
        coalesce(sum(recent_users.recent_days * recent_users.previous_days), 0) as products_by_user,
        coalesce(sum(recent_users.previous_days * recent_users.previous_days), 0) as previous_squared_by_user

    from groups
    left join recent_users on groups.user_id = recent_users.user_id
    group by groups.attribute, groups.level, groups.org_id

),

final as (

    select
        attribute,
        level,
        cast(sum(users) as bigint) as users,
        cast(sum(active_users) as bigint) as active_users,
        cast(sum(active_days) as bigint) as active_days,
        cast(sum(recent_days) as bigint) as recent_days,
        cast(sum(previous_days) as bigint) as previous_days,
        cast(sum(
            case when org_id is null then active_users when active_users > 0 then 1 else 0 end
        ) as bigint) as active_clusters,
        cast(sum(case when org_id is null then recent_squared_by_user else recent_days * recent_days end) as bigint) as recent_squared,
        cast(sum(case when org_id is null then products_by_user else recent_days * previous_days end) as bigint) as products,
        cast(sum(case when org_id is null then previous_squared_by_user else previous_days * previous_days end) as bigint)
            as previous_squared

    from organisations
    group by attribute, level

)

select * from final
