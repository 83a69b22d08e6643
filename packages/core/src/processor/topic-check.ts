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
  const check = (topic: string, all: ReadonlyMap<string, TopicDescription>): void => {
    checkPartitions(topic, all, partitions, foreign[0] as string)
    checkReplication(topic, all, settings, log)
  }
  const create = async (topic: string, config: Readonly<Record<string, string>>): Promise<void> => {
    if (found.has(topic)) {
      check(topic, found)
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
      check(topic, await admin.topics([topic]))
    }
  }
  if (table !== undefined) {
    await create(table.topic, { ...settings.tableConfig, 'cleanup.policy': 'compact' })
  }
  if (loop !== undefined) {
    await create(loop.topic, { ...settings.loopConfig, 'cleanup.policy': 'delete' })
  }
  if (canReadConfig && settings.mismatch !== 'ignore') {
    const isCompacted: Expectation = {
      name: 'cleanup.policy',
      expected: 'compact',
      holds: (policy = 'delete') => policy.split(',').some((word) => word.trim() === 'compact'),
      remedy: 'its values would be lost with time, set cleanup.policy=compact',
    }
    const expectations = new Map<string, readonly Expectation[]>()
    for (const topic of [...joins.map((joined) => joined.topic), ...looked]) {
      expectations.set(topic, [isCompacted])
    }
    if (table !== undefined) {
      expectations.set(table.topic, [isCompacted, ...entriesOf(settings.tableConfig)])
    }
    if (loop !== undefined) expectations.set(loop.topic, entriesOf(settings.loopConfig))
    const { mismatch } = settings
    await Promise.all(
      [...expectations].map(([topic, all]) => checkConfig(admin, topic, all, mismatch, log)),
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

// More do no harm: there are more while partitions move.
function checkReplication(
  topic: string,
  found: ReadonlyMap<string, TopicDescription>,
  { replicationFactor: expected = 1, mismatch }: ProcessorSettings['topics'],
  log: Logger,
): void {
  const replicas = found.get(topic)?.replicationFactor
  if (replicas === undefined || replicas >= expected) return
  tell(
    new GokaError(
      'GOKA_TOPIC_MISMATCH',
      `topic "${topic}" has a replication factor of ${replicas} and not ${expected}, as the processor's option topics says: ` +
        'add replicas with kafka-reassign-partitions.sh, or ask for fewer',
      { topic, property: 'replication.factor', expected: `${expected}`, found: `${replicas}` },
    ),
    mismatch,
    log,
  )
}

function tell(
  error: GokaError<'GOKA_TOPIC_MISMATCH'>,
  mismatch: ProcessorSettings['topics']['mismatch'],
  log: Logger,
): void {
  if (mismatch === 'fail') throw error
  if (mismatch === 'ignore') return
  log.warn({ err: error, topic: error.details.topic }, 'the topic is not as it should be')
}

/** What the configuration of a topic has to say. */
interface Expectation {
  readonly name: string
  readonly expected: string
  readonly holds: (found: string | undefined) => boolean
  readonly remedy: string
}

// What the group's own topics are made with; the cleanup policy is not the user's.
function entriesOf(config: Readonly<Record<string, string>>): readonly Expectation[] {
  return Object.entries(config)
    .filter(([name]) => name !== 'cleanup.policy')
    .map(([name, expected]) => ({
      name,
      expected,
      holds: (found) => found === expected,
      remedy: `set it to ${expected}, as the processor's option topics says`,
    }))
}

async function checkConfig(
  admin: Admin,
  topic: string,
  expectations: readonly Expectation[],
  mismatch: 'fail' | 'warn',
  log: Logger,
): Promise<void> {
  if (expectations.length === 0) return
  const config = await admin.topicConfig(topic)
  for (const { name, expected, holds, remedy } of expectations) {
    const found = config[name]
    if (holds(found)) continue
    tell(
      new GokaError(
        'GOKA_TOPIC_MISMATCH',
        `topic "${topic}" has ${name}=${found ?? ''}: ${remedy}`,
        { topic, property: name, expected, found: found ?? '' },
      ),
      mismatch,
      log,
    )
  }
}
