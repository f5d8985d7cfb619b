{{ scored_patterns(ref('int_churn_contributions'), ref('int_churn_logit_fitted'), ref('feature_register')) }}
