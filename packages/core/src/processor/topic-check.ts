import {
  type Admin,
  GokaError,
  isGokaError,
  type Logger,
  type TopicDescription,
} from '@goka/interface'
import type { Edges } from '../graph/edges.ts'
import { unknownTopic } from '../table/changelogs.ts'
import type { ProcessorSettings } from './processor-options.ts'

/**
 * Makes sure that the topics of a group are as they have to be, and creates those that are the group's own. Returns how
 * many partitions the inputs have.
 * @throws GokaError `GOKA_TOPIC_UNKNOWN`, `GOKA_TOPIC_MISMATCH`
 */
export async function checkTopics(
  admin: Admin,
  canReadConfig: boolean,
  edges: Edges,
  settings: ProcessorSettings['topics'],
  log: Logger,
): Promise<number> {
  const { table, loop, inputs, joins, lookups } = edges
  const foreign = [
    ...inputs.filter((input) => !input.loop).map(({ topic }) => topic),
    ...joins.map(({ topic }) => topic),
  ]
  const own = [table?.topic, loop?.topic].filter((topic) => topic !== undefined)
  const looked = lookups.map(({ topic }) => topic)
  const found = await admin.topics([...foreign, ...own, ...looked])
  for (const topic of [...foreign, ...looked]) {
    if (!found.has(topic)) throw unknownTopic(topic)
  }
  const partitions = copartitioned(foreign, found)
  const create = async (topic: string, config: Readonly<Record<string, string>>): Promise<void> => {
    if (found.has(topic)) {
      checkPartitions(topic, found, partitions, foreign[0] as string)
      return
    }
    if (!settings.create) throw unknownTopic(topic)
    const { replicationFactor } = settings
    try {
      await admin.createTopic({
        topic,
        partitions,
        config,
        ...(replicationFactor !== undefined && { replicationFactor }),
      })
      log.info({ topic, partitions }, 'the topic has been created')
    } catch (error) {
      // Another instance was faster: then it must be as this one wants it.
      if (!isGokaError(error, 'GOKA_TOPIC_EXISTS')) throw error
      checkPartitions(topic, await admin.topics([topic]), partitions, foreign[0] as string)
    }
  }
  if (table !== undefined) {
    await create(table.topic, { ...settings.tableConfig, 'cleanup.policy': 'compact' })
  }
  if (loop !== undefined) {
    await create(loop.topic, { ...settings.loopConfig, 'cleanup.policy': 'delete' })
  }
  const { mismatch } = settings
  if (canReadConfig && mismatch !== 'ignore') {
    const tables = [table?.topic, ...joins.map(({ topic }) => topic), ...looked]
    await Promise.all(
      tables
        .filter((topic) => topic !== undefined)
        .map((topic) => checkCompaction(admin, topic, mismatch, log)),
    )
  }
  return partitions
}

function copartitioned(
  topics: readonly string[],
  found: ReadonlyMap<string, TopicDescription>,
): number {
  const first = topics[0] as string
  const partitions = (found.get(first) as TopicDescription).partitions
  for (const topic of topics) checkPartitions(topic, found, partitions, first)
  return partitions
}

function checkPartitions(
  topic: string,
  found: ReadonlyMap<string, TopicDescription>,
  expected: number,
  reference: string,
): void {
  const partitions = found.get(topic)?.partitions
  if (partitions === undefined || partitions === expected) return
  throw new GokaError(
    'GOKA_TOPIC_MISMATCH',
    `topic "${topic}" has ${partitions} partitions but "${reference}" has ${expected}: ` +
      'the inputs, joins, table and loop of a group need the same number, create the topic anew or repartition one of them',
    { topic, property: 'partitions', expected: `${expected}`, found: `${partitions}` },
  )
}

async function checkCompaction(
  admin: Admin,
  topic: string,
  mismatch: 'fail' | 'warn',
  log: Logger,
): Promise<void> {
  const config = await admin.topicConfig(topic)
  const policy = config['cleanup.policy'] ?? 'delete'
  if (policy.split(',').some((word) => word.trim() === 'compact')) return
  const error = new GokaError(
    'GOKA_TOPIC_MISMATCH',
    `table topic "${topic}" has cleanup.policy=${policy}: its values would be lost with time, ` +
      'set cleanup.policy=compact',
    { topic, property: 'cleanup.policy', expected: 'compact', found: policy },
  )
  if (mismatch === 'fail') throw error
  log.warn({ err: error, topic }, 'the topic is not as it should be')
}
