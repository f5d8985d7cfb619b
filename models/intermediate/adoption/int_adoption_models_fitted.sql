{{ config(materialized='view') }}
-- The terms of every regression on adoption, with whether its model uses anything that is known only after the fact.
with

terms as (

    select * from {{ ref('int_adoption_logit_fitted') }}
    union all
    select * from {{ ref('int_adoption_published_fitted') }}

),

late_features as (

    select feature
    from {{ ref('feature_register') }}
    where known_from = 'later' or contains_outcome

),

leaking_models as (

    select distinct terms.model
    from terms
    inner join late_features on terms.attribute = late_features.feature

),

final as (

    select
        terms.*,
        leaking_models.model is not null as leaks_outcome

    from terms
    left join leaking_models on terms.model = leaking_models.model

)

select * from final
