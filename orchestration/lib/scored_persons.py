"""Whom the last finished builds have scored, and from what: so that a night scores those whose inputs have changed.

``raw_quality.scored_persons`` has one row per person: a number that stands for everything that the score was computed
from, one that stands for the lead cycles, and the next time at which the score changes by itself (behaviour fades, a
target date comes nearer). The models that say who is due compare it with the day's and blank it; a build that is
finished writes it again. So whoever was due in a build that failed is due in the next one.
"""

from __future__ import annotations

from typing import Final

import duckdb

_MEMORY: Final = "raw_quality.scored_persons"
_CREATE: Final = f"""
create table if not exists {_MEMORY} (
    person_id varchar, input_fingerprint decimal(38, 0), cycle_fingerprint decimal(38, 0), next_change_at timestamp
)
"""
# Whoever is nobody now, and whoever was due.
_FORGET: Final = f"""
delete from {_MEMORY}
where
    person_id not in (select person_id from intermediate.int_identity__profiles)
    or person_id in (select person_id from intermediate.int_scoring__due_persons)
"""
_REMEMBER_PERSONS: Final = f"""
insert into {_MEMORY}
with

changes as (

    select person_id, valid_from_at as changes_at from intermediate.int_scoring__behaviour where is_to_come
    union all
    select person_id, valid_from_at as changes_at from intermediate.int_scoring__deadlines where is_to_come

),

next_changes as (

    select person_id, min(changes_at) as next_change_at
    from changes
    group by person_id

)

select due.person_id, due.input_fingerprint, null, next_changes.next_change_at
from intermediate.int_scoring__due_persons as due
left join next_changes on due.person_id = next_changes.person_id
"""
_REMEMBER_CYCLES: Final = f"""
update {_MEMORY} as memory
set cycle_fingerprint = due.cycle_fingerprint
from (select distinct person_id, cycle_fingerprint from intermediate.int_scoring__due_cycles) as due
where memory.person_id = due.person_id
"""


def prepare_memory(connection: duckdb.DuckDBPyConnection, *, is_full_refresh: bool) -> None:
    """Make the memory where it is missing, and empty it before a full build."""
    connection.execute(_CREATE)
    if is_full_refresh:
        connection.execute(f"delete from {_MEMORY}")


def remember_scored(connection: duckdb.DuckDBPyConnection) -> None:
    """Write what the models of a finished build have scored; the caller's transaction holds it together."""
    for statement in (_FORGET, _REMEMBER_PERSONS, _REMEMBER_CYCLES):
        connection.execute(statement)
