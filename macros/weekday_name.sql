{# The English name of a date's weekday. #}
{% macro weekday_name(date_day) -%}
    case {{ iso_weekday(date_day) }}
        when 1 then 'Monday'
        when 2 then 'Tuesday'
        when 3 then 'Wednesday'
        when 4 then 'Thursday'
        when 5 then 'Friday'
        when 6 then 'Saturday'
        when 7 then 'Sunday'
    end
{%- endmacro %}
