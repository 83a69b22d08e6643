import { fnv1a, Goka, type Processor } from '@goka/core'
import {
  type GokaError,
  isGokaError,
  type TopicPartitionOffset,
  type Transport,
} from '@goka/interface'
import type { EmbeddedBroker } from '@goka/kafka-embedded'
import { LogRecorder } from '../log-recorder.ts'
import type { ManualClock } from '../manual-clock.ts'
import { counterGroup, processorOptions } from './counter-group.ts'
import { Deliveries } from './deliveries.ts'
import type { Disk, DiskStorage } from './disk.ts'
import type { Feed } from './feed.ts'
import { lateCommits } from './late-commits.ts'
import { idOf, type Ledger, type Tenure } from './ledger.ts'
import { Memory } from './memory.ts'
import type { Mutant } from './mutant.ts'
import type { Plan } from './plan.ts'
import { ProcessClock } from './process-clock.ts'

export interface InstanceParts {
  readonly plan: Plan
  readonly slot: string
  readonly number: number
  readonly broker: EmbeddedBroker
  readonly transport: Transport
  /** Breaks the transport or the storage on purpose. */
  readonly mutant: Mutant | undefined
  readonly feed: Feed
  /** Lets everything happen that needs no time. */
  readonly settle: () => Promise<void>
  /** How late a commit is sent that is made now, milliseconds. */
  readonly commitDelayMs: () => number
  /** Whether an instance may end with an error now. */
  readonly mayFail: (error: GokaError) => boolean
  /** How many records of a partition of the table's topic are known to be there. */
  readonly floor: (partition: number) => number
  /** Where the topics of its tables are known to end, when it starts. */
  readonly ends: readonly TopicPartitionOffset[]
  readonly world: ManualClock
  readonly disk: Disk
  readonly ledger: Ledger
}

/** One process of the group, from its start to a stop or a crash. */
export class Instance {
  readonly name: string
  readonly clientId: string
  readonly clock: ProcessClock
  /** What the callbacks wait with: those may outlive the processor. */
  readonly callbackClock: ProcessClock
  readonly log = new LogRecorder()
  readonly processor: Processor<string>
  readonly tenures = new Map<number, Tenure>()
  state: 'running' | 'frozen' | 'stopping' | 'stopped' | 'crashed' = 'running'
  /** The code of the error that has ended it. */
  failure: string | undefined
  readonly memory: Memory
  readonly ended: Promise<void>
  readonly #parts: InstanceParts
  readonly #storage: DiskStorage
  #hasJoined = false

  constructor(parts: InstanceParts) {
    const { plan, slot, number, mutant, world, disk, ledger, feed } = parts
    this.#parts = parts
    this.name = `${slot}${number}`
    this.clientId = `${this.name}-processor-group`
    this.clock = new ProcessClock(world)
    this.callbackClock = new ProcessClock(world)
    this.#storage = disk.mount()
    const { clock, log, name } = this
    const deliveries = new Deliveries(name, plan, ledger)
    this.memory = new Memory(name, plan, ledger, this.tenures, () => this.processor.report())
    const given = lateCommits(parts.transport, parts.commitDelayMs)
    const recorded = deliveries.recorded(this.memory.watched(given))
    const transport = mutant?.transport?.(recorded, disk) ?? recorded
    const storage = mutant?.storage?.(this.#storage) ?? this.#storage
    const goka = new Goka({ transport, storage, log, clock, clientId: name })
    const sees = (what: string): void => ledger.violate('I5', what)
    const group = counterGroup({
      plan,
      ledger,
      clock: this.callbackClock,
      tenure: (partition) => this.#tenure(partition),
      began: (tenure, key, topic, offset) => deliveries.began(tenure, key, topic, offset),
      lookups: feed.lookedUp.reader(name, sees),
      memory: this.memory,
    })
    this.processor = goka.processor(group, {
      ...processorOptions(plan, name),
      ...mutant?.options,
      ...(plan.staticMembers && { instanceId: slot }),
      listener: {
        assigned: (partitions) => {
          ledger.note(`${name} assigned ${partitions.join()}`)
          if (plan.recoverAhead && !this.#hasJoined) this.#checkAhead()
          this.#hasJoined = true
          for (const one of partitions) {
            const joined = feed.joined.reader(name, sees)
            const tenure = ledger.tenure(name, one, parts.floor(one), joined)
            this.tenures.set(one, tenure)
          }
        },
        revoked: (partitions) => this.#left('revoked', partitions),
        lost: (partitions) => this.#left('lost', partitions),
        updated: ({ topic, partition, offset }) => {
          const openedAt = this.#storage.openedAt.get(`${topic}/${partition}`) ?? 0
          if (offset < openedAt) {
            ledger.violate(
              'I11',
              `${name} reads ${topic}/${partition} at ${offset}, though its store was at ${openedAt}`,
            )
          }
        },
      },
    })
    this.ended = this.processor.run().then(
      () => this.#ended(undefined),
      (error: unknown) => this.#ended(error),
    )
  }

  /** Reads what is committed of each key that is here. */
  async read(): Promise<void> {
    if (this.state !== 'running') return
    const { plan, settle } = this.#parts
    const reading = plan.keys.map(async (key) => {
      const tenure = this.tenures.get(fnv1a.partition(key, plan.partitions))
      try {
        return { key, tenure, value: await this.processor.get(key) }
      } catch {
        // Not here, or not yet.
        return undefined
      }
    })
    await settle()
    for (const found of await Promise.all(reading)) {
      if (found !== undefined) found.tenure?.read(found.key, found.value)
    }
  }

  get isLive(): boolean {
    return this.state === 'running' || this.state === 'frozen' || this.state === 'stopping'
  }

  stop(): void {
    if (this.state !== 'running') return
    this.state = 'stopping'
    this.processor.stop().catch(() => {})
  }

  /** As SIGKILL: nothing that it would do happens any more. */
  crash(): void {
    if (!this.isLive) return
    this.state = 'crashed'
    this.#parts.ledger.note(`${this.name} crashes`)
    this.#parts.broker.faults.freeze(this.clientId)
    this.#stand()
    this.#parts.disk.crash()
  }

  /** As SIGSTOP. */
  freeze(): void {
    if (this.state !== 'running') return
    this.state = 'frozen'
    this.#parts.broker.faults.freeze(this.clientId)
    this.#stand()
  }

  /** As SIGCONT. */
  thaw(): void {
    if (this.state !== 'frozen') return
    this.state = 'running'
    this.#parts.broker.faults.thaw(this.clientId)
    this.#goOn()
  }

  /** Lets what is left of a crashed process end, once its broker is closed. */
  bury(): Promise<void> {
    this.#parts.broker.faults.thaw(this.clientId)
    this.#goOn()
    this.processor.stop().catch(() => {})
    return this.ended
  }

  #stand(): void {
    this.clock.stand()
    this.callbackClock.stand()
  }

  #goOn(): void {
    this.clock.goOn()
    this.callbackClock.goOn()
  }

  #tenure(partition: number): Tenure {
    const { ledger } = this.#parts
    const tenure = this.tenures.get(partition)
    if (tenure !== undefined) return tenure
    ledger.violate(
      'I8',
      `${this.name} is called for partition ${partition}, which it does not have`,
    )
    return ledger.tenure(this.name, partition, 0)
  }

  // I11: the tables of all partitions were recovered before the group was joined.
  #checkAhead(): void {
    const { disk, ends, ledger } = this.#parts
    for (const { topic, partition, offset } of ends) {
      const position = disk.file(topic, partition)?.checkpoint?.position ?? 0
      if (position >= offset) continue
      ledger.violate(
        'I11',
        `${this.name} has joined with its store of ${topic}/${partition} at ${position}, not ${offset}`,
      )
    }
  }

  #left(how: string, partitions: readonly number[]): void {
    this.#parts.ledger.note(`${this.name} ${how} ${partitions.join()}`)
    for (const partition of partitions) {
      this.tenures.delete(partition)
      this.memory.left(partition)
    }
  }

  // Whether what it ends with is what it has to end with.
  #mayFail(error: unknown): boolean {
    const { ledger, mayFail } = this.#parts
    if (isGokaError(error, 'GOKA_PROCESSOR_CALLBACK')) return ledger.faulty.has(idOf(error.details))
    return isGokaError(error) && mayFail(error)
  }

  #ended(error: unknown): void {
    const { ledger } = this.#parts
    if (this.state === 'crashed') return
    if (error !== undefined) {
      const { code, message } = error as { code?: string; message?: string }
      this.failure = code
      if (!this.#mayFail(error)) {
        ledger.violate('I10', `${this.name} has failed: ${code} ${message}`)
      }
    } else if (this.state !== 'stopping') {
      ledger.violate('I10', `${this.name} has ended by itself`)
    }
    this.state = 'stopped'
    ledger.note(`${this.name} stopped`)
  }
}
