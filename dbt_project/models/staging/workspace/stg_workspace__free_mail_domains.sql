with

source as (

    select * from {{ source('raw_workspace', 'free_mail_domains') }}

),

renamed as (

    select lower(trim(domain_name)) as domain_name
    from source

)

select * from renamed
