import type {
  Admin,
  GroupConsumer,
  Logger,
  TopicPartition,
  TopicPartitionOffset,
} from '@goka/interface'
import type { InputEdge } from '../graph/edges.ts'

/**
 * Where to start partitions that have just been assigned: where the group has committed, or as the input says. An offset
 * that is no longer in the log is moved to its start, with a warning.
 */
export async function startOffsets(
  partitions: readonly TopicPartition[],
  consumer: GroupConsumer,
  admin: Admin,
  inputs: readonly InputEdge[],
  log: Logger,
): Promise<readonly TopicPartitionOffset[]> {
  const [committed, earliest, latest] = await Promise.all([
    consumer.committed(partitions),
    admin.offsets(partitions, 'earliest'),
    admin.offsets(partitions, 'latest'),
  ])
  return partitions.map(({ topic, partition }, index) => {
    const first = earliest[index]?.offset ?? 0
    const end = latest[index]?.offset ?? 0
    const found = committed.find((one) => one.topic === topic && one.partition === partition)
    if (found === undefined) {
      const initial = inputs.find((input) => input.topic === topic)?.options.initialOffset
      return { topic, partition, offset: initial === 'latest' ? end : first }
    }
    if (found.offset >= first && found.offset <= end) return found
    log.warn(
      { topic, partition, committed: found.offset, earliest: first, latest: end },
      found.offset < first
        ? 'records that were not processed are gone from the topic: going on with the first that is left'
        : 'the committed offset is past the end of the topic, which must have been made anew: starting from its start',
    )
    return { topic, partition, offset: first }
  })
}
