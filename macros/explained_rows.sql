{# Where each row lies among all, and the features that speak most for its segment and against the one that comes next: a feature contributes
   (a - b) * (2x - a - b), with a and b its values in the centres of the two; over all features that is the margin. #}
{% macro explained_rows(nearest, standardised, fitted, axes, features, key) -%}
    {%- set names = features | map(attribute='name') | list -%}
    {%- set scores = {1: [], 2: []} -%}
    {%- for name in names -%}
        {%- do scores[1].append('scaled.' ~ name ~ ' * axes.' ~ name ~ '_1') -%}
        {%- do scores[2].append('scaled.' ~ name ~ ' * axes.' ~ name ~ '_2') -%}
    {%- endfor -%}
with

assigned as (

    select * from {{ nearest }}

),

scaled as (

    select * from {{ standardised }}

),

centres as (

    select
        {%- for feature in features %}
        coalesce(max(centroid) filter (where feature = '{{ feature.name }}'), 0) as {{ feature.name }},
        {%- endfor %}
        segment_id

    from {{ fitted }}
    group by segment_id

),

-- one row: the loadings of each feature on the two principal components
axes as (

    select
        {%- for component in [1, 2] %}
        {%- for name in names %}
        coalesce(max(loading) filter (where component = {{ component }} and feature = '{{ name }}'), 0) as {{ name }}_{{ component }},
        {%- endfor %}
        {%- endfor %}
        coalesce(sum(cast(loading * center as decimal(28, 15))) filter (where component = 1), 0) as center_1,
        coalesce(sum(cast(loading * center as decimal(28, 15))) filter (where component = 2), 0) as center_2
    from {{ axes }}

),

contributions as (

    select
        {%- for name in names %}
        coalesce(
            (own.{{ name }} - other.{{ name }}) * (2 * scaled.{{ name }} - own.{{ name }} - other.{{ name }}), 0
        ) as {{ name }},
        {%- endfor %}
        {{ scores[1] | join(' + ') }} - cast(axes.center_1 as double) as pca_1,
        {{ scores[2] | join(' + ') }} - cast(axes.center_2 as double) as pca_2,
        assigned.{{ key }}

    from assigned
    inner join scaled on assigned.{{ key }} = scaled.{{ key }}
    inner join centres as own on assigned.segment_id = own.segment_id
    left join centres as other on assigned.runner_up_segment_id = other.segment_id
    cross join axes

),

ranked as (

    select
        {{ key }},
        pca_1,
        pca_2,
        [{{ names | join(', ') }}] as contributions,
        {{ largest_places(names, 3) }} as places
    from contributions

),

final as (

    select
        {{ key }},
        pca_1,
        pca_2,
        {{ list_item('places', 1) }} as feature_place_1,
        {{ list_item('places', 2) }} as feature_place_2,
        {{ list_item('places', 3) }} as feature_place_3,
        {{ list_item('contributions', list_item('places', 1)) }} as contribution_1,
        {{ list_item('contributions', list_item('places', 2)) }} as contribution_2,
        {{ list_item('contributions', list_item('places', 3)) }} as contribution_3

    from ranked

)

select * from final
{%- endmacro %}
