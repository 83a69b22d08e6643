import { after, DEAD, GROUP, INPUT, isPoison, OUTPUT, TABLE } from './counter-group.ts'
import type { Ledger } from './ledger.ts'
import type { Plan } from './plan.ts'
import type { Simulation } from './simulation.ts'
import { compacted, type Found, readTopic, textOf } from './topic-log.ts'

/** I1, I2, I8, I9, I13: compares what the topics hold with what the input says they have to hold. */
export async function checkLogs(simulation: Simulation): Promise<void> {
  const { ledger, plan } = simulation
  const records = await readTopic(simulation, INPUT)
  const outputs = await readTopic(simulation, OUTPUT)
  const dead = await readTopic(simulation, DEAD)
  const changelog = await readTopic(simulation, TABLE)
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
        ledger.violate(
          'I2',
          `the outputs of "${key}" are [${found.join()}], not [${expected.join()}]`,
        )
      }
      continue
    }
    const offsets = new Set(found.map((line) => line.replace(/\|.*/, '')))
    const missing = expected.filter((line) => !offsets.has(line.replace(/\|.*/, '')))
    if (missing.length > 0) ledger.violate('I1', `"${key}" lacks the outputs [${missing.join()}]`)
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
  // Without transactions a member that was taken for dead may overwrite what its successor has written, and a static
  // member is replaced while what it asked before a crash is on its way.
  const { zombies, staticMembers } = plan
  if ((zombies || staticMembers) && plan.guarantee === 'at-least-once') return
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
      ledger.violate('I2', `the table has "${found.join()}" for "${key}", not "${wanted.join()}"`)
    }
    const marks = (table.get(key) ?? '').split(' ').filter((word) => word.startsWith('mark'))
    if (plan.guarantee === 'exactly-once' && new Set(marks).size < marks.length) {
      ledger.violate('I2', `"${key}" was visited twice: ${marks.join()}`)
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
