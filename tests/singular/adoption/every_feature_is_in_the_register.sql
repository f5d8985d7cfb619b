-- Features of a fitted model that the feature register does not have.
select distinct
    terms.model,
    terms.attribute
from {{ ref('int_adoption_models_fitted') }} as terms
left join {{ ref('feature_register') }} as register on terms.attribute = register.feature
where terms.attribute is not null and register.feature is null
