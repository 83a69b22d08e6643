import { Evidence } from './evidence.ts'
import { idOf } from './ledger.ts'
import { isPoison } from './model.ts'
import { checkOutputs } from './output-check.ts'
import type { Simulation } from './simulation.ts'
import { checkStores } from './store-check.ts'
import { checkTable } from './table-check.ts'
import { DEAD, GROUP, INPUTS, LOOP } from './topics.ts'
import { checkFollower, checkViews } from './view-check.ts'
import { checkVisits } from './visit-check.ts'

/** Compares what the topics, stores and views hold with what the inputs say they have to hold. */
export async function checkLogs(simulation: Simulation): Promise<void> {
  const evidence = await Evidence.of(simulation)
  checkInput(evidence)
  checkOrder(evidence)
  checkCommits(evidence)
  checkDead(evidence)
  const words = checkOutputs(evidence)
  checkTable(evidence, words)
  checkVisits(evidence)
  checkViews(evidence)
  checkFollower(evidence)
  checkStores(evidence)
}

function checkInput(evidence: Evidence): void {
  const { ledger, topics } = evidence.simulation
  const there = new Set(
    Object.keys(topics).flatMap((topic) =>
      evidence.log(topic).map((found) => idOf({ topic, ...found })),
    ),
  )
  for (const id of ledger.emitted.keys()) {
    if (!there.has(id)) ledger.violate('I1', `the record emitted to ${id} is gone`)
  }
}

// I8: within a tenure the records of a key come in the order of each input, and none is left out.
function checkOrder({ simulation, messages }: Evidence): void {
  const { ledger, plan } = simulation
  for (const { owner, partition, begun } of ledger.tenures) {
    const last = new Map<string, number>()
    for (const { topic, key, offset } of begun) {
      const lane = `${topic} ${key}`
      const before = last.get(lane)
      last.set(lane, offset)
      if (before === undefined || (plan.retries && before === offset)) continue
      const next = messages.find(
        (one) =>
          one.topic === topic &&
          one.partition === partition &&
          one.key === key &&
          one.offset > before,
      )
      if (next?.offset !== offset) {
        ledger.violate(
          'I8',
          `${owner} calls for "${key}" at ${topic}/${partition}/${offset} after ${before}, not for ${next?.offset}`,
        )
      }
    }
  }
}

// I4: nothing was committed before it was done, and at the end all is.
function checkCommits(evidence: Evidence): void {
  const { ledger, plan } = evidence.simulation
  for (const message of evidence.messages) {
    const { topic, partition, offset } = message
    const past = ledger.commits.find(
      (one) => one.topic === topic && one.partition === partition && one.offset > offset,
    )
    const finished = ledger.finished.get(idOf(message))
    if (past !== undefined && (finished === undefined || finished > past.moment)) {
      ledger.violate(
        'I4',
        `${past.offset} is committed although the record at ${idOf(message)} is not done`,
      )
    }
  }
  for (const topic of INPUTS) {
    for (let partition = 0; partition < plan.partitions; partition++) {
      const end = (evidence.partition(topic, partition).at(-1)?.offset ?? -1) + 1
      const committed = ledger.committed.get(`${topic}/${partition}`) ?? 0
      // The loop may end with markers of transactions.
      if (topic === LOOP ? committed >= end : committed === end) continue
      ledger.violate(
        'I4',
        `${committed} is committed for ${GROUP} in ${topic}/${partition}, not ${end}`,
      )
    }
  }
}

// I13.
function checkDead(evidence: Evidence): void {
  const { ledger, plan } = evidence.simulation
  const counts = new Map<string, number>()
  for (const { value } of evidence.log(DEAD))
    counts.set(value ?? '', (counts.get(value ?? '') ?? 0) + 1)
  for (const { value, word } of evidence.messages) {
    const count = counts.get(value) ?? 0
    const isRight =
      isPoison(word, plan) && plan.failure === 'dead-letter'
        ? plan.guarantee === 'exactly-once'
          ? count === 1
          : count >= 1
        : count === 0
    if (!isRight) ledger.violate('I13', `${value} is ${count} times among the dead letters`)
  }
}
