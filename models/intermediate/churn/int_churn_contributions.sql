{{ pattern_contributions(ref('int_churn_patterns'), ref('int_churn_logit_fitted')) }}
