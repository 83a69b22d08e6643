import { type Call, idOf } from './ledger.ts'
import { isPoison, nilWord, wordOf } from './model.ts'
import type { Simulation } from './simulation.ts'
import { type Found, readTopic } from './topic-log.ts'
import { INPUTS, TABLE } from './topics.ts'

/** A record of an input that a callback is called for. */
export interface Message {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly key: string
  readonly value: string
  readonly word: string
}

/** What a run has left: everything that its topics have held, also what was compacted away. */
export class Evidence {
  readonly simulation: Simulation
  readonly #logs: ReadonlyMap<string, readonly Found[]>
  /** The records of all inputs, without those that have no value unless these are processed, each input in its order. */
  readonly messages: readonly Message[]

  private constructor(simulation: Simulation, logs: ReadonlyMap<string, readonly Found[]>) {
    this.simulation = simulation
    this.#logs = logs
    this.messages = INPUTS.flatMap((topic) =>
      this.log(topic).flatMap((found) => this.#messageOf(topic, found)),
    )
  }

  static async of(simulation: Simulation): Promise<Evidence> {
    const { tap, topics } = simulation
    await tap?.catchUp()
    const logs = new Map<string, readonly Found[]>()
    for (const [topic, partitions] of Object.entries(topics)) {
      const left = await readTopic(simulation, topic, partitions)
      const read = Array.from({ length: partitions }, (_, one) => tap?.records(topic, one) ?? [])
      logs.set(topic, tap === undefined ? left : read.flat())
    }
    return new Evidence(simulation, logs)
  }

  #messageOf(topic: string, found: Found): readonly Message[] {
    const { value, offset } = found
    if (value !== null) return [{ ...found, topic, value, word: wordOf(topic, value) }]
    const isProcessed = this.simulation.plan.nil === 'process'
    return isProcessed ? [{ ...found, topic, value: '', word: nilWord(topic, offset) }] : []
  }

  /** What a topic has held, each partition in its order. */
  log(topic: string): readonly Found[] {
    return this.#logs.get(topic) ?? []
  }

  partition(topic: string, partition: number): readonly Found[] {
    return this.log(topic).filter((found) => found.partition === partition)
  }

  /** What a partition has held since its topic was made. */
  current(topic: string, partition: number): readonly Found[] {
    const { tap } = this.simulation
    return tap === undefined ? this.partition(topic, partition) : tap.current(topic, partition)
  }

  /** The messages of a key whose callbacks succeed. */
  processed(key: string): readonly Message[] {
    return this.messages.filter(
      (message) => message.key === key && !isPoison(message.word, this.simulation.plan),
    )
  }

  /** What the table's topic has held for a key: first that there is nothing, then its records. */
  versions(key: string): readonly (string | undefined)[] {
    const written = this.log(TABLE).filter((found) => found.key === key)
    return [undefined, ...written.map(({ value }) => value ?? undefined)]
  }

  /** What the table holds for a key at the end. */
  value(key: string): string | undefined {
    return this.versions(key).at(-1)
  }

  /** The calls for a message that have succeeded. */
  callsFor(message: Message): readonly Call[] {
    const id = idOf(message)
    return this.simulation.ledger.calls.filter((call) => call.done && idOf(call) === id)
  }
}
