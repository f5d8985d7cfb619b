{% set everybody = "attribute = '(all)' and level = '(all)'" | replace("'", "''") %}
-- The headline figures of users, activity and adoption, each with where it stands.
with

users as (

    select * from {{ ref('users') }}

),

daily_activity as (

    select * from {{ ref('daily_activity') }}

),

observation as (

    select * from {{ ref('int_observation_bounded') }}

),

adoption_rates as (

    select * from {{ ref('adoption_rates') }}
    where attribute = '(all)'

),

adoption as (

    select * from {{ ref('user_adoption') }}

),

adoption_scores as (

    select * from {{ ref('adoption_model_scores') }}

),

last_day as (

    select daily_activity.*
    from daily_activity
    inner join observation on daily_activity.date_day = observation.as_of

),

days_to_adoption as (

    select
        days_to_adoption,
        row_number() over (order by days_to_adoption) as place,
        count(*) over () as users
    from adoption
    where days_to_adoption is not null

),

-- between these places lies the median of all such users, in 95 of 100 samples (Campbell and Gardner 1988); fewer than 6 users have no
-- such places
median_day as (

    select
        {{ median('days_to_adoption') }} as median_days,
        min(days_to_adoption) filter (where users >= 6 and place >= round(users / 2.0 - 0.98 * sqrt(users), 0)) as ci_low,
        max(days_to_adoption) filter (where users >= 6 and place <= round(users / 2.0 + 0.98 * sqrt(users) + 1, 0)) as ci_high,
        count(*) as users
    from days_to_adoption

),

-- of users who signed up later than those of the fit, where there are enough of them
adoption_auc as (

    select *
    from adoption_scores
    where model = 'landmark' and metric = 'auc' and value is not null
    qualify row_number() over (order by case evaluation when 'future' then 1 else 2 end, evaluation) = 1

),

final as (

    select
        {{ headline('users', 'count(*)', "'user_id is not null'", users='count(*)') }}
    from users

    union all

    select
        {{ headline('accounts', 'count(*)', "'has_account'", users='count(*)') }}
    from users
    where has_account

    union all

    select
        {{ headline('active_users_7d', 'wau', evidence_key(['date_day']), users='wau',
            note="case when not is_wau_complete then 'the log is shorter than that' end") }}
    from last_day

    union all

    select
        {{ headline('active_users_28d', 'mau', evidence_key(['date_day']), users='mau',
            note="case when not is_mau_complete then 'the log is shorter than that' end") }}
    from last_day

    union all

    select
        {{ headline('adopted_users', 'adopted_users', "'" ~ everybody ~ "'", users='users') }}
    from adoption_rates

    union all

    select
        {{ headline('adoption_rate', 'adoption_rate', "'" ~ everybody ~ "'", 'ci_low', 'ci_high', 'users',
            note="'lower where accounts are younger; compare groups by the matured rate'") }}
    from adoption_rates

    union all

    select
        {{ headline('matured_rate', 'matured_rate', "'" ~ everybody ~ "'", 'matured_ci_low', 'matured_ci_high', 'matured_users') }}
    from adoption_rates

    union all

    select
        {{ headline('still_open_users', 'count(*)', "'adoption_status = ''still_open'''", users='count(*)') }}
    from adoption
    where adoption_status = 'still_open'

    union all

    select
        {{ headline('median_days_to_adoption', 'median_days', "'days_to_adoption is not null'", 'ci_low', 'ci_high', 'users',
            note="'of users who have adopted, taken as independent; who will yet is not in it, adoption_curves allows for them'") }}
    from median_day

    union all

    select
        {{ headline('adoption_auc', 'value', evidence_key(['model', 'evaluation', 'metric']), 'ci_low', 'ci_high', 'users',
            verdict='verdict') }}
    from adoption_auc

)

select * from final
