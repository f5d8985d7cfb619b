with

rejected_rows as (

    select
        source,
        table_name,
        source_file,
        source_row,
        column_name,
        reason
    from {{ ref('stg_product__rejected_rows') }}

    union all

    select
        source,
        table_name,
        source_file,
        source_row,
        column_name,
        reason
    from {{ ref('stg_people__rejected_rows') }}

    union all

    select
        source,
        table_name,
        source_file,
        source_row,
        column_name,
        reason
    from {{ ref('stg_telemetry__rejected_rows') }}

    union all

    select
        source,
        table_name,
        source_file,
        source_row,
        column_name,
        reason
    from {{ ref('stg_streaming__rejected_rows') }}

),

final as (

    select
        source,
        table_name,
        {{ public_text('source_file') }} as source_file,
        source_row as row_number,
        column_name,
        reason

    from rejected_rows

)

select * from final
