{%- set names = var('segment_kpis') -%}
{%- set activity = activity_features() -%}
-- The numbers by which segments are compared: per segment and organisation how many users have each, its sum, and the sum of its squares. A
-- user without an organisation is one alone; such users stand together in the row whose org_id is null.
with

assigned as (

    select
        assigned.user_id,
        assigned.segment_id,
        users.org_id
    from {{ ref('int_segment_users_assigned') }} as assigned
    inner join {{ ref('int_segment_users_listed') }} as users on assigned.user_id = users.user_id

),

usage as (

    select * from {{ ref('stg_telemetry__app_usage') }}

),

activity as (

    select * from {{ ref('user_features') }}

),

valued as (

    select
        {%- for name in names %}
        cast({{ 'activity' if name in activity else 'usage' }}.{{ name }} as double) as {{ name }},
        {%- endfor %}
        assigned.segment_id,
        assigned.org_id

    from assigned
    left join usage on assigned.user_id = usage.user_id
    left join activity on assigned.user_id = activity.user_id

),

sums as (

    select
        segment_id,
        org_id,
        {%- for name in names %}
        count({{ name }}) as {{ name }}_values,
        sum(cast({{ name }} as decimal(28, 9))) as {{ name }}_total,
        sum(cast({{ name }} * {{ name }} as decimal(38, 9))) as {{ name }}_squares,
        {%- endfor %}
        count(*) as users
    from valued
    group by segment_id, org_id

),

final as (
    {% for name in names %}
    select
        '{{ name }}' as kpi,
        segment_id,
        org_id,
        users,
        {{ name }}_values as values_known,
        cast({{ name }}_total as double) as total,
        cast({{ name }}_squares as double) as squares
    from sums
    {{ "union all" if not loop.last }}
    {%- endfor %}

)

select * from final
