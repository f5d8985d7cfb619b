{{ scored_patterns(ref('int_adoption_contributions'), ref('int_adoption_logit_fitted'), ref('feature_register')) }}
