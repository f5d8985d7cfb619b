{# Stops the run, before anything is built, on a var that cannot be meant. #}
{% macro check_settings() %}
    {%- if execute -%}
        {%- set settings = [
            'raw_sources', 'inputs', 'id_type', 'timezone', 'attached_databases', 'keep_rejected_text', 'max_rejected_share', 'as_of', 'as_of_min_share', 'stray_rows_share',
            'rebuild_days', 'adoption_days', 'adoption_window_days', 'adoption_definition', 'adoption_horizon_days', 'adoption_attributes',
            'no_organisation_value', 'organisation_size_bounds', 'curve_min_at_risk', 'threshold_min_days', 'threshold_window_days',
            'threshold_retention_starts_after_days', 'threshold_retention_days', 'adoption_model_features', 'model_min_outcomes', 'evaluation_folds',
            'future_share', 'holdout_share', 'holdout_seed', 'seed', 'max_patterns', 'fit_sample_users', 'profile_attributes', 'action_attributes',
            'action_models', 'test_alpha', 'test_min_users', 'test_min_performers', 'min_group_users', 'max_levels', 'action_holdout_share',
            'segment_features', 'capped_features', 'segment_count', 'segment_k_range', 'refit', 'verdict_sample_users',
            'segment_starts', 'forced_segment_starts', 'segment_name_margin', 'max_vanished_share', 'segment_attributes', 'segment_kpis',
            'retention_horizon_days', 'retention_attributes', 'churn_days', 'churn_risk_high_below', 'churn_risk_medium_below',
            'churn_cutoffs', 'churn_model_features', 'churn_risk_thresholds',
            'skip_model_features', 'skip_regression_features', 'fit_sample_plays',
            'track_segment_features', 'track_capped_features', 'track_min_plays', 'track_segment_count',
            'build_timeout_minutes',
        ] -%}
        {%- for name in invocation_args_dict.vars or {} if name not in settings -%}
            {{ exceptions.raise_compiler_error(name ~ " is not a setting; there are: " ~ settings | join(', ')) }}
        {%- endfor -%}
        {%- set sources, tables = [], [] -%}
        {%- for node in graph.sources.values() -%}
            {%- do sources.append(node.source_name) -%}
            {%- do tables.append(node.name) -%}
        {%- endfor -%}
        {%- if var('raw_sources') is string -%}
            {{ exceptions.raise_compiler_error("raw_sources is '" ~ var('raw_sources') ~ "'; it must be a list: [" ~ var('raw_sources') ~ "]") }}
        {%- endif -%}
        {%- for name in var('raw_sources') if name not in sources -%}
            {{ exceptions.raise_compiler_error("raw_sources names '" ~ name ~ "'; there are: " ~ sources | unique | join(', ')) }}
        {%- endfor -%}
        {%- for name in var('inputs') if name not in tables -%}
            {{ exceptions.raise_compiler_error("inputs names '" ~ name ~ "', which is no table of the contract; there are: " ~ tables | join(', ')) }}
        {%- endfor -%}
        {%- set choices = {
            'id_type': ['bigint', 'text'],
            'adoption_definition': ['rolling', 'fixed_window', 'iso_week'],
            'refit': ['always', 'never'],
        } -%}
        {%- for name, values in choices.items() if var(name) not in values -%}
            {{ exceptions.raise_compiler_error(name ~ " is '" ~ var(name) ~ "'; it can be: " ~ values | join(', ')) }}
        {%- endfor -%}
        {%- if var('keep_rejected_text') is not boolean -%}
            {{ exceptions.raise_compiler_error("keep_rejected_text is '" ~ var('keep_rejected_text') ~ "'; it can be true or false") }}
        {%- endif -%}
        {%- set whole_numbers = [
            'adoption_days', 'adoption_window_days', 'adoption_horizon_days', 'curve_min_at_risk', 'threshold_retention_days',
            'model_min_outcomes', 'evaluation_folds', 'max_patterns', 'fit_sample_users', 'test_min_users', 'test_min_performers', 'min_group_users',
            'max_levels', 'verdict_sample_users', 'segment_starts', 'forced_segment_starts', 'retention_horizon_days', 'churn_days',
            'fit_sample_plays', 'track_min_plays', 'churn_cutoffs',
        ] -%}
        {%- for name in whole_numbers if not (var(name) is integer and var(name) > 0) -%}
            {{ exceptions.raise_compiler_error(name ~ " is '" ~ var(name) ~ "'; it must be a whole number above 0") }}
        {%- endfor -%}
        {%- for name in ['max_rejected_share', 'as_of_min_share', 'stray_rows_share', 'future_share', 'max_vanished_share'] if not (var(name) is number and 0 <= var(name) <= 1) -%}
            {{ exceptions.raise_compiler_error(name ~ " is '" ~ var(name) ~ "'; it must be a share from 0 to 1") }}
        {%- endfor -%}
        {%- for name in ['holdout_share', 'action_holdout_share', 'test_alpha'] if not (var(name) is number and 0 < var(name) < 1) -%}
            {{ exceptions.raise_compiler_error(name ~ " is '" ~ var(name) ~ "'; it must be between 0 and 1, neither included") }}
        {%- endfor -%}
        {%- do check_attributes() -%}
        {%- do check_segments() -%}
        {%- do check_retention() -%}
        {%- set attributes = graph.nodes['model.' ~ project_name ~ '.int_users_attributed'].columns.values()
            | selectattr('config.meta.attribute') | map(attribute='name') | list -%}
        {%- for name in var('adoption_attributes') if name not in attributes -%}
            {{ exceptions.raise_compiler_error("adoption_attributes names '" ~ name ~ "'; there are: " ~ attributes | join(', ')) }}
        {%- endfor -%}
        {%- do check_features('adoption_model_features', 'user_features') -%}
        {%- do check_skip_models() -%}
        {%- do check_churn() -%}
        {%- if var('adoption_days') < 2 or var('adoption_days') > var('adoption_window_days') -%}
            {{ exceptions.raise_compiler_error("adoption_days is " ~ var('adoption_days') ~ " and adoption_window_days " ~ var('adoption_window_days')
                ~ ": nobody can be active on so many days of the window, or everybody is; take 2 to adoption_window_days") }}
        {%- endif -%}
        {%- if var('threshold_window_days') | max > var('threshold_retention_starts_after_days') -%}
            {{ exceptions.raise_compiler_error("threshold_window_days goes up to " ~ var('threshold_window_days') | max
                ~ ", beyond threshold_retention_starts_after_days (" ~ var('threshold_retention_starts_after_days')
                ~ "): who meets a threshold late would be called retained for that") }}
        {%- endif -%}
        {%- if var('rebuild_days') and var('rebuild_days') | length != 2 -%}
            {{ exceptions.raise_compiler_error("rebuild_days is " ~ var('rebuild_days') ~ "; it must be two dates, the first and the last day") }}
        {%- endif -%}
        {%- for date in var('rebuild_days') + ([var('as_of')] if var('as_of') else []) if not modules.re.match('^\d{4}-\d{2}-\d{2}$', date | string) -%}
            {{ exceptions.raise_compiler_error("'" ~ date ~ "' in as_of or rebuild_days is no date; write it as 2025-12-31") }}
        {%- endfor -%}
        {%- set zone = run_query("select count(*) from pg_timezone_names() where name = " ~ sql_text(var('timezone'))).rows[0][0] -%}
        {%- if zone == 0 -%}
            {{ exceptions.raise_compiler_error("timezone is '" ~ var('timezone') ~ "', which is no name of a time zone; one is America/New_York") }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
