{%- set churn_days = var('churn_days') -%}
{%- set history_days = [28, churn_days] | max -%}
-- Users at risk at each cutoff, those active in the last churn_days, with what is known of them then and whether they left after it. The
-- first cutoff is as_of, of which the outcome is not known yet; each other lies churn_days before the one ahead of it, so that no day is in
-- the outcomes of two.
with

users as (

    select
        user_id,
        org_id,
        known_from,
        creation_source
    from {{ ref('int_users_unioned') }}

),

activity_days as (

    select
        user_id,
        date_day
    from {{ ref('user_activity_days') }}

),

observation as (

    select * from {{ ref('int_observation_bounded') }}

),

possible_cutoffs as (
    {% for number in range(var('churn_cutoffs') + 1) %}
    select
        {{ number }} as cutoff_number,
        cast({{ dbt.dateadd('day', -number * churn_days, 'as_of') }} as date) as cutoff_on,
        activity_started_on
    from observation
    {{ "union all" if not loop.last }}
    {%- endfor %}

),

-- those before which the log covers all days that features look at
cutoffs as (

    select
        cutoff_number,
        cutoff_on
    from possible_cutoffs
    where {{ dbt.datediff('activity_started_on', 'cutoff_on', 'day') }} >= {{ history_days - 1 }}

),

-- days active, counted back from each cutoff; those after it are below 0
days_before_cutoffs as (

    select
        activity_days.user_id,
        cutoffs.cutoff_number,
        cutoffs.cutoff_on,
        {{ dbt.datediff('activity_days.date_day', 'cutoffs.cutoff_on', 'day') }} as days_before

    from activity_days
    cross join cutoffs

),

at_risk as (

    select
        user_id,
        cutoff_number,
        cutoff_on,
        min(days_before) filter (where days_before >= 0) as recency_days,
        count(*) filter (where days_before between 0 and 6) as last_week_active_days,
        count(*) filter (where days_before between 0 and 27) as last_4_weeks_active_days,
        count(*) filter (where days_before < 0) as later_active_days

    from days_before_cutoffs
    where days_before between {{ -churn_days }} and {{ history_days - 1 }}
    group by user_id, cutoff_number, cutoff_on
    having min(days_before) filter (where days_before >= 0) < {{ churn_days }}

),

-- an account that was opened later was not known at the cutoff; beyond a year of tenure one user is as old as another
measured as (

    select
        at_risk.user_id,
        at_risk.cutoff_number,
        at_risk.cutoff_on,
        users.org_id,
        users.creation_source,
        cast(at_risk.recency_days as integer) as recency_days,
        cast(at_risk.last_week_active_days as integer) as last_week_active_days,
        cast(at_risk.last_4_weeks_active_days as integer) as last_4_weeks_active_days,
        cast(least({{ dbt.datediff('users.known_from', 'at_risk.cutoff_on', 'day') }}, 360) as integer) as tenure_days,
        case when at_risk.cutoff_number > 0 then at_risk.later_active_days = 0 end as is_churned

    from at_risk
    inner join users on at_risk.user_id = users.user_id
    where users.known_from <= at_risk.cutoff_on

),

final as (

    select
        *,
        {{ pattern_key(var('churn_model_features')) }} as pattern_key
    from measured

)

select * from final
