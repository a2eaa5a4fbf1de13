"""Fixed limits of the files source. What a company chooses stands in its ``pilotage.yml``."""

from __future__ import annotations

from typing import Final

READ_CHUNK_BYTES: Final = 4 << 20
"""How much of a file is read at once while it is hashed, decompressed and decoded."""
BLOCK_BYTES: Final = 32 << 20
"""How much of a file is cut into records at once when it has to be read record by record."""
MAX_RECORD_BYTES: Final = 8 << 20
"""A longer record is taken for an unclosed quote; its lines are then read one by one."""
MAX_HEADER_BYTES: Final = 1 << 20
MAX_WORKBOOK_MEMBERS: Final = 10_000
MAX_WORKBOOK_BYTES: Final = 1 << 30
"""Workbooks are unpacked in memory. A sheet has at most 1,048,576 rows; larger data comes as CSV or Parquet."""
RATIO_GRACE_BYTES: Final = 1 << 20
"""Below this size a compression ratio says nothing: a small file of zeros is no bomb."""
UNFINISHED_SUFFIXES: Final = (".part", ".partial", ".tmp", ".crdownload", ".filepart", ".download", ".upload")
"""Endings that browsers and transfer programs give to a file that is still being written."""
DELIVERED_ROWS: Final = 131_072
"""Rows of one Arrow batch handed to dlt: bounds memory, and is a whole number of DuckDB's row groups."""
