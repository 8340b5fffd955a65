"""Stored draws as one Arrow IPC file (Feather 2), which any Arrow program maps into memory; a batch at a time."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from forecast.drawsfile import StoredDraws, native_file, schema_of
from forecast.files import replacing


def write_arrow(path: Path, draws: StoredDraws) -> int:
    """Write every stored draw, with the description of the columns in the metadata; return the number of draws."""
    schema, written = schema_of(draws.description), 0
    with replacing(path) as temporary:
        options = pa.ipc.IpcWriteOptions(compression="zstd")
        with native_file(temporary, "wb") as file, pa.ipc.new_file(file, schema, options=options) as writer:
            for table in draws.groups():
                for batch in table.combine_chunks().to_batches():
                    writer.write_batch(batch)
                    written += batch.num_rows
    return written
