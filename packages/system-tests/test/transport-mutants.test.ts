import { testTransport } from '@goka/conformance/transport'
import { type EmbeddedBrokerOptions, embedded, embeddedBroker } from '@goka/kafka-embedded'
import { describe, expect, it } from '@jest/globals'
import { collectTests } from './collect-tests.ts'
import { adminMutants } from './transport-mutants/admin.ts'
import { closeMutants } from './transport-mutants/close.ts'
import { groupMutants } from './transport-mutants/group.ts'
import { producerMutants } from './transport-mutants/producer.ts'
import { readerMutants } from './transport-mutants/reader.ts'
import { rebalanceMutants } from './transport-mutants/rebalance.ts'
import { recordMutants } from './transport-mutants/records.ts'
import { transactionMutants } from './transport-mutants/transactions.ts'
import {
  type Answer,
  refusing,
  unreachableTransport,
  wronglyUnreachable,
} from './transport-mutants/unreachable.ts'
import { withoutCapabilities } from './transport-mutants/without-capabilities.ts'
import { type Wrapping, wrap } from './transport-mutants/wrapping.ts'

const mutants = [
  ...adminMutants,
  ...recordMutants,
  ...producerMutants,
  ...readerMutants,
  ...groupMutants,
  ...rebalanceMutants,
  ...transactionMutants,
  ...closeMutants,
]

/** The suite on an embedded broker of its own, by the names of its tests. */
function collect(
  wrapping: Wrapping,
  deadlineMs: number,
  options: EmbeddedBrokerOptions = {},
): ReadonlyMap<string, () => Promise<void>> {
  const broker = embeddedBroker(options)
  return collectTests((runner) => {
    testTransport({
      runner,
      deadlineMs,
      createTransport: () => wrap(embedded({ broker }), wrapping),
    })
  })
}

/** Which of the tests of a transport without a broker fail. */
async function failuresOf(answer: Answer, names: readonly string[]): Promise<string[]> {
  const broker = embeddedBroker()
  const tests = collectTests((runner) => {
    testTransport({
      runner,
      deadlineMs: 2000,
      createTransport: () => embedded({ broker }),
      createUnreachable: () => unreachableTransport(answer),
    })
  })
  const found = await Promise.all(
    names.map(async (name) => {
      const test = tests.get(name)
      if (test === undefined) throw new Error(`there is no test "${name}"`)
      return test().then(
        () => [],
        () => [name],
      )
    }),
  )
  return found.flat()
}

describe('testTransport', () => {
  describe('finds nothing in a transport without defects', () => {
    for (const [name, test] of collect({}, 10_000)) it(name, test, 30_000)
  })

  describe('finds nothing in a transport without capabilities', () => {
    for (const [name, test] of collect(withoutCapabilities, 10_000)) it(name, test, 30_000)
  })

  for (const { defect, foundBy, wrapping, rebalance = 'incremental' } of mutants) {
    it(`finds a transport that ${defect}`, async () => {
      const found: string[] = []
      await Promise.all(
        foundBy.map(async (name) => {
          // A broker of its own for each test: a mutant may damage what others use.
          const test = collect(wrapping(), 1000, { rebalance }).get(name)
          if (test === undefined) throw new Error(`there is no test "${name}"`)
          await test().catch(() => found.push(name))
        }),
      )
      expect(found.sort()).toEqual(foundBy.toSorted())
    }, 30_000)
  }

  const unreachable = [
    'an admin says that no broker answers',
    'a producer says that no broker answers',
    'a transactional producer says that no broker answers',
    'a member of a group says that no broker answers',
    'a reader says that no broker answers',
  ]

  it('finds nothing in an unreachable transport without defects', async () => {
    const found = await failuresOf(refusing, unreachable)
    expect(found).toEqual([])
  })

  it.each(Object.entries(wronglyUnreachable))(
    'finds a transport that %s when no broker answers',
    async (_defect, answer) => {
      const found = await failuresOf(answer, unreachable)
      expect(found).toEqual(unreachable)
    },
    60_000,
  )

  it('has a mutant for every test', () => {
    const found = new Set(mutants.flatMap(({ foundBy }) => foundBy))
    expect([...collect({}, 1000).keys()].filter((name) => !found.has(name))).toEqual([])
  })
})
