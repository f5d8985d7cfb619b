{% macro default__largest_places(numbers, count) -%}
    list_transform(
        list_reverse_sort([
            {%- for number in numbers %}
            {'number': {{ number }}, 'place': -{{ loop.index }}}{{ ',' if not loop.last }}
            {%- endfor %}
        ])[1:{{ count }}],
        lambda largest: -largest.place
    )
{%- endmacro %}
