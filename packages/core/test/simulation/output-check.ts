import type { Evidence, Message } from './evidence.ts'
import { after, nextHop, targetOf, withoutMarks, wordsIn } from './model.ts'
import { type Hop, INPUT, LOOP, OUTPUT } from './topics.ts'

/** What the group has told after a record: the words of the key then. */
interface Told {
  readonly topic: string
  readonly offset: number
  readonly words: string
  /** Whether the table's topic had been made anew by then. */
  readonly isLater: boolean
}

/**
 * I1 and I2: each record of an input has its output, and what it sends through the loop. Exactly once: these are the
 * running values in the order of the outputs. Returns the words of each key after all of them, for exactly once.
 */
export function checkOutputs(evidence: Evidence): ReadonlyMap<string, string | undefined> {
  const { simulation } = evidence
  const told = toldByKey(evidence)
  const words = new Map<string, string | undefined>()
  if (simulation.plan.guarantee === 'at-least-once') {
    for (const key of simulation.plan.keys) checkTold(evidence, key, told.get(key) ?? [])
    return words
  }
  const hops: string[] = []
  for (const key of simulation.plan.keys) {
    words.set(key, checkRunning(evidence, key, told.get(key) ?? [], hops))
  }
  const looped = evidence.log(LOOP).map(({ key, value }) => {
    const { word, seen } = JSON.parse(value ?? '') as Hop
    return `${key}: ${word} of [${withoutMarks(seen)}]`
  })
  if (looped.sort().join() !== hops.sort().join()) {
    const extra = looped.filter((one) => !hops.includes(one))
    const missing = hops.filter((one) => !looped.includes(one))
    simulation.ledger.violate(
      'I2',
      `the loop has ${looped.length} messages, not ${hops.length}: lacks ${missing.join()}, has ${extra.join()}`,
    )
  }
  return words
}

function toldByKey(evidence: Evidence): ReadonlyMap<string, readonly Told[]> {
  const byKey = new Map<string, Told[]>()
  const { remade } = evidence.simulation
  const counts = new Map<number, number>()
  for (const { key, value, partition } of evidence.log(OUTPUT)) {
    const count = counts.get(partition) ?? 0
    counts.set(partition, count + 1)
    const isLater = remade !== undefined && count >= (remade.told[partition] ?? 0)
    const [at, words] = (value ?? '').split('|') as [string, string]
    const [offset, topic = INPUT] = at.split('/').reverse() as [string, string?]
    const list = byKey.get(key) ?? []
    byKey.set(key, list)
    list.push({ topic, offset: Number(offset), words, isLater })
  }
  return byKey
}

// Exactly once: every record of each input in its order, and each time the value that follows from those before.
function checkRunning(
  evidence: Evidence,
  key: string,
  told: readonly Told[],
  hops: string[],
): string | undefined {
  const { ledger, plan, remade } = evidence.simulation
  const left = new Map<string, Message[]>()
  for (const message of evidence.processed(key)) {
    const list = left.get(message.topic) ?? []
    left.set(message.topic, list)
    list.push(message)
  }
  let words: string | undefined
  let wasLater = false
  for (const { topic, offset, words: found, isLater } of told) {
    if (isLater && !wasLater) words = undefined
    wasLater = isLater
    const message = left.get(topic)?.shift()
    if (message?.offset !== offset) {
      ledger.violate(
        'I2',
        `"${key}" has an output for ${topic}/${offset}, not for ${message?.offset}`,
      )
      return words
    }
    words = after(words, message.word)
    if (withoutMarks(found) !== (words ?? '')) {
      ledger.violate(
        'I2',
        `the output of "${key}" for ${topic}/${offset} is [${found}], not [${words ?? ''}]`,
      )
      return words
    }
    const next = nextHop(message.word)
    if (next !== undefined) hops.push(`${targetOf(next, plan.keys)}: ${next} of [${words ?? ''}]`)
  }
  const missing = [...left.values()].flat()
  if (missing.length > 0) {
    ledger.violate('I2', `"${key}" lacks the outputs for ${missing.map(({ word }) => word).join()}`)
  }
  return remade === undefined || wasLater ? words : undefined
}

// At least once: nothing is missing, and nothing is there that no callback has told.
function checkTold(evidence: Evidence, key: string, told: readonly Told[]): void {
  const { ledger, plan } = evidence.simulation
  const found = new Set(told.map(({ topic, offset }) => `${topic}/${offset}`))
  const looped = new Set(evidence.log(LOOP).map((one) => `${one.key} ${wordOfHop(one.value)}`))
  for (const { topic, offset, word } of evidence.processed(key)) {
    if (!found.has(`${topic}/${offset}`)) {
      ledger.violate('I1', `"${key}" lacks the output for ${topic}/${offset}`)
    }
    const next = nextHop(word)
    if (next !== undefined && !looped.has(`${targetOf(next, plan.keys)} ${next}`)) {
      ledger.violate('I1', `the loop lacks ${next}, which ${topic}/${offset} sends`)
    }
  }
  const done = new Set(
    ledger.calls
      .filter((call) => call.key === key && call.done)
      .map((call) => `${call.topic}/${call.offset}|${wordsIn(call.after) ?? ''}`),
  )
  for (const { topic, offset, words } of told) {
    if (!done.has(`${topic}/${offset}|${words}`)) {
      ledger.violate('I2', `no callback has told [${words}] for ${topic}/${offset}`)
    }
  }
}

function wordOfHop(value: string | null): string {
  return (JSON.parse(value ?? '') as Hop).word
}
