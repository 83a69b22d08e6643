import type { Admin } from '@goka/interface'
import { after, DEAD, GROUP, INPUT, isPoison, OUTPUT, TABLE } from './counter-group.ts'
import type { Ledger } from './ledger.ts'
import type { Plan } from './plan.ts'
import type { Simulation } from './simulation.ts'

interface Found {
  readonly partition: number
  readonly offset: number
  readonly key: string
  readonly value: string | null
  readonly headers: Readonly<Record<string, string>>
}

/** Everything that a topic holds for readers of committed records; finds transactions that were left open. */
async function read(simulation: Simulation, topic: string): Promise<readonly Found[]> {
  const { transport, clock, plan, ledger } = simulation
  const making = transport.partitionReader(
    { isolation: 'read_committed' },
    { clientId: 'outside-reader', clock, log: NO_LOG, connectTimeoutMs: 10_000 },
  )
  await simulation.settle()
  const reader = await making
  const partitions = Array.from({ length: plan.partitions }, (_, partition) => ({
    topic,
    partition,
    offset: 0,
  }))
  const asked = (simulation.admin as Admin).offsets(partitions, 'latest')
  const added = reader.add(partitions)
  await simulation.settle()
  await added
  const ends = await asked
  const positions = partitions.map(() => 0)
  const found: Found[] = []
  const isOpen = (): boolean => positions.some((at, index) => at < (ends[index]?.offset ?? 0))
  for (let tries = 0; isOpen(); tries++) {
    if (tries === 2_000) {
      ledger.violate(
        'I9',
        `a transaction is left open in ${topic}: read to ${positions} of ${ends.map(({ offset }) => offset)}`,
      )
      break
    }
    const polling = reader.poll(1)
    await simulation.settle()
    clock.advance(1)
    for (const batch of await polling) {
      for (let index = 0; index < batch.length; index++) {
        found.push({
          partition: batch.partition,
          offset: batch.offset(index),
          key: batch.key(index) ?? '',
          value: textOf(batch.value(index)),
          headers: Object.fromEntries(
            batch.headers(index).map(({ name, value }) => [name, textOf(value) ?? '']),
          ),
        })
      }
      positions[batch.partition] = batch.nextOffset
    }
  }
  const closing = reader.close()
  await simulation.settle()
  await closing
  simulation.logs.set(topic, found)
  return found
}

/** I1, I2, I8, I9, I13: compares what the topics hold with what the input says they have to hold. */
export async function checkLogs(simulation: Simulation): Promise<void> {
  const { ledger, plan } = simulation
  const records = await read(simulation, INPUT)
  const outputs = await read(simulation, OUTPUT)
  const dead = await read(simulation, DEAD)
  const changelog = await read(simulation, TABLE)
  checkInput(ledger, records)
  checkOrder(ledger, plan, records)
  checkOutputs(ledger, plan, records, outputs)
  checkDead(ledger, plan, records, dead)
  checkTable(simulation, records, changelog)
  for (const { partition } of records) {
    const end = Math.max(
      ...records.filter((one) => one.partition === partition).map(({ offset }) => offset + 1),
    )
    const committed = ledger.committed.get(partition) ?? 0
    if (committed !== end) {
      ledger.violate(
        'I4',
        `${committed} is committed for ${GROUP} in ${INPUT}/${partition}, not ${end}`,
      )
      break
    }
  }
}

function checkInput(ledger: Ledger, records: readonly Found[]): void {
  const there = new Set(records.map(({ partition, offset }) => `${partition}/${offset}`))
  for (const id of ledger.emitted.keys()) {
    if (!there.has(id)) ledger.violate('I1', `the record emitted to ${id} is gone`)
  }
}

// I8: within a tenure the records of a key come in the order of the input, and none is left out.
function checkOrder(ledger: Ledger, plan: Plan, records: readonly Found[]): void {
  for (const { owner, partition, calls } of ledger.tenures) {
    const last = new Map<string, number>()
    for (const { key, offset } of calls) {
      const before = last.get(key)
      last.set(key, offset)
      if (before === undefined || (plan.retries && before === offset)) continue
      const next = records.find(
        (one) =>
          one.partition === partition &&
          one.key === key &&
          one.offset > before &&
          one.value !== null,
      )
      if (next?.offset !== offset) {
        ledger.violate(
          'I8',
          `${owner} calls for "${key}" at ${partition}/${offset} after ${before}, not for ${next?.offset}`,
        )
      }
    }
  }
}

const withoutMarks = (value: string): string =>
  value
    .split(' ')
    .filter((word) => !word.startsWith('mark'))
    .join(' ')

// I1 and I2.
function checkOutputs(
  ledger: Ledger,
  plan: Plan,
  records: readonly Found[],
  outputs: readonly Found[],
): void {
  const exactly = plan.guarantee === 'exactly-once'
  const byKey = new Map<string, string[]>()
  for (const { key, value } of outputs) {
    const [offset, state] = (value ?? '').split('|') as [string, string]
    const list = byKey.get(key) ?? []
    byKey.set(key, list)
    list.push(`${offset}|${withoutMarks(state)}`)
  }
  for (const key of plan.keys) {
    const found = byKey.get(key) ?? []
    const expected: string[] = []
    let value: string | undefined
    for (const record of records) {
      if (record.key !== key || record.value === null || isPoison(record.value)) continue
      value = after(value, record.value)
      expected.push(`${record.offset}|${value ?? ''}`)
    }
    if (exactly) {
      if (found.join() !== expected.join()) {
        ledger.violate('I2', `the outputs of "${key}" are [${found}], not [${expected}]`)
      }
      continue
    }
    const offsets = new Set(found.map((line) => line.replace(/\|.*/, '')))
    const missing = expected.filter((line) => !offsets.has(line.replace(/\|.*/, '')))
    if (missing.length > 0) ledger.violate('I1', `"${key}" lacks the outputs [${missing}]`)
  }
}

// I13.
function checkDead(
  ledger: Ledger,
  plan: Plan,
  records: readonly Found[],
  dead: readonly Found[],
): void {
  const counts = new Map<string, number>()
  for (const { value } of dead) counts.set(value ?? '', (counts.get(value ?? '') ?? 0) + 1)
  for (const { value } of records) {
    if (value === null) continue
    const count = counts.get(value) ?? 0
    const isRight = isPoison(value)
      ? plan.guarantee === 'exactly-once'
        ? count === 1
        : count >= 1
      : count === 0
    if (!isRight) ledger.violate('I13', `${value} is ${count} times among the dead letters`)
  }
}

/** The last value of each key, of the records before an offset. */
function compacted(
  changelog: readonly Found[],
  partition: number,
  before: number,
): Map<string, string> {
  const last = new Map<string, string>()
  for (const record of changelog) {
    if (record.partition !== partition || record.offset >= before) continue
    if (record.value === null) last.delete(record.key)
    else last.set(record.key, record.value)
  }
  return last
}

// I1 and I2 for the table, I5 for the views.
function checkTable(
  simulation: Simulation,
  records: readonly Found[],
  changelog: readonly Found[],
): void {
  const { ledger, plan, seen } = simulation
  const table = new Map<string, string>()
  for (let partition = 0; partition < plan.partitions; partition++) {
    for (const [key, value] of compacted(changelog, partition, Infinity)) table.set(key, value)
  }
  const contents = linesOf(table)
  for (const view of seen) {
    const lines = linesOf(new Map(Object.entries(view)))
    if (lines !== contents)
      ledger.violate('I5', `a view sees {${lines}}, the topic has {${contents}}`)
  }
  // Without transactions a member that was taken for dead may overwrite what its successor has written.
  if (plan.zombies && plan.guarantee === 'at-least-once') return
  for (const key of plan.keys) {
    let expected: string | undefined
    for (const record of records) {
      if (record.key === key && record.value !== null && !isPoison(record.value)) {
        expected = after(expected, record.value)
      }
    }
    const words = withoutMarks(table.get(key) ?? '').split(' ')
    const found = plan.guarantee === 'exactly-once' ? words : [...new Set(words)].sort(byNumber)
    const wanted = (expected ?? '').split(' ')
    if (plan.guarantee === 'at-least-once') wanted.sort(byNumber)
    if (found.join() !== wanted.join()) {
      ledger.violate('I2', `the table has "${found}" for "${key}", not "${wanted}"`)
    }
    const marks = (table.get(key) ?? '').split(' ').filter((word) => word.startsWith('mark'))
    if (plan.guarantee === 'exactly-once' && new Set(marks).size < marks.length) {
      ledger.violate('I2', `"${key}" was visited twice: ${marks}`)
    }
  }
}

function byNumber(left: string, right: string): number {
  return Number(left.replace(/\D/g, '')) - Number(right.replace(/\D/g, ''))
}

/** I5, I6, I11: each store holds what the topic had at its position, and was never dropped. */
export function checkStores(simulation: Simulation): void {
  const { ledger, disks, plan, logs, instances } = simulation
  const changelog = (logs.get(TABLE) ?? []) as readonly Found[]
  for (const [slot, disk] of disks) {
    for (const { topic, partition } of disk.dropped) {
      ledger.violate('I11', `${slot} has dropped its store of ${topic}/${partition}`)
    }
    for (let partition = 0; partition < plan.partitions; partition++) {
      const file = disk.file(TABLE, partition)
      if (file === undefined) continue
      const position = file.checkpoint?.position ?? 0
      const has = linesOf(
        new Map([...file.values].map(([key, value]) => [key, textOf(value) ?? ''])),
      )
      const expected = linesOf(compacted(changelog, partition, position))
      if (has !== expected) {
        ledger.violate(
          'I5',
          `the store of ${slot} for ${TABLE}/${partition} at ${position} has {${has}}, the topic had {${expected}}`,
        )
      }
      const inputs = file.checkpoint?.inputs[INPUT] ?? 0
      if (inputs > (ledger.committed.get(partition) ?? 0)) {
        ledger.violate(
          'I6',
          `the store of ${slot} for ${partition} has input position ${inputs}, past what is committed`,
        )
      }
    }
  }
  for (const { name, processor } of instances) {
    if (processor.report().state !== 'stopped' && processor.report().state !== 'running') continue
    if (processor.report().partitions.length > 0 && processor.report().state === 'stopped') {
      ledger.violate('I12', `${name} has stopped and still has partitions`)
    }
  }
}

function linesOf(table: ReadonlyMap<string, string>): string {
  return [...table]
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(', ')
}

function textOf(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString()
}

const NO_LOG = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => NO_LOG,
}
