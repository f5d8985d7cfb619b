{{ pattern_contributions(ref('int_adoption_patterns'), ref('int_adoption_logit_fitted')) }}
