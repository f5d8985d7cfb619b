{# A figure as readers want it: shares in percent, counts whole, the rest with two decimals. #}
{% macro figure_text(figure, unit) -%}
    case {{ unit }}
        when 'share' then {{ number_text('round(100 * ' ~ figure ~ ', 1)') }} || ' %'
        when 'count' then {{ number_text('round(' ~ figure ~ ', 0)') }}
        else {{ number_text('round(' ~ figure ~ ', 2)') }}
    end
{%- endmacro %}
