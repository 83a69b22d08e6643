import type { Evidence } from './evidence.ts'
import { type Call, idOf, type Tenure } from './ledger.ts'
import { after, callOf, withoutMarks, wordsIn } from './model.ts'
import { mayOverwrite } from './plan.ts'
import { TABLE } from './topics.ts'

/**
 * I1, I2 and I7 for the table: callbacks see the values that they have left, or that the table's topic had when their
 * partition came; at the end the table has what the records say.
 * @param words - of each key after all records; for exactly once
 */
export function checkTable(
  evidence: Evidence,
  words: ReadonlyMap<string, string | undefined>,
): void {
  const { ledger, plan } = evidence.simulation
  for (const tenure of ledger.tenures) {
    checkSeen(evidence, tenure)
    checkReads(evidence, tenure)
  }
  const isExact = plan.guarantee === 'exactly-once'
  if (plan.rich && !mayOverwrite(plan)) checkWriters(evidence)
  for (const key of plan.keys) {
    if (isExact) checkExact(evidence, key, words.get(key))
    else if (plan.rich) {
      if (!mayOverwrite(plan) || !isOverwritten(evidence, key)) checkComplete(evidence, key)
    } else if (!mayOverwrite(plan)) checkPlain(evidence, key)
  }
}

// I2: the value of a key as one callback sees it is what the last one has left.
function checkSeen(evidence: Evidence, { owner, partition, floor, calls }: Tenure): void {
  const { ledger } = evidence.simulation
  const left = new Map<string, string | undefined>()
  for (const { topic, key, offset, before, after: value, done } of calls) {
    if (left.has(key)) {
      const expected = left.get(key)
      if (before !== expected) {
        ledger.violate(
          'I2',
          `${owner} sees [${before}] for "${key}" at ${topic}/${partition}/${offset}, and has left [${expected}]`,
        )
      }
    } else {
      const there = floorVersions(evidence, partition, key, floor)
      if (!there.includes(before)) {
        ledger.violate(
          'I2',
          `${owner} begins "${key}" at ${topic}/${partition}/${offset} with [${before}], the table had [${there.join('], [')}]`,
        )
      }
    }
    left.set(key, done ? value : before)
  }
}

// I5: what is read as committed is what the topic has, in its order.
function checkReads(evidence: Evidence, { owner, partition, floor, reads }: Tenure): void {
  for (const [key, values] of reads) {
    const versions = floorVersions(evidence, partition, key, floor)
    let at = 0
    for (const value of values) {
      const found = versions.indexOf(value, at)
      if (found < 0) {
        evidence.simulation.ledger.violate(
          'I5',
          `${owner} has [${value}] committed for "${key}", the table had [${versions.slice(at).join('], [')}]`,
        )
        break
      }
      at = found
    }
  }
}

// What a key had after the first records of a partition of the table's topic, and later.
function floorVersions(
  evidence: Evidence,
  partition: number,
  key: string,
  floor: number,
): readonly (string | undefined)[] {
  const records = evidence.partition(TABLE, partition)
  const at = records.slice(0, floor).findLast((one) => one.key === key)?.value ?? undefined
  const later = records.slice(floor).filter((one) => one.key === key)
  return [at, ...later.map(({ value }) => value ?? undefined)]
}

// I7: who has a partition later also writes later.
function checkWriters(evidence: Evidence): void {
  const { ledger, plan } = evidence.simulation
  for (let partition = 0; partition < plan.partitions; partition++) {
    let last: Tenure | undefined
    for (const { value, offset } of evidence.partition(TABLE, partition)) {
      if (value === null) continue
      const { tenure } = ledger.calls[callOf(value)] as Call
      if (last !== undefined && tenure.number < last.number) {
        ledger.violate(
          'I7',
          `${TABLE}/${partition}/${offset} was written by ${tenure.owner} after ${last.owner} had taken over`,
        )
      }
      last = tenure
    }
  }
}

// Whether somebody may have written a key after somebody who had its partition later. Deletions do not tell who made them.
function isOverwritten(evidence: Evidence, key: string): boolean {
  const { ledger } = evidence.simulation
  const deletes = ledger.calls.filter((call) => call.key === key && isDelete(call))
  let highest = -1
  for (const { key: written, value, calls = 0 } of evidence.log(TABLE)) {
    if (written !== key) continue
    const writers =
      value === null
        ? deletes.filter(({ number }) => number < calls)
        : [ledger.calls[callOf(value)] as Call]
    if (writers.some(({ tenure }) => tenure.number < highest)) return true
    highest = Math.max(highest, ...writers.map(({ tenure }) => tenure.number))
  }
  return false
}

function isDelete({ done, after: value }: Call): boolean {
  return done && value === undefined
}

// At least once: the value comes from all records but those that came before it was deleted, alone or with the topic.
function checkComplete(evidence: Evidence, key: string): void {
  const { ledger, remade } = evidence.simulation
  const value = evidence.value(key)
  const chain = new Set<string>()
  let first = Number.POSITIVE_INFINITY
  for (let at = value; at !== undefined; ) {
    const call = ledger.calls[callOf(at)] as Call
    chain.add(idOf(call))
    first = call.number
    at = call.before
  }
  const deleted = ledger.calls.findLast(
    (call) => call.key === key && isDelete(call) && call.number < first,
  )
  for (const message of evidence.processed(key)) {
    if (chain.has(idOf(message))) continue
    const { topic, partition, offset } = message
    if (offset < (remade?.committed.get(`${topic}/${partition}`) ?? 0)) continue
    const calls = evidence.callsFor(message).filter((call) => call.number >= (remade?.calls ?? 0))
    const number = calls[0]?.number ?? Number.POSITIVE_INFINITY
    if (deleted !== undefined && number <= deleted.number) continue
    ledger.violate('I1', `the table has [${value}] for "${key}", without ${message.word}`)
  }
}

function checkExact(evidence: Evidence, key: string, words: string | undefined): void {
  const { ledger } = evidence.simulation
  const value = evidence.value(key)
  const found = wordsIn(value)
  if ((found === undefined ? undefined : withoutMarks(found)) !== words) {
    ledger.violate('I2', `the table has [${found}] for "${key}", not [${words}]`)
  }
  const marks = (found ?? '').split(' ').filter((word) => word.startsWith('mark'))
  if (new Set(marks).size < marks.length) {
    ledger.violate('I2', `"${key}" was visited twice: ${marks.join()}`)
  }
}

// Of one input the order is known, and so the words.
function checkPlain(evidence: Evidence, key: string): void {
  let expected: string | undefined
  for (const { word } of evidence.processed(key)) expected = after(expected, word)
  const words = withoutMarks(evidence.value(key) ?? '').split(' ')
  const found = [...new Set(words)].sort(byNumber)
  const wanted = (expected ?? '').split(' ').sort(byNumber)
  if (found.join() !== wanted.join()) {
    evidence.simulation.ledger.violate(
      'I2',
      `the table has "${found.join()}" for "${key}", not "${wanted.join()}"`,
    )
  }
}

function byNumber(left: string, right: string): number {
  return Number(left.replace(/\D/g, '')) - Number(right.replace(/\D/g, ''))
}
