with

source as (

    select * from {{ source('raw_workspace', 'role_addresses') }}

),

renamed as (

    select lower(trim(local_part)) as local_part
    from source

)

select * from renamed
