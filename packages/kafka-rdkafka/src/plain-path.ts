import { call } from './client/call.ts'
import { MessageSource } from './consume/message-source.ts'
import { OffsetCommits } from './consume/offset-commits.ts'
import { MessageSink } from './produce/message-sink.ts'
import type { RecordPath } from './record-path.ts'

/** By node-rdkafka alone. */
export const plainPath: RecordPath = {
  capabilities: {
    nativeBatches: false,
    topicConfig: false,
    groupOffsets: false,
    deleteRecords: false,
    binaryHeaders: false,
    emptyKeys: true,
  },
  consumerSettings: {},
  producerSettings: { dr_cb: true },
  source: ({ client }, clock, options) => new MessageSource(client, clock, options),
  sink: ({ client }, clock) => new MessageSink(client, clock),
  committer: ({ client }, clock, source) =>
    new OffsetCommits(client, clock, async (work) => {
      if (source instanceof MessageSource) await source.serve(work)
    }),
  sendOffsets: (producer, consumer, offsets, timeoutMs) => ({
    // The consumer's client is looked into when a thread is free: it must not be gone by then.
    returned: consumer.during(
      call((done) => {
        const sent = offsets.map(({ topic, partition, offset }) => ({ topic, partition, offset }))
        producer.client.sendOffsetsToTransaction(sent, consumer.client, timeoutMs, done)
      }),
    ),
    // The thread of Node's pool waits, and with it the end of the process.
    leave: () => undefined,
  }),
  adminExtension: () => undefined,
}
