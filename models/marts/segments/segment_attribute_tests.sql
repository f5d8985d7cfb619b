with

tests as (

    select * from {{ ref('int_segment_attributes_tested') }}

),

final as (

    select
        attribute,
        verdict,
        test,
        reason,
        statistic,
        degrees_of_freedom,
        p_value,
        q_value,
        effect_size_name,
        effect_size,
        design_effect,
        users,
        levels,
        segments

    from tests

)

select * from final
