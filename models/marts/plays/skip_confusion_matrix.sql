with

plays as (

    select
        model,
        case when is_skip then 'skipped' else 'played' end as actual,
        case when probability >= 0.5 then 'skipped' else 'played' end as predicted
    from {{ ref('int_skip_models_judged') }}
    where kind = 'prediction' and evaluation = 'future'

),

models as (

    select distinct model
    from plays

),

classes as (

    select 'played' as class
    union all
    select 'skipped' as class

),

-- also what never occurs
cells as (

    select
        models.model,
        actual_classes.class as actual,
        predicted_classes.class as predicted
    from models
    cross join classes as actual_classes
    cross join classes as predicted_classes

),

counted as (

    select
        cells.model,
        cells.actual,
        cells.predicted,
        count(plays.model) as plays

    from cells
    left join plays
        on
            cells.model = plays.model
            and cells.actual = plays.actual
            and cells.predicted = plays.predicted
    group by cells.model, cells.actual, cells.predicted

),

final as (

    select
        model,
        actual,
        predicted,
        plays,
        plays / cast(nullif(sum(plays) over (partition by model, actual), 0) as double) as share_of_actual
    from counted

)

select * from final
