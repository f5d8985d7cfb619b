-- The headline figures of retention and churn, each with where it stands.
with

weeks as (

    select * from {{ ref('int_early_weeks_summed') }}

),

lifecycle as (

    select * from {{ ref('weekly_lifecycle') }}

),

churn_scores as (

    select * from {{ ref('user_churn_scores') }}

),

model_scores as (

    select * from {{ ref('churn_model_scores') }}

),

last_week as (

    select *
    from lifecycle
    where is_complete
    qualify row_number() over (order by date_week desc) = 1

),

-- of the time after that of the fit, which is how the model is used, where there are enough users
churn_auc as (

    select *
    from model_scores
    where model = 'churn' and metric = 'auc' and value is not null
    qualify row_number() over (order by case evaluation when 'future' then 1 else 2 end, evaluation) = 1

),

risks as (

    select
        count(churn_probability) as users,
        count(*) filter (where churn_risk_band = 'high') as users_at_high_risk
    from churn_scores
    having count(churn_probability) > 0

),

final as (

    {% for week in [1, 4] %}
    select
        {{ headline(
            'week_' ~ week ~ '_retention',
            'active_users * 1.0 / users',
            "'cohort_grain = ''week'' and measure = ''on'' and attribute = ''(all)'' and is_complete and periods_since = " ~ week ~ "'",
            wilson_bound('-', 'active_users', 'users', 'effective_users'),
            wilson_bound('+', 'active_users', 'users', 'effective_users'),
            'users',
            note="'of all weekly cohorts whose week has ended'"
        ) }}
    from weeks
    where periods_since = {{ week }}

    union all

    {% endfor %}
    {% for metric, users in [
        ('new_users', 'active_users'),
        ('resurrected_users', 'active_users'),
        ('churned_users', 'retained_users + churned_users'),
    ] %}
    select
        {{ headline(metric, metric, evidence_key(['date_week']), users=users, note="'week from ' || date_week") }}
    from last_week

    union all

    {% endfor %}
    -- of a model that later users have not judged nobody knows whether it is useful
    select
        {{ headline('users_at_high_churn_risk', 'risks.users_at_high_risk', "'churn_risk_band = ''high'''", users='risks.users',
            verdict="coalesce(churn_auc.verdict, 'not_evaluated')") }}
    from risks
    left join churn_auc on churn_auc.evaluation = 'future'

    union all

    select
        {{ headline('churn_auc', 'value', evidence_key(['model', 'evaluation', 'metric']), 'ci_low', 'ci_high', 'users',
            verdict='verdict') }}
    from churn_auc

)

select * from final
