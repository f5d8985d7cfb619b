{# (t / z) squared for the 97.5 % quantiles of Student's t and the normal distribution: how much the variance grows because it is itself
   estimated from few clusters. Cornish and Fisher's expansion (Abramowitz and Stegun 1964, 26.7.5), within 3 % of t from 2 degrees of freedom on. #}
{% macro t_inflation(degrees) -%}
    {%- set z = 1.959963984540054 -%}
    pow(
        1
        + {{ (z**2 + 1) / 4 }} / {{ degrees }}
        + {{ (5 * z**4 + 16 * z**2 + 3) / 96 }} / pow({{ degrees }}, 2)
        + {{ (3 * z**6 + 19 * z**4 + 17 * z**2 - 15) / 384 }} / pow({{ degrees }}, 3),
        2
    )
{%- endmacro %}
