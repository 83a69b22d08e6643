import { string } from '@goka/codecs'
import { type Emitter, type Goka, stream } from '@goka/core'
import type { Dice } from './dice.ts'
import { idOf, type Ledger } from './ledger.ts'
import type { Plan } from './plan.ts'
import { SideTable } from './side-table.ts'
import { INPUT, input, JOINED, LOOKED_UP, TICKS, type Tick, ticks } from './topics.ts'

const KINDS = ['m', 'm', 'm', 'm', 'm', 'm', 'delete', 'poison', 'flaky', null] as const
const BURST_KINDS = ['m', 'm', 'm', 'm', 'm', 'm', 'm', 'delete', 'poison'] as const
const LOOP_KINDS = [...KINDS, 'hop', 'hop', 'hop', 'trap'] as const

interface Side {
  readonly table: SideTable
  readonly emitter: Emitter<string>
}

/** What is written from outside: the inputs, and the tables that are joined and looked up. */
export class Feed {
  readonly joined = new SideTable(JOINED)
  readonly lookedUp = new SideTable(LOOKED_UP)
  readonly #plan: Plan
  readonly #dice: Dice
  readonly #ledger: Ledger
  readonly #words: Emitter<string>
  readonly #ticks: Emitter<Tick> | undefined
  readonly #sides: readonly Side[]
  #message = 0

  constructor(goka: Goka, plan: Plan, dice: Dice, ledger: Ledger) {
    this.#plan = plan
    this.#dice = dice
    this.#ledger = ledger
    this.#words = goka.emitter(input)
    this.#ticks = plan.ticks ? goka.emitter(ticks) : undefined
    this.#sides = [
      ...(plan.join ? [this.joined] : []),
      ...(plan.lookup ? [this.lookedUp] : []),
    ].map((table) => ({ table, emitter: goka.emitter(stream(table.topic, string)) }))
  }

  /** Emits what one round brings. */
  round(): void {
    const dice = this.#dice
    for (let count = dice.roll(5); count > 0; count--) {
      const kind = dice.pick<(typeof LOOP_KINDS)[number]>(this.#plan.loop ? LOOP_KINDS : KINDS)
      this.#emit(kind, dice.pick(this.#plan.keys))
    }
    for (const side of this.#sides) {
      if (this.#plan.idle.includes(side.table.topic)) continue
      for (let count = dice.roll(4); count > 0; count--) this.#write(side)
    }
  }

  /** Emits very many messages, mixed or of one kind, which may be long. */
  burst(count: number, kind?: 'm' | 'poison', padding = ''): void {
    for (let left = count; left > 0; left--) {
      this.#emit(kind ?? this.#dice.pick(BURST_KINDS), this.#dice.pick(this.#plan.keys), padding)
    }
  }

  /** Emits a message for each key. */
  probe(): void {
    for (const key of this.#plan.keys) this.#emit('m', key)
  }

  async close(): Promise<void> {
    await this.#words.close()
    await this.#ticks?.close()
    for (const { emitter } of this.#sides) await emitter.close()
  }

  #emit(kind: (typeof LOOP_KINDS)[number], key: string, padding = ''): void {
    const { idle } = this.#plan
    const number = ++this.#message
    const isTick =
      this.#ticks !== undefined &&
      !idle.includes(TICKS) &&
      (idle.includes(INPUT) || this.#dice.chance(2))
    if (isTick) {
      const tick = kind === null ? null : { kind, number }
      this.#follow(this.#ticks.emit(key, tick), TICKS, tick === null ? null : JSON.stringify(tick))
    } else {
      const word = kind === null ? null : `${kind}${number}${padding}`
      this.#follow(this.#words.emit(key, word), INPUT, word)
    }
  }

  #write({ table, emitter }: Side): void {
    const key = this.#dice.pick(this.#plan.keys)
    const value = this.#dice.chance(5) ? null : `${table.topic[0]}${table.writes}`
    table.write(key, value ?? undefined)
    this.#follow(
      emitter.emit(key, value).then((written) => {
        table.arrived(key)
        return written
      }),
      table.topic,
      value,
    )
  }

  #follow(
    emitting: Promise<{ readonly partition: number; readonly offset: number }>,
    topic: string,
    value: string | null,
  ): void {
    const ledger = this.#ledger
    ledger.unacknowledged++
    emitting.then(
      ({ partition, offset }) => {
        ledger.unacknowledged--
        ledger.emitted.set(idOf({ topic, partition, offset }), value)
      },
      (error: unknown) => {
        ledger.violate('I1', `an emit was rejected: ${String(error)}`)
      },
    )
  }
}
