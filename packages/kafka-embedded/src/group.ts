import type { Timer, TopicPartition, TopicPartitionOffset } from '@goka/interface'
import type { Connection } from './connection.ts'
import { failed, fenced, unknownTopic } from './failures.ts'
import { GroupOffsets } from './group-offsets.ts'
import type { Journal } from './journal.ts'
import type { BrokerSettings } from './options.ts'
import { partitionKey } from './partition-key.ts'
import { rangeAssignment } from './range-assignment.ts'
import type { Topics } from './topics.ts'

/** What a group tells a member. */
export type MemberEvent =
  | { readonly kind: 'assign' | 'revoke'; readonly partitions: readonly TopicPartition[] }
  /** The member is out: it was not heard of for too long, or another one has its instance id. */
  | { readonly kind: 'removed'; readonly reason: 'expired' | 'replaced' }

/** The client of a member. */
export interface MemberClient {
  readonly connection: Connection
  readonly topics: readonly string[]
  readonly instanceId: string | undefined
  /** Called in the broker; the client hears of it when it can be reached. */
  tell(memberId: string, event: MemberEvent): void
}

/** What a group needs of its broker. */
export interface GroupHost {
  readonly topics: Topics
  readonly settings: BrokerSettings
  readonly journal: Journal | undefined
}

/**
 * A consumer group and its coordinator: who is a member, who has which partitions, and the committed offsets. A partition
 * has one owner at a time; it gets the next one when the owner has handed it over or is out.
 */
export class Group {
  readonly name: string
  readonly offsets: GroupOffsets
  readonly #host: GroupHost
  readonly #members = new Map<string, Member>()
  readonly #owners = new Map<string, Member>()
  #lastMember = 0
  #isScheduled = false
  /** Eager: everybody gives up everything before anybody gets something. */
  #isRevokingAll = false
  /** The number of partitions that the assignment was made for has changed, or the members have. */
  #isStale = false

  constructor(name: string, host: GroupHost) {
    this.name = name
    this.#host = host
    this.offsets = new GroupOffsets(name, host.journal)
  }

  get isEmpty(): boolean {
    return this.#members.size === 0
  }

  /**
   * Takes a client in and returns its member id.
   * @throws GokaError `GOKA_TOPIC_UNKNOWN`
   */
  join(client: MemberClient): string {
    const { connection, topics, instanceId } = client
    for (const topic of topics) {
      if (this.#host.topics.find(topic) === undefined) throw unknownTopic(topic)
    }
    for (const known of this.#members.values()) if (known.client === client) return known.memberId
    const number = String(++this.#lastMember).padStart(6, '0')
    const member: Member = {
      memberId: `${connection.clientId}-${number}`,
      client,
      topics,
      instanceId,
      owned: new Map(),
      revoking: new Set(),
      target: new Map(),
      watch: () => this.#watchSession(member),
      sessionTimer: undefined,
      revokeTimer: undefined,
    }
    const before = instanceId === undefined ? undefined : this.#withInstance(instanceId)
    if (before === undefined || before.topics.join() !== topics.join()) this.#isStale = true
    if (before !== undefined) {
      member.target = before.target
      this.#drop(before)
      before.client.tell(before.memberId, { kind: 'removed', reason: 'replaced' })
    }
    this.#members.set(member.memberId, member)
    connection.watch(member.watch)
    // It may have fallen silent on its way here.
    this.#watchSession(member)
    this.#schedule()
    return member.memberId
  }

  /** A member goes; one with an instance id keeps its place until its session is over. */
  leave(memberId: string): void {
    const member = this.#members.get(memberId)
    if (member === undefined || member.instanceId !== undefined) return
    this.#remove(member)
  }

  /** A member is out although it may live: it did not poll. */
  expel(memberId: string): void {
    const member = this.#members.get(memberId)
    if (member === undefined) return
    this.#remove(member)
    member.client.tell(memberId, { kind: 'removed', reason: 'expired' })
  }

  /** A member has given up partitions that were revoked. */
  handOver(memberId: string, partitions: readonly TopicPartition[]): void {
    const member = this.#members.get(memberId)
    if (member === undefined) return
    for (const partition of partitions) {
      const key = partitionKey(partition)
      if (!member.revoking.delete(key)) continue
      member.owned.delete(key)
      this.#owners.delete(key)
    }
    if (member.revoking.size === 0) {
      member.client.connection.brokerClock.clearTimeout(member.revokeTimer)
      member.revokeTimer = undefined
    }
    this.#schedule()
  }

  /**
   * Checks that a member may commit for partitions.
   * @throws GokaError `GOKA_TRANSPORT_FENCED`
   */
  checkOwner(memberId: string, partitions: readonly TopicPartition[]): void {
    const member = this.#members.get(memberId)
    if (member === undefined) {
      const message = `${memberId || 'a client'} is no member of group ${this.name} (any more): poll to join again`
      throw fenced('commit', 'UNKNOWN_MEMBER_ID', message)
    }
    for (const partition of partitions) {
      const key = partitionKey(partition)
      if (member.owned.has(key)) continue
      const message = `partition ${key} is not assigned to ${memberId} of group ${this.name} (any more)`
      throw fenced('commit', 'ILLEGAL_GENERATION', message)
    }
  }

  /** Stores the offsets of a member. @throws GokaError `GOKA_TRANSPORT_FENCED` */
  commit(memberId: string, offsets: readonly TopicPartitionOffset[]): void {
    this.checkOwner(memberId, offsets)
    this.offsets.set(offsets)
  }

  /** Stores offsets from outside. @throws GokaError `GOKA_TRANSPORT_FAILED` while there are members */
  alter(offsets: readonly TopicPartitionOffset[]): void {
    if (!this.isEmpty) {
      const message = `group ${this.name} has members: stop them before its offsets are altered`
      throw failed('admin', 'NON_EMPTY_GROUP', message)
    }
    this.offsets.set(offsets)
  }

  /** A topic has come, gone or grown. */
  topicChanged(topic: string): void {
    for (const { topics } of this.#members.values()) {
      if (!topics.includes(topic)) continue
      this.#isStale = true
      this.#schedule()
      return
    }
  }

  /** Forgets the members. */
  close(): void {
    for (const member of this.#members.values()) this.#drop(member)
  }

  #withInstance(instanceId: string): Member | undefined {
    for (const member of this.#members.values()) if (member.instanceId === instanceId) return member
    return undefined
  }

  #remove(member: Member): void {
    this.#drop(member)
    this.#isStale = true
    this.#schedule()
  }

  #drop(member: Member): void {
    const { connection } = member.client
    this.#members.delete(member.memberId)
    for (const key of member.owned.keys()) this.#owners.delete(key)
    connection.unwatch(member.watch)
    connection.brokerClock.clearTimeout(member.sessionTimer)
    connection.brokerClock.clearTimeout(member.revokeTimer)
  }

  /** Starts the session timeout of a member that is not heard, and takes it back when it is heard again. */
  #watchSession(member: Member): void {
    const { connection } = member.client
    const clock = connection.brokerClock
    if (connection.isHeard) {
      clock.clearTimeout(member.sessionTimer)
      member.sessionTimer = undefined
    } else if (member.sessionTimer === undefined) {
      member.sessionTimer = clock.setTimeout(
        () => this.expel(member.memberId),
        this.#host.settings.sessionTimeoutMs,
      )
    }
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#host.settings.scheduler.schedule(`group ${this.name}`, this.#step)
  }

  readonly #step = (): void => {
    this.#isScheduled = false
    if (this.#isStale) this.#assign()
    if (this.#isRevokingAll) {
      for (const member of this.#members.values()) this.#revoke(member, [...member.owned.keys()])
      if (this.#owners.size > 0) return
      this.#isRevokingAll = false
    }
    for (const member of this.#members.values()) {
      const { owned, target } = member
      this.#revoke(
        member,
        [...owned.keys()].filter((key) => !target.has(key)),
      )
    }
    for (const member of this.#members.values()) this.#grant(member)
  }

  /** Makes a new assignment; nobody hears of it yet. */
  #assign(): void {
    const { topics, settings } = this.#host
    const count = (topic: string): number => topics.find(topic)?.logs.length ?? 0
    for (const [member, partitions] of rangeAssignment(this.#members.values(), count)) {
      member.target = new Map(partitions.map((partition) => [partitionKey(partition), partition]))
    }
    this.#isStale = false
    this.#isRevokingAll = settings.rebalance === 'eager'
  }

  /** Asks a member to give up partitions, once. */
  #revoke(member: Member, keys: readonly string[]): void {
    const { revoking, owned, client, memberId } = member
    const asked = keys.filter((key) => !revoking.has(key))
    if (asked.length === 0) return
    for (const key of asked) revoking.add(key)
    member.revokeTimer ??= client.connection.brokerClock.setTimeout(
      () => this.expel(memberId),
      this.#host.settings.maxPollIntervalMs,
    )
    const partitions = asked.map((key) => owned.get(key) as TopicPartition)
    client.tell(memberId, { kind: 'revoke', partitions })
  }

  /** Gives a member what is its and nobody's. It first gives up what it has to. */
  #grant({ memberId, client, target, owned, revoking }: Member): void {
    if (revoking.size > 0) return
    const partitions: TopicPartition[] = []
    for (const [key, partition] of target) {
      if (this.#owners.has(key)) continue
      this.#owners.set(key, this.#members.get(memberId) as Member)
      owned.set(key, partition)
      partitions.push(partition)
    }
    if (partitions.length > 0) client.tell(memberId, { kind: 'assign', partitions })
  }
}

interface Member {
  readonly memberId: string
  readonly client: MemberClient
  readonly topics: readonly string[]
  readonly instanceId: string | undefined
  readonly owned: Map<string, TopicPartition>
  readonly revoking: Set<string>
  target: ReadonlyMap<string, TopicPartition>
  readonly watch: () => void
  sessionTimer: Timer
  revokeTimer: Timer
}
