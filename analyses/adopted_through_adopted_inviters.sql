-- How many adopted users were invited by somebody who is an adopted user today? It looks into the inviter's future, so it describes and
-- does not predict: adoption_rates has the attribute `invitation`, which asks what was true at sign-up.
select count(*) as adopted_users
from {{ ref('user_overview') }} as users
inner join {{ ref('user_overview') }} as inviters on users.invited_by_user_id = inviters.user_id
where users.is_adopted and inviters.is_adopted
