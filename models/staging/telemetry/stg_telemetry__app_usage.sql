with

usage_rows as (

    select * from {{ ref('stg_telemetry__usage_rows') }}

),

final as (

    select
        {%- for column in usage_columns() %}
        {{ column.name }},
        {%- endfor %}
        user_id
    from usage_rows
    where reject_reason is null and not is_excluded

)

select * from final
