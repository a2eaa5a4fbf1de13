-- What was delivered, checked, quarantined and matched. Table.
select
    source_name,
    entity_name,
    measure_id,
    value,
    unit,
    numerator,
    denominator
from marts.kpi_data_quality
order by source_name, entity_name, measure_id
