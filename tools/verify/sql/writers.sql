-- What wrote the stored and the derived file, and how it is packed.
SELECT (SELECT any_value(created_by) FROM parquet_file_metadata(getvariable('stored_path')))
           AS stored_by,
       (SELECT any_value(created_by) FROM parquet_file_metadata(getvariable('derived_path')))
           AS derived_by,
       (SELECT lower(any_value(compression)) FROM parquet_metadata(getvariable('stored_path')))
           AS stored_compression,
       (SELECT lower(any_value(compression)) FROM parquet_metadata(getvariable('derived_path')))
           AS derived_compression;
