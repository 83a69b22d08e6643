import { Goka } from '@goka/core'
import type { Admin, GokaError } from '@goka/interface'
import {
  type EmbeddedBroker,
  type EmbeddedTransport,
  embedded,
  embeddedBroker,
  type SeededScheduler,
  seededScheduler,
} from '@goka/kafka-embedded'
import { LogRecorder } from '../log-recorder.ts'
import { ManualClock } from '../manual-clock.ts'
import { compactTables } from './compaction.ts'
import { Dice } from './dice.ts'
import { Disk } from './disk.ts'
import { disturb } from './disturbance.ts'
import { bury, drain, grow, heal, probe, stopAll } from './ending.ts'
import { disturbFeatures } from './feature-disturbance.ts'
import { Feed } from './feed.ts'
import { Follower } from './follower.ts'
import type { Remade } from './harm.ts'
import { Instance } from './instance.ts'
import { checkLogs } from './invariants.ts'
import { Ledger } from './ledger.ts'
import { LogTap } from './log-tap.ts'
import type { Mutant } from './mutant.ts'
import { observe } from './observation.ts'
import { type Plan, type PlanKind, planOf } from './plan.ts'
import { press } from './pressure.ts'
import { DEAD, INPUT, JOINED, LOOKED_UP, LOOP, OUTPUT, TABLE, TICKS } from './topics.ts'
import { checkView, Watcher } from './watcher.ts'

/** How long tombstones stay that are compacted away, milliseconds: longer than anybody is kept from reading. */
const TOMBSTONES_MS = 30_000

/** A run that a seed decides, step by step. */
export class Simulation {
  readonly plan: Plan
  readonly dice: Dice
  readonly clock = new ManualClock()
  readonly ledger = new Ledger()
  readonly scheduler: SeededScheduler
  readonly broker: EmbeddedBroker
  readonly transport: EmbeddedTransport
  readonly slots: readonly string[]
  readonly disks: ReadonlyMap<string, Disk>
  readonly feed: Feed
  readonly instances: Instance[] = []
  /** What to do when its time has come: ends of faults. */
  readonly heals: { readonly atMs: number; readonly heal: () => void }[] = []
  /** What is broken on purpose, to see that it is found. */
  readonly mutant: Mutant | undefined
  admin!: Admin
  /** Reads along what is compacted away later; without it, a plain group. */
  tap: LogTap | undefined
  follower: Follower | undefined
  isDown = false
  /** Whether an input has more partitions than the table. */
  isGrown = false
  /** How late commits are sent that are made now, milliseconds. */
  commitDelayMs = 0
  /** Whether nothing goes wrong any more. */
  isHealed = false
  /** How often very many records have come. */
  bursts = 0
  /** Visits so far. */
  marks = 0
  /** What views saw at the end. */
  readonly seen: Readonly<Record<string, string>>[] = []
  /** Clients that are cut off. */
  readonly cut = new Set<string>()
  /** Where each partition of the table's topic begins. */
  readonly cuts: number[] = []
  /** Set when the table's topic was made anew. */
  remade: Remade | undefined

  constructor(
    seed: number,
    options: {
      readonly mutant?: Mutant
      readonly kind?: PlanKind
      /** What is otherwise than the seed has it. */
      readonly plan?: Partial<Plan>
    } = {},
  ) {
    const { mutant, kind = 'rich' } = options
    const plan = { ...planOf(seed, kind), ...options.plan, ...mutant?.plan }
    this.plan = plan
    this.mutant = mutant
    this.dice = new Dice(seed)
    this.scheduler = seededScheduler({ seed, onStep: (lane) => this.ledger.note(lane) })
    this.broker = embeddedBroker({
      scheduler: this.scheduler,
      clock: this.clock,
      rebalance: plan.rebalance,
      fetchMaxBytes: plan.fetchMaxBytes,
      sessionTimeoutMs: 3_000,
      maxPollIntervalMs: plan.zombies ? 8_000 : 60_000,
      transactionTimeoutMs: plan.zombies ? 4_000 : 15_000,
    })
    this.transport = embedded({ broker: this.broker })
    this.slots = ['a', 'b', 'c'].slice(0, plan.slots)
    this.disks = new Map(this.slots.map((slot) => [slot, this.#disk(slot)]))
    const goka = new Goka({ transport: this.transport, clientId: 'outside', clock: this.clock })
    this.feed = new Feed(goka, plan, this.dice, this.ledger)
  }

  #disk(lane: string): Disk {
    const { ledger, plan, clock, mutant } = this
    const disk = new Disk(lane, this.scheduler, plan.slowDisk, mutant?.writeFault)
    // I11: a store is only dropped when it is not what the topic has any more, or a tombstone may have gone since.
    disk.onDrop = ({ name, checkpoint, isSpoiled }) => {
      const { timeMs = clock.now(), position = 0 } = checkpoint ?? {}
      if (plan.compaction === 'tombstones' && clock.now() - timeMs > TOMBSTONES_MS) return
      const isCut = position < (this.cuts[name.partition] ?? 0)
      const isOfBefore = this.remade !== undefined && timeMs <= this.remade.atMs
      if (isSpoiled || (name.topic === TABLE && (isCut || isOfBefore))) return
      ledger.violate('I11', `${lane} has dropped its store of ${name.topic}/${name.partition}`)
    }
    return disk
  }

  /** How many partitions each topic of the run has. */
  get topics(): Readonly<Record<string, number>> {
    const { plan } = this
    const names = [INPUT, OUTPUT, DEAD, TABLE]
    if (plan.ticks) names.push(TICKS)
    if (plan.loop) names.push(LOOP)
    if (plan.join) names.push(JOINED)
    const topics = Object.fromEntries(names.map((topic) => [topic, plan.partitions]))
    return plan.lookup ? { ...topics, [LOOKED_UP]: plan.lookupPartitions } : topics
  }

  /** The instance that a slot has now, if it has one. */
  instance(slot: string): Instance | undefined {
    return this.instances.findLast(({ name, isLive }) => isLive && name.startsWith(slot))
  }

  start(slot: string): void {
    const { plan, broker, ledger, clock: world, transport, mutant, feed } = this
    const disk = this.disks.get(slot) as Disk
    const number = this.instances.length
    const floor = (partition: number): number => this.tap?.records(TABLE, partition).length ?? 0
    const ends = [TABLE, JOINED].flatMap((topic) =>
      Array.from({ length: plan.partitions }, (_, partition) => {
        const last = this.tap?.current(topic, partition).at(-1)?.offset ?? -1
        const isThere = topic !== TABLE || last >= (this.cuts[partition] ?? 0)
        return { topic, partition, offset: isThere ? last + 1 : 0 }
      }),
    )
    ledger.note(`${slot}${number} starts`)
    this.instances.push(
      new Instance({
        plan,
        slot,
        number,
        broker,
        transport,
        mutant,
        world,
        disk,
        ledger,
        feed,
        floor,
        ends,
        settle: () => this.settle(),
        commitDelayMs: () => this.commitDelayMs,
        mayFail: (error) => this.mayFail(error),
      }),
    )
  }

  /** Whether an instance may end with an error now. */
  mayFail(error: GokaError): boolean {
    return this.isGrown && error.code === 'GOKA_TOPIC_MISMATCH'
  }

  /** Runs the whole of it; the ledger tells what was wrong. */
  async run(): Promise<Ledger> {
    const { ledger } = this
    const onUnhandled = (error: unknown): void => {
      ledger.violate('I12', `unhandled rejection: ${String(error)}`)
    }
    process.on('unhandledRejection', onUnhandled)
    try {
      const watcher = await this.#begin()
      await this.#rounds()
      await heal(this)
      const isDrained = await drain(this)
      if (this.plan.rich && isDrained) await probe(this)
      await this.feed.close()
      const watchers = [watcher, this.follower?.watcher].filter((one) => one !== undefined)
      await checkView(this, watchers)
      if (this.plan.grows) await grow(this)
      await stopAll(this)
      await checkLogs(this)
      await this.tap?.close()
    } finally {
      ledger.isClosed = true
      await bury(this)
      process.off('unhandledRejection', onUnhandled)
    }
    return ledger
  }

  async #begin(): Promise<Watcher | undefined> {
    const { plan, clock, transport } = this
    const admin = transport.admin({
      clientId: 'outside-admin',
      clock,
      log: new LogRecorder(),
      connectTimeoutMs: 10_000,
    })
    await this.settle()
    this.admin = await admin
    for (const topic of Object.keys(this.topics)) await this.createTopic(topic)
    if (plan.rich) this.tap = await LogTap.open(this, this.topics)
    if (plan.followed) this.follower = new Follower(this, this.#disk('follower'))
    return plan.watched ? new Watcher(transport, clock) : undefined
  }

  async createTopic(topic: string): Promise<void> {
    const retention =
      this.plan.compaction === 'tombstones' ? { 'delete.retention.ms': `${TOMBSTONES_MS}` } : {}
    const isTable = [TABLE, JOINED, LOOKED_UP].includes(topic)
    const config = isTable ? { 'cleanup.policy': 'compact', ...retention } : {}
    const created = this.admin.createTopic({ topic, partitions: this.topics[topic] ?? 0, config })
    await this.settle()
    await created
  }

  /** Ends every fault that is under way. */
  mend(): void {
    const { broker, cut, heals, instances } = this
    for (const { heal } of heals.splice(0)) heal()
    broker.faults.up()
    this.isDown = false
    for (const instance of instances) {
      if (instance.state !== 'crashed') broker.faults.reconnect(instance.clientId)
    }
    cut.clear()
  }

  async #rounds(): Promise<void> {
    const { dice, plan } = this
    for (let round = 0; round < plan.rounds; round++) {
      this.feed.round()
      if (dice.roll(3) > 0) disturb(this)
      if (dice.roll(4) > 0) await this.pass(dice.pick([0, 1, 10, 50, 200, 1_000]))
      if (plan.zombies && dice.chance(6)) await this.pass(4_000)
      if (plan.rich) {
        disturbFeatures(this)
        if (plan.compaction === 'tombstones' && dice.chance(6)) {
          // Whoever is away for long misses tombstones.
          await this.pass(dice.pick([10_000, TOMBSTONES_MS + 10_000]))
        }
        if (plan.compaction !== 'none' && dice.chance(4)) await compactTables(this)
      }
      await press(this)
      await observe(this)
    }
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 4; ) {
      if (this.scheduler.pending > 0) {
        quiet = 0
        await this.scheduler.idle()
      } else {
        quiet++
        await turn()
      }
    }
  }

  /** Lets time pass. */
  async pass(ms: number): Promise<void> {
    await this.settle()
    const endMs = this.clock.now() + ms
    for (;;) {
      const due = this.heals.filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0]
      const nowMs = this.clock.now()
      this.clock.advance(Math.max(0, (due?.atMs ?? endMs) - nowMs))
      await this.settle()
      if (due === undefined) break
      this.heals.splice(this.heals.indexOf(due), 1)
      due.heal()
      await this.settle()
    }
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
