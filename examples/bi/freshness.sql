-- How old the figures are. Put it on every dashboard: a pooled connection may still show the version before.
select
    version,
    published_at,
    as_of
from marts.publication
