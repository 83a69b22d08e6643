import type { TopicPartition } from '@goka/interface'

/** A partition as the key of a map: no topic has a slash in its name. */
export function partitionKey({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`
}
