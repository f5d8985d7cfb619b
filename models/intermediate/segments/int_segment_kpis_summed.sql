{%- set names = var('segment_kpis') -%}
{%- set activity = activity_features() -%}
-- The numbers by which segments are compared: per segment and organisation how many users have each, and sums of where it lies between its
-- smallest and its largest value, as decimals, whatever its unit and in whatever order. A user without an organisation is one alone; such
-- users stand together in the row whose org_id is null.
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

ranges as (

    select
        {%- for name in names %}
        min({{ name }}) as {{ name }}_lowest,
        max({{ name }}) - min({{ name }}) as {{ name }}_range,
        {%- endfor %}
        count(*) as users
    from valued

),

placed as (

    select
        {%- for name in names %}
        case
            when ranges.{{ name }}_range = 0 then valued.{{ name }} - ranges.{{ name }}_lowest
            else (valued.{{ name }} - ranges.{{ name }}_lowest) / ranges.{{ name }}_range
        end as {{ name }},
        ranges.{{ name }}_lowest,
        ranges.{{ name }}_range,
        {%- endfor %}
        valued.segment_id,
        valued.org_id

    from valued
    cross join ranges

),

sums as (

    select
        segment_id,
        org_id,
        {%- for name in names %}
        count({{ name }}) as {{ name }}_values,
        sum(cast({{ name }} as decimal(18, 15))) as {{ name }}_places,
        sum(cast(pow({{ name }}, 2) as decimal(18, 15))) as {{ name }}_squares,
        max({{ name }}_lowest) as {{ name }}_lowest,
        max({{ name }}_range) as {{ name }}_range,
        {%- endfor %}
        count(*) as users
    from placed
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
        coalesce({{ name }}_places, 0) as places_total,
        coalesce({{ name }}_squares, 0) as places_squares,
        {{ name }}_lowest as lowest,
        {{ name }}_range as value_range
    from sums
    {{ "union all" if not loop.last }}
    {%- endfor %}

)

select * from final
