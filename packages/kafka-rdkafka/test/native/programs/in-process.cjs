// Ends in one way or another while its clients are at work.
const { ADDON, NODE_RDKAFKA, BROKERS, TOPIC, WAY } = process.env
const addon = require(ADDON)
const kafka = require(NODE_RDKAFKA)

const settings = { 'bootstrap.servers': BROKERS, 'plugin.library.paths': ADDON }
const consumer = new kafka.KafkaConsumer({ ...settings, 'group.id': 'any' }, {})
const producer = new kafka.Producer({ ...settings, 'delivery.report.only.error': true })

consumer.connect({}, (consumerError) => {
  if (consumerError) throw consumerError
  producer.connect({}, (producerError) => {
    if (producerError) throw producerError
    consumer.assign([{ topic: TOPIC, partition: 0, offset: 0 }])
    const rows = new ArrayBuffer(40 * 1000)
    const sink = new addon.ProducerSink(producer.name, () => takeAll(sink))
    for (let i = 0; i < 50; i++) sink.send(i, [TOPIC], rows, 1000, new Uint8Array(0), 0, true)
    const session = new addon.RequestSession(producer.name, () => takeAll(session))
    for (let i = 0; i < 50; i++) session.submit(i, 'groupOffsets', ['any'], 10_000)
    const pump = new addon.ConsumerPump(consumer.name, 10, 1000, 3, true, () => {
      if (pump.take() === undefined) return
      if (WAY === 'exit') process.exit(3)
      if (WAY === 'throw') throw new Error('on purpose')
      if (ending) return
      ending = true
      pump.stop()
      session.stop()
      sink.stop()
      const stopped = setInterval(() => {
        if (!pump.stopped() || !session.stopped() || !sink.stopped()) return
        clearInterval(stopped)
        consumer.disconnect()
        producer.disconnect()
      }, 1)
    })
  })
})

let ending = false

function takeAll(from) {
  while (from.take() !== undefined);
}
