"""Apache Kafka: topics read as sources, by a consumer group."""
