import type { NativeAddon } from './native/addon.ts'
import { batchSink } from './native/batch-sink.ts'
import { nativeAdmin } from './native/native-admin.ts'
import { nativeGroup } from './native/native-group.ts'
import { sendOffsets } from './native/native-offset-sending.ts'
import { pumpSource } from './native/pump-source.ts'
import type { RecordPath } from './record-path.ts'

/** Records by the addon, which rides on node-rdkafka's clients as a plugin of librdkafka. */
export function nativePath(native: NativeAddon): RecordPath {
  const plugin = { 'plugin.library.paths': native.pluginPath }
  return {
    capabilities: {
      nativeBatches: true,
      topicConfig: true,
      groupOffsets: true,
      deleteRecords: true,
      binaryHeaders: true,
      emptyKeys: true,
    },
    consumerSettings: plugin,
    // node-rdkafka registers for delivery reports in any case, and would hold every record until it has polled for its own.
    producerSettings: { ...plugin, 'delivery.report.only.error': true },
    source: ({ name }, _clock, options) => pumpSource(native, name, options),
    sink: ({ name }) => batchSink(native, name),
    committer: ({ name }) => nativeGroup(native, name),
    sendOffsets: (producer, consumer, offsets, timeoutMs) =>
      sendOffsets(native, producer.name, consumer.name, offsets, timeoutMs),
    adminExtension: ({ name }) => nativeAdmin(native, name),
  }
}
