with

users as (

    select * from {{ ref('int_users_followed') }}

),

cohorts as (

    {% for grain in ['week', 'month'] %}
    {{ 'union all' if not loop.first }}
    select
        *,
        '{{ grain }}' as cohort_grain,
        {{ period_number(grain, 'observed_from') }} as cohort_number,
        -- the first period that begins after the adoption
        {{ period_number(grain, 'labelled_on') }} + 1 - {{ period_number(grain, 'observed_from') }} as adopted_from

    from users
    {% endfor %}

),

sized_cohorts as (

    select
        *,
        count(*) over (partition by cohort_grain, cohort_number, org_id) as organisation_users
    from cohorts

),

final as (

    select
        cohort_grain,
        cohort_number,
        user_id,
        adopted_from,
        creation_source,
        invitation,
        organisation_size,
        signup_weekday,
        signup_month,
        -- who is alone in the cohort, as far as the organisation goes, is like a user without one
        case when organisation_users > 1 then org_id end as org_id,
        case when org_id is null then 1 else organisation_users end as organisation_users

    from sized_cohorts

)

select * from final
