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
 * that is not in the log is moved to its start, with a warning: records may be processed twice, and none is left out.
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
    // A commit past the end does not come to fit by waiting: new records take the offsets of those that are gone and would be
    // left out. Nor is the end told too low after a restart: a leader has no answer before it knows it (KIP-207).
    log.warn(
      { topic, partition, committed: found.offset, earliest: first, latest: end },
      found.offset < first
        ? 'records that were not processed are gone from the topic: going on with the first that is left'
        : 'the committed offset is past the end of the topic, which was made anew or has lost records: starting from its start, so that none is left out',
    )
    return { topic, partition, offset: first }
  })
}
