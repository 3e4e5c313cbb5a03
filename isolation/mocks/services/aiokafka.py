"""aiokafka annotates little, and gives futures from a queue."""

ROWS = {
    "aiokafka.producer.producer.AIOKafkaProducer.send": "asyncio.Future[aiokafka.structs.RecordMetadata]",
    "aiokafka.producer.producer.AIOKafkaProducer.send_batch": "asyncio.Future[aiokafka.structs.RecordMetadata]",
}
