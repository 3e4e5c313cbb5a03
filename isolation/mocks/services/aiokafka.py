"""aiokafka annotates little, and gives futures from a queue."""

ROWS = {
    "aiokafka.consumer.consumer.AIOKafkaConsumer.beginning_offsets": "dict",
    "aiokafka.consumer.consumer.AIOKafkaConsumer.end_offsets": "dict",
    "aiokafka.consumer.consumer.AIOKafkaConsumer.offsets_for_times": "dict",
    "aiokafka.consumer.consumer.AIOKafkaConsumer.position": "int",
    "aiokafka.consumer.consumer.AIOKafkaConsumer.subscription": "frozenset",
    "aiokafka.consumer.consumer.AIOKafkaConsumer.topics": "set",
    "aiokafka.producer.producer.AIOKafkaProducer.send": "asyncio.Future[aiokafka.structs.RecordMetadata]",
    "aiokafka.producer.producer.AIOKafkaProducer.send_batch": "asyncio.Future[aiokafka.structs.RecordMetadata]",
}
