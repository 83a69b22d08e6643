import type { Cluster } from './cluster.ts'
import { type Content, fill } from './filler.ts'

/** A topic that is full: what systems read. */
export interface Input {
  readonly topic: string
  readonly partitions: number
  /** The end of each partition. */
  readonly ends: readonly number[]
}

/** Makes a topic and fills it. */
export async function makeInput(
  cluster: Cluster,
  topic: string,
  partitions: number,
  content: Content,
  config: Readonly<Record<string, string>> = {},
): Promise<Input> {
  await cluster.createTopic(topic, partitions, config)
  return await refill(cluster, topic, partitions, content)
}

/** Adds records to a topic. */
export async function refill(
  cluster: Cluster,
  topic: string,
  partitions: number,
  content: Content,
): Promise<Input> {
  await fill(cluster, topic, partitions, content)
  return { topic, partitions, ends: await cluster.ends(topic, partitions) }
}

/** How many partitions hold something: how many last records there are. */
export function lastRecords({ ends }: Input): number {
  return ends.filter((end) => end > 0).length
}
