-- depends_on: {{ ref('stg_inputs__excluded_users') }}
with

raw_users as (

    select * from {{ ref('base_product__users') }}

),

parsed_users as (

    select
        *,
        {{ parse_id('object_id') }} as user_id,
        {{ parse_time('creation_time') }} as created_at,
        {{ parse_unix_time('last_session_creation_time') }} as last_session_at,
        {{ parse_boolean('opted_in_to_mailing_list') }} as is_opted_in_to_mailing_list,
        {{ parse_boolean('enabled_for_marketing_drip') }} as is_enabled_for_marketing_drip,
        {{ parse_id('org_id') }} as organisation_id,
        {{ parse_id('invited_by_user_id') }} as inviter_id

    from raw_users

),

checked_users as (

    select
        *,
        {{ reject_columns([
            {'column': 'object_id', 'raw': 'object_id', 'parsed': 'user_id', 'kind': 'id', 'required': true},
            {'column': 'creation_time', 'raw': 'creation_time', 'parsed': 'created_at', 'kind': 'time', 'required': true},
            {'column': 'last_session_creation_time', 'raw': 'last_session_creation_time', 'parsed': 'last_session_at', 'kind': 'unix_time'},
            {'column': 'opted_in_to_mailing_list', 'raw': 'opted_in_to_mailing_list', 'parsed': 'is_opted_in_to_mailing_list', 'kind': 'boolean'},
            {'column': 'enabled_for_marketing_drip', 'raw': 'enabled_for_marketing_drip', 'parsed': 'is_enabled_for_marketing_drip', 'kind': 'boolean'},
            {'column': 'org_id', 'raw': 'org_id', 'parsed': 'organisation_id', 'kind': 'id'},
            {'column': 'invited_by_user_id', 'raw': 'invited_by_user_id', 'parsed': 'inviter_id', 'kind': 'id'},
        ]) }}

    from parsed_users

),

-- of several accounts with one id the oldest stays; ties are broken by content, so that the order of the rows does not matter
numbered_users as (

    select
        *,
        row_number() over (
            partition by user_id, reject_reason is null
            order by
                created_at, creation_source, organisation_id, inviter_id, last_session_at,
                is_opted_in_to_mailing_list, is_enabled_for_marketing_drip, source_file, source_row
        ) as account_number

    from checked_users

),

final as (

    select
        user_id,
        created_at,
        {{ public_text("nullif(trim(cast(creation_source as varchar)), '')") }} as creation_source,
        last_session_at,
        is_opted_in_to_mailing_list,
        is_enabled_for_marketing_drip,
        organisation_id as org_id,
        inviter_id as invited_by_user_id,
        is_excluded or {{ excluded_user('user_id') }} as is_excluded,
        case
            when reject_reason is null and account_number > 1 then 'object_id'
            else rejected_column
        end as rejected_column,
        case
            when reject_reason is null and account_number > 1 then 'second account with the same id'
            else reject_reason
        end as reject_reason,
        raw_text,
        source_file,
        source_row

    from numbered_users

)

select * from final
