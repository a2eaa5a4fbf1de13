with

metrics as (

    select * from {{ ref('int_kpi__metrics') }}

),

final as (

    select
        metric_id,
        label_en,
        label_fr,
        formula,
        formula_fr,
        metric_grain,
        direction,
        useful_for_en,
        useful_for_fr,
        objective_en,
        objective_fr,
        owner,
        unit,
        version
    from metrics

)

select * from final
