"""Apache Spark: the same rules over more signals than one machine reads. Needs the extra `spark`."""
