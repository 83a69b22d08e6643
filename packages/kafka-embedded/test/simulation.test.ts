import { describe, expect, it } from '@jest/globals'
import type { EmbeddedBroker, Operation } from '../src/index.ts'
import { seededScheduler } from '../src/index.ts'
import { Cluster } from './cluster.ts'
import { Copier } from './copier.ts'
import { batchOf } from './records.ts'

const SEEDS = 300
const PARTITIONS = 3
const ROUNDS = 40

/** Numbers from a seed. */
class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed * 7919 + 1
  }

  /** From 0 to before `below`. */
  roll(below: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0
    return Math.floor((this.#state / 2 ** 32) * below)
  }

  pick<Value>(values: readonly Value[]): Value {
    return values[this.roll(values.length)] as Value
  }
}

/** Lets something go wrong, or heals something. */
function disturb(dice: Dice, { faults }: EmbeddedBroker, clients: readonly string[]): void {
  const clientId = dice.pick(clients)
  const operation = dice.pick<Operation>([
    'produce',
    'commit-transaction-offsets',
    'commit-transaction',
    'abort-transaction',
    'heartbeat',
    'committed',
    'join',
  ])
  const what = dice.pick(['request', 'answer'] as const)
  switch (dice.roll(9)) {
    case 0:
      return faults.freeze(clientId)
    case 1:
    case 2:
      return clients.forEach((each) => faults.thaw(each))
    case 3:
      return faults.disconnect(clientId)
    case 4:
      return clients.forEach((each) => faults.reconnect(each))
    case 5:
      return void faults.lose({ operation, clientId }, what)
    case 6:
      return void faults.lose({ operation, clientId }, what, { retry: true })
    case 7:
      return void faults.delay({ operation, clientId }, dice.roll(90_000))
    default:
      return dice.roll(2) === 0 ? faults.down() : faults.up()
  }
}

interface Outcome {
  readonly input: readonly (readonly string[])[]
  readonly output: readonly (readonly string[])[]
  readonly steps: readonly string[]
}

/** Three copiers with faults, and what came of it. */
async function simulate(seed: number): Promise<Outcome> {
  const dice = new Dice(seed)
  const steps: string[] = []
  const scheduler = seededScheduler({ seed, onStep: (lane) => steps.push(lane) })
  const rebalance = seed % 2 === 0 ? 'eager' : 'incremental'
  await using cluster = await Cluster.with('in', PARTITIONS, { scheduler, rebalance })
  await (await cluster.admin()).createTopic({ topic: 'out', partitions: PARTITIONS })
  const producer = await cluster.producer()
  const clients = ['a', 'b', 'c']
  const copiers = clients.map((clientId) => new Copier(cluster, clientId))
  const runs = copiers.map((copier) => copier.run())
  let number = 0
  const pass = async (ms: number): Promise<void> => {
    await scheduler.idle()
    cluster.clock.advance(ms)
    await scheduler.idle()
  }
  for (let round = 0; round < ROUNDS; round++) {
    void producer.send(batchOf('in', [[dice.roll(PARTITIONS), 'k', `${number++}`]]))
    if (dice.roll(2) === 0) disturb(dice, cluster.broker, clients)
    if (dice.roll(3) > 0) await pass(dice.pick([0, 10, 1000, 30_000]))
  }
  // Everything heals, and all timeouts pass.
  cluster.broker.faults.up()
  for (const clientId of clients) {
    cluster.broker.faults.thaw(clientId)
    cluster.broker.faults.reconnect(clientId)
  }
  for (let minute = 0; minute < 12; minute++) await pass(60_000)
  const outcome = {
    input: await Promise.all([0, 1, 2].map((partition) => valuesOf(cluster, 'in', partition))),
    output: await Promise.all([0, 1, 2].map((partition) => valuesOf(cluster, 'out', partition))),
    steps: [...steps],
  }
  const stopped = Promise.all(copiers.map((copier) => copier.stop()))
  await pass(10_000)
  await stopped
  await Promise.all(runs)
  return outcome
}

async function valuesOf(
  cluster: Cluster,
  topic: string,
  partition: number,
): Promise<readonly string[]> {
  return (await cluster.read(topic, partition)).map((line) => line.replace(/^.*=/, ''))
}

describe('a group of transactional copiers, whatever happens to it', () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    it(`copies every record once and in order: seed ${seed}`, async () => {
      const { input, output } = await simulate(seed)
      expect(output).toEqual(input)
      expect(input.flat().length).toBe(ROUNDS)
    })
  }

  it('does the same step by step when its seed is the same', async () => {
    const outcomes = [await simulate(3), await simulate(3), await simulate(4)] as const
    expect(outcomes[1]).toEqual(outcomes[0])
    expect(outcomes[2].steps).not.toEqual(outcomes[0].steps)
  })
})
