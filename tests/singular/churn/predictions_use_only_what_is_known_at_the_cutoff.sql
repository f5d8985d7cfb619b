-- Features of churn_model_features that the feature register does not have, or has as known after the cutoff or as containing the outcome.
-- What publishes the fit depends on the register, and is not built where this fails.
with

used as (
    {% for feature in var('churn_model_features') %}
    select '{{ feature.name }}' as feature
    {{ "union all" if not loop.last }}
    {%- endfor %}

)

select
    used.feature,
    register.known_from,
    register.contains_outcome
from used
left join {{ ref('feature_register') }} as register on used.feature = register.feature
where register.feature is null or register.known_from not in ('signup', 'cutoff') or register.contains_outcome
