import type { Cluster } from './cluster.ts'
import { wrong } from './counts.ts'
import type { Content } from './filler.ts'
import { keyName, keyOfRecord } from './keys.ts'
import type { SystemName } from './row.ts'

/** What comes in: 100 bytes with its key. */
export interface Order {
  readonly order: number
  readonly user: string
  readonly amount: number
  readonly note: string
}

/** What is joined: a record for each user. */
export interface Profile {
  readonly name: string
  readonly rate: number
}

/** What goes out. */
export interface Bill {
  readonly order: number
  readonly user: string
  readonly name: string
  readonly total: number
}

/** Orders of pseudo-random users. */
export function orders(records: number, keys: number): Content {
  return {
    records,
    key: (record) => keyOfRecord(record, keys),
    value(record) {
      const user = keyName(keyOfRecord(record, keys))
      const order: Order = { order: record, user, amount: record % 1_000, note: '' }
      const length = user.length + JSON.stringify(order).length
      const note = 'n'.repeat(Math.max(0, 100 - length))
      return Buffer.from(JSON.stringify({ ...order, note }))
    },
  }
}

/** The profile of each user. */
export function profiles(keys: number): Content {
  return {
    records: keys,
    key: (user) => user,
    value: (user) => Buffer.from(JSON.stringify(profileOf(user))),
  }
}

function profileOf(user: number): Profile {
  return { name: `name of ${user}`, rate: 1 + (user % 9) }
}

/**
 * Looks for the bill of every order, once each and right.
 * @throws GokaError `BENCH_RESULT_WRONG`
 */
export async function checkBills(
  cluster: Cluster,
  system: SystemName,
  topic: string,
  partitions: number,
  records: number,
  keys: number,
): Promise<void> {
  const seen = new Uint8Array(records)
  const differences: string[] = []
  await cluster.read(topic, partitions, (batch) => {
    for (let index = 0; index < batch.length; index++) {
      const bill = JSON.parse(Buffer.from(batch.value(index) ?? []).toString()) as Bill
      const user = keyOfRecord(bill.order, keys)
      const { name, rate } = profileOf(user)
      const isRight =
        batch.key(index) === keyName(user) &&
        bill.user === keyName(user) &&
        bill.name === name &&
        bill.total === (bill.order % 1_000) * rate
      if (!isRight || seen[bill.order] !== 0) differences.push(`order ${bill.order}`)
      seen[bill.order] = 1
    }
  })
  const missing = seen.indexOf(0)
  if (missing >= 0) differences.push(`no bill of order ${missing}`)
  if (differences.length > 0) throw wrong(system, 'its output', differences)
}
