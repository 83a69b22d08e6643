import { Goka } from '@goka/core'
import type { Admin, Transport } from '@goka/interface'
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
import { DEAD, INPUT, input, OUTPUT, TABLE } from './counter-group.ts'
import { Dice } from './dice.ts'
import { Disk } from './disk.ts'
import { disturb } from './disturbance.ts'
import { Instance } from './instance.ts'
import { checkLogs, checkStores } from './invariants.ts'
import { Ledger } from './ledger.ts'
import type { Mutant } from './mutants.ts'
import { observe } from './observation.ts'
import { type Plan, planOf } from './plan.ts'
import { checkView, Watcher } from './watcher.ts'

/** How long everything may take to be processed once all is well again, milliseconds of the run. */
const DRAIN_MS = 120_000

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
  readonly instances: Instance[] = []
  /** What to do when its time has come: ends of faults. */
  readonly heals: { readonly atMs: number; readonly heal: () => void }[] = []
  /** What is broken on purpose, to see that it is found. */
  readonly mutant: Mutant | undefined
  admin!: Admin
  #message = 0
  readonly #goka: Goka

  constructor(seed: number, mutant?: Mutant) {
    const plan = { ...planOf(seed), ...mutant?.plan }
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
    this.disks = new Map(
      this.slots.map((slot) => [
        slot,
        new Disk(slot, this.scheduler, plan.slowDisk, mutant?.writeFault),
      ]),
    )
    this.#goka = new Goka({ transport: this.transport, clientId: 'outside', clock: this.clock })
  }

  /** The instance that a slot has now, if it has one. */
  instance(slot: string): Instance | undefined {
    return this.instances.findLast(({ name, isLive }) => isLive && name.startsWith(slot))
  }

  start(slot: string): void {
    const { plan, broker, ledger, clock: world } = this
    const disk = this.disks.get(slot) as Disk
    const number = this.instances.length
    const transport: Transport = this.mutant?.transport?.(this.transport, disk) ?? this.transport
    ledger.note(`${slot}${number} starts`)
    this.instances.push(
      new Instance({ plan, slot, number, broker, transport, world, disk, ledger }),
    )
  }

  /** Runs the whole of it; the ledger tells what was wrong. */
  async run(): Promise<Ledger> {
    const { ledger, plan, dice } = this
    const onUnhandled = (error: unknown): void => {
      ledger.violate('I12', `unhandled rejection: ${String(error)}`)
    }
    process.on('unhandledRejection', onUnhandled)
    try {
      const emitter = this.#goka.emitter(input)
      const admin = this.transport.admin({
        clientId: 'outside-admin',
        clock: this.clock,
        log: new LogRecorder(),
        connectTimeoutMs: 10_000,
      })
      await this.settle()
      this.admin = await admin
      for (const [topic, config] of [
        [INPUT, {}],
        [OUTPUT, {}],
        [DEAD, {}],
        [TABLE, { 'cleanup.policy': 'compact' }],
      ] as const) {
        void this.admin.createTopic({ topic, partitions: plan.partitions, config })
      }
      await this.settle()
      const watcher = plan.watched ? new Watcher(this.transport, this.clock) : undefined
      for (let round = 0; round < plan.rounds; round++) {
        for (let count = dice.roll(5); count > 0; count--) this.#emit(emitter)
        if (dice.roll(3) > 0) disturb(this)
        if (dice.roll(4) > 0) await this.pass(dice.pick([0, 1, 10, 50, 200, 1_000]))
        if (plan.zombies && dice.chance(6)) await this.pass(4_000)
        await observe(this)
      }
      await this.#heal()
      await this.#drain()
      await emitter.close()
      await checkView(this, watcher)
      await this.#stopAll()
      await checkLogs(this)
      checkStores(this)
    } finally {
      await this.#end()
      process.off('unhandledRejection', onUnhandled)
    }
    return ledger
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

  #emit(emitter: {
    emit(
      key: string,
      value: string | null,
    ): Promise<{ readonly partition: number; readonly offset: number }>
  }): void {
    const { dice, ledger, plan } = this
    const number = ++this.#message
    const kind = dice.pick(['m', 'm', 'm', 'm', 'm', 'm', 'delete', 'poison', 'flaky', null])
    const value = kind === null ? null : `${kind}${number}`
    ledger.unacknowledged++
    emitter.emit(dice.pick(plan.keys), value).then(
      ({ partition, offset }) => {
        ledger.unacknowledged--
        ledger.emitted.set(`${partition}/${offset}`, value)
      },
      (error: unknown) => {
        ledger.violate('I1', `an emit was rejected: ${String(error)}`)
      },
    )
  }

  isDown = false
  /** Whether nothing goes wrong any more. */
  isHealed = false
  /** Visits so far. */
  marks = 0
  /** What the topics held at the end. */
  readonly logs = new Map<string, readonly unknown[]>()
  /** What views saw at the end. */
  readonly seen: Readonly<Record<string, string>>[] = []

  /** Clients that are cut off. */
  readonly cut = new Set<string>()

  async #heal(): Promise<void> {
    for (const { heal } of this.heals.splice(0)) heal()
    for (const disk of this.disks.values()) disk.onWrite = () => {}
    this.broker.faults.up()
    this.isDown = false
    for (const instance of this.instances) {
      if (instance.state !== 'crashed') this.broker.faults.reconnect(instance.clientId)
      instance.thaw()
    }
    this.cut.clear()
    await this.pass(0)
    await this.pass(5_000)
    for (const { heal } of this.heals.splice(0)) heal()
    await this.pass(0)
    this.isHealed = true
    if (this.instances.every(({ state }) => state !== 'running'))
      this.start(this.slots[0] as string)
  }

  async #drain(): Promise<void> {
    const { plan, ledger } = this
    const partitions = Array.from({ length: plan.partitions }, (_, partition) => ({
      topic: INPUT,
      partition,
    }))
    const endMs = this.clock.now() + DRAIN_MS
    // A step lets each chain of timers go on by one.
    const longestMs = plan.callbackMs === 0 ? 2_000 : plan.callbackMs
    for (let stepMs = 20; ; stepMs = Math.min(stepMs * 1.3, longestMs)) {
      await this.pass(Math.round(stepMs))
      await observe(this)
      const asked = this.admin.offsets(partitions, 'latest')
      await this.settle()
      const behind = (await asked).filter(
        ({ partition, offset }) => (ledger.committed.get(partition) ?? 0) < offset,
      )
      const owned = new Set(
        this.instances.flatMap(({ state, processor }) =>
          state === 'running' ? processor.partitions : [],
        ),
      )
      if (behind.length === 0 && owned.size === plan.partitions && ledger.unacknowledged === 0)
        break
      if (this.clock.now() > endMs) {
        const states = this.instances.map(
          ({ name, state, processor }) =>
            `${name} ${state} ${processor.state.current} [${processor.partitions.join()}]`,
        )
        ledger.violate(
          'I10',
          `not processed in time: ${JSON.stringify(behind)}, unacknowledged ${ledger.unacknowledged}, ${states.join('; ')}`,
        )
        break
      }
    }
  }

  async #stopAll(): Promise<void> {
    for (const instance of this.instances) instance.stop()
    for (let second = 0; second < 60; second++) {
      await this.pass(1_000)
      if (this.instances.every(({ isLive }) => !isLive)) break
    }
    for (const { name, isLive } of this.instances) {
      if (isLive) this.ledger.violate('I10', `${name} does not stop`)
    }
    // Clients that were being made when the processor ended have a while to be closed.
    await this.pass(12_000)
    for (const { name, state, clock } of this.instances) {
      if (state === 'stopped' && clock.waiting > 0) {
        this.ledger.violate('I12', `${name} has left ${clock.waiting} timers`)
      }
    }
    await observe(this)
  }

  // Nothing of the run may meet the next one.
  async #end(): Promise<void> {
    await this.broker.close()
    for (const disk of this.disks.values()) disk.crash()
    const buried = Promise.all(this.instances.map((instance) => instance.bury()))
    for (let second = 0; second < 40; second++) await this.pass(1_000)
    await buried
    await this.settle()
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
