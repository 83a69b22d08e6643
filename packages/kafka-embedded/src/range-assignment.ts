import type { TopicPartition } from '@goka/interface'

/** What the assignment depends on. */
export interface Subscriber {
  readonly memberId: string
  readonly instanceId: string | undefined
  readonly topics: readonly string[]
}

/**
 * Kafka's range assignment (`RangeAssignor`): for each topic, the subscribers in order, each with a range of the
 * partitions, the first ones with one more when they do not divide evenly. With the same topics and numbers of
 * partitions everywhere, partitions of the same number go to the same member.
 * @param partitions - how many a topic has
 */
export function rangeAssignment<Member extends Subscriber>(
  members: Iterable<Member>,
  partitions: (topic: string) => number,
): ReadonlyMap<Member, readonly TopicPartition[]> {
  const assignment = new Map<Member, TopicPartition[]>()
  const byTopic = new Map<string, Member[]>()
  for (const member of [...members].sort(order)) {
    assignment.set(member, [])
    for (const topic of new Set(member.topics)) {
      const subscribers = byTopic.get(topic)
      if (subscribers === undefined) byTopic.set(topic, [member])
      else subscribers.push(member)
    }
  }
  for (const [topic, subscribers] of byTopic) {
    const count = partitions(topic)
    const each = Math.floor(count / subscribers.length)
    const withOneMore = count % subscribers.length
    let partition = 0
    for (const [index, member] of subscribers.entries()) {
      const end = partition + each + (index < withOneMore ? 1 : 0)
      while (partition < end) assignment.get(member)?.push({ topic, partition: partition++ })
    }
  }
  return assignment
}

/** As Kafka: static members by their instance id first, then the others by their member id. */
function order(a: Subscriber, b: Subscriber): number {
  if (a.instanceId !== undefined && b.instanceId !== undefined) {
    return compare(a.instanceId, b.instanceId)
  }
  if (a.instanceId !== undefined) return -1
  if (b.instanceId !== undefined) return 1
  return compare(a.memberId, b.memberId)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
