import { setTimeout as delay } from 'node:timers/promises'
import { type Broker, startNode } from './broker.ts'
import { type CoordinatorKind, coordinatorPort, isInSync } from './cluster-state.ts'
import { freePort } from './free-port.ts'
import { isPortTaken, newClusterId } from './launch.ts'
import { type BrokerPlace, type ClusterOptions, checkClusterOptions } from './options.ts'

/**
 * Several brokers that are one Kafka, each a process and a controller too. Topics, offsets and transactions have a replica on
 * each broker, and are written when a majority has them: one broker of three may be away.
 */
export interface Cluster extends AsyncDisposable {
  /** `127.0.0.1:port` of every broker, with commas between. */
  readonly brokers: string
  /** Each can be killed and restarted by itself. */
  readonly nodes: readonly Broker[]
  /** The broker that coordinates a group, or a transactional id; waits up to 30 s until there is one. */
  coordinator(kind: CoordinatorKind, id: string): Promise<Broker>
  /** Resolves when every broker serves and every replica is in sync: any one of them may go now. Rejects after 30 s. */
  inSync(): Promise<void>
  /** Stops every broker in order and removes their folders. */
  stop(): Promise<void>
}

const attempts = 3
const askTimeoutMs = 5_000
const waitTimeoutMs = 30_000

/**
 * Starts a cluster and resolves when all its brokers serve clients.
 *
 * ```ts
 * await using cluster = await startCluster()
 * const broker = await cluster.coordinator('group', 'some-group')
 * broker.kill('SIGKILL')
 * ```
 *
 * @throws GokaError as `startBroker` does
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  checkClusterOptions(options)
  const { brokers = 3, config = {}, configOf = () => ({}), heapMb = 256 } = options
  for (let attempt = 1; ; attempt++) {
    const members = await memberConfigs(brokers)
    const clusterId = newClusterId()
    const starts = await Promise.allSettled(
      members.map(({ place, port, own }) => {
        const all = { ...own, ...replication(brokers), ...config, ...configOf(place) }
        return startNode({ port, heapMb, config: all }, clusterId)
      }),
    )
    const nodes = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []))
    const failure = starts.find((start) => start.status === 'rejected')
    if (failure === undefined) return new KafkaCluster(nodes)
    await Promise.all(nodes.map((node) => node.stop()))
    if (!isPortTaken(failure.reason) || attempt === attempts) throw failure.reason
  }
}

/** What makes a broker the member of a quorum: ports that all members know before one of them is there. */
async function memberConfigs(count: number) {
  const ports = new Set<number>()
  while (ports.size < 2 * count) ports.add(await freePort())
  const [...all] = ports
  const members: readonly BrokerPlace[] = Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    client: `127.0.0.1:${all[2 * index]}`,
    controller: `127.0.0.1:${all[2 * index + 1]}`,
  }))
  const voters = members.map(({ id, controller }) => `${id}@${controller}`).join(',')
  return members.map((place) => ({
    place,
    port: Number(place.client.split(':')[1]),
    own: {
      'node.id': String(place.id),
      listeners: `CLIENT://${place.client},CONTROLLER://${place.controller}`,
      'controller.quorum.voters': voters,
    },
  }))
}

function replication(brokers: number): Readonly<Record<string, string>> {
  const replicas = String(brokers)
  const majority = String(Math.floor(brokers / 2) + 1)
  return {
    'default.replication.factor': replicas,
    'min.insync.replicas': majority,
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': majority,
  }
}

class KafkaCluster implements Cluster {
  readonly nodes: readonly Broker[]

  constructor(nodes: readonly Broker[]) {
    this.nodes = nodes
  }

  get brokers(): string {
    return this.nodes.map(({ brokers }) => brokers).join()
  }

  async coordinator(kind: CoordinatorKind, id: string): Promise<Broker> {
    return await this.#wait(async () => {
      const ports = await this.#ask((port) => coordinatorPort(port, kind, id, askTimeoutMs))
      const node = this.nodes.find((each) => portOf(each) === ports[0])
      if (node === undefined) throw new Error(`no broker is the coordinator of ${id}`)
      // One that is behind the others still names the coordinator that was.
      if (new Set(ports).size > 1) throw new Error(`brokers differ about the coordinator of ${id}`)
      return node
    })
  }

  async inSync(): Promise<void> {
    await this.#wait(async () => {
      const answers = await this.#ask((port) => isInSync(port, askTimeoutMs))
      if (answers.length < this.nodes.length || answers.includes(false)) {
        throw new Error('a replica is not in sync')
      }
    })
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  /** The answers of the brokers that are there. */
  async #ask<Answer>(question: (port: number) => Promise<Answer>): Promise<Answer[]> {
    const answers = await Promise.allSettled(this.nodes.map((node) => question(portOf(node))))
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
  }

  async #wait<Result>(check: () => Promise<Result>): Promise<Result> {
    const deadline = Date.now() + waitTimeoutMs
    for (;;) {
      try {
        return await check()
      } catch (error) {
        if (Date.now() > deadline) throw error
      }
      await delay(50)
    }
  }
}

function portOf({ brokers }: Broker): number {
  return Number(brokers.split(':')[1])
}
