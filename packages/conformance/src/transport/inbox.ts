import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import type { RecordBatch, TopicPartition } from '@goka/interface'
import { hex } from '../bytes.ts'
import { deadline } from './deadline.ts'

/** A record as it came. Keys and values are byte strings, header values hexadecimal. */
export interface Incoming {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestampMs: number
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly (readonly [name: string, value: string | null])[]
}

/** What polls. */
export interface Polled {
  poll(timeoutMs: number): Promise<readonly RecordBatch[]>
}

/** How long one poll waits in the suite. */
const POLL_MS = 50

/** Name of a partition, for maps and messages. */
export function place({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`
}

/**
 * Collects what polls return and asserts, batch by batch, what holds for every batch: it is of a partition that is being
 * read, its offsets rise, begin where the last batch ended, and end before its `nextOffset`.
 */
export class Inbox {
  readonly records: Incoming[] = []
  readonly #positions = new Map<string, number>()
  readonly #ends = new Map<string, number>()
  readonly #sealed = new Set<string>()

  /** From now on the partition is read, from `offset` on. */
  start(partition: TopicPartition, offset: number): void {
    this.#positions.set(place(partition), offset)
    this.#ends.delete(place(partition))
    this.#sealed.delete(place(partition))
  }

  /** From now on no batch of the partition may come, though its position still counts. */
  seal(partition: TopicPartition): void {
    this.#sealed.add(place(partition))
  }

  /** From now on the partition is not read. */
  stop(partition: TopicPartition): void {
    this.#positions.delete(place(partition))
    this.#ends.delete(place(partition))
  }

  /** Where the partition is to be read on; `undefined` when it is not read. */
  position(partition: TopicPartition): number | undefined {
    return this.#positions.get(place(partition))
  }

  /** Where a batch last said that the end is; `undefined` when records came since. */
  end(partition: TopicPartition): number | undefined {
    return this.#ends.get(place(partition))
  }

  of(partition: TopicPartition): Incoming[] {
    return this.records.filter((record) => place(record) === place(partition))
  }

  /** The values that came of a partition. */
  values(partition: TopicPartition): (string | null)[] {
    return this.of(partition).map(({ value }) => value)
  }

  take(batches: readonly RecordBatch[]): void {
    for (const batch of batches) this.#takeBatch(batch)
  }

  #takeBatch(batch: RecordBatch): void {
    const name = place(batch)
    let position = this.#positions.get(name)
    assert.ok(position !== undefined, `a batch of ${name}, which is not being read`)
    assert.ok(!this.#sealed.has(name), `a batch of ${name}, which is being revoked`)
    for (let index = 0; index < batch.length; index++) {
      const offset = batch.offset(index)
      assert.ok(offset >= position, `offset ${offset} of ${name} after position ${position}`)
      position = offset + 1
      this.records.push(incoming(batch, index))
    }
    const { nextOffset } = batch
    assert.ok(nextOffset >= position, `nextOffset ${nextOffset} of ${name} before ${position}`)
    this.#positions.set(name, nextOffset)
    if (batch.atEnd) this.#ends.set(name, nextOffset)
    else if (batch.length > 0) this.#ends.delete(name)
  }
}

/** Polls until `condition` holds. */
export async function pollUntil(
  polled: Polled,
  inbox: Inbox,
  what: string,
  condition: () => boolean,
): Promise<void> {
  const inTime = deadline(() => {
    const seen = inbox.records.slice(-5).map((record) => `${place(record)}@${record.offset}`)
    return `${what} did not happen (${inbox.records.length} records, the last: ${seen.join(' ')})`
  })
  while (!condition()) {
    inTime()
    inbox.take(await polled.poll(POLL_MS))
    // A poll that never waits, as after a close, leaves no room for timers.
    await turn()
  }
}

/** Polls until `partition` was read up to `offset`. */
export async function pollTo(
  polled: Polled,
  inbox: Inbox,
  partition: TopicPartition,
  offset: number,
): Promise<void> {
  const reached = (): boolean => (inbox.position(partition) ?? 0) >= offset
  await pollUntil(polled, inbox, `reading ${place(partition)} to ${offset}`, reached)
}

/** Polls a few times and asserts that no record comes. */
export async function pollNothing(polled: Polled, inbox: Inbox): Promise<void> {
  const before = inbox.records.length
  for (let poll = 0; poll < 4; poll++) inbox.take(await polled.poll(POLL_MS))
  const unexpected = inbox.records
    .slice(before)
    .map((record) => `${place(record)}@${record.offset}`)
  assert.deepEqual(unexpected, [])
}

function incoming(batch: RecordBatch, index: number): Incoming {
  const value = batch.value(index)
  return {
    topic: batch.topic,
    partition: batch.partition,
    offset: batch.offset(index),
    timestampMs: batch.timestamp(index),
    key: batch.key(index),
    value: value === null ? null : Buffer.from(value).toString('latin1'),
    headers: batch
      .headers(index)
      .map(({ name, value: bytes }) => [name, bytes === null ? null : hex(bytes)] as const),
  }
}
