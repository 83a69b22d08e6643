import { type Headers, ProduceBatch, type RecordBatch, RecordBatchBuilder } from '@goka/interface'

/** A record on its way out or in; key and value are byte strings. */
export interface Row {
  readonly topic: string
  readonly partition: number
  readonly timestampMs: number
  readonly key: string | null
  readonly value: string | null
  readonly headers: Headers
}

type Change = (row: Row, index: number) => Row | undefined

const latin1 = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes).toString('latin1')

const bytes = (text: string | null): Buffer | null =>
  text === null ? null : Buffer.from(text, 'latin1')

/** A copy of a batch to send, with its records changed or left out. */
export function changeSent(batch: ProduceBatch, change: Change): ProduceBatch {
  const changed = new ProduceBatch()
  for (let index = 0; index < batch.length; index++) {
    const row = change(
      {
        topic: batch.topic(index),
        partition: batch.partition(index),
        timestampMs: batch.timestamp(index),
        key: latin1(batch.key(index)),
        value: latin1(batch.value(index)),
        headers: batch.headers(index),
      },
      index,
    )
    if (row === undefined) continue
    const { topic, partition, key, value, timestampMs, headers } = row
    changed.add(changed.topicIndex(topic), partition, key, bytes(value), timestampMs, headers)
  }
  return changed
}

/** A copy of a batch that was read, with its records changed or left out. */
export function changeRead(batch: RecordBatch, change: Change): RecordBatch {
  const changed = new RecordBatchBuilder(batch.topic, batch.partition)
  for (let index = 0; index < batch.length; index++) {
    const row = change(
      {
        topic: batch.topic,
        partition: batch.partition,
        timestampMs: batch.timestamp(index),
        key: batch.key(index),
        value: latin1(batch.value(index)),
        headers: batch.headers(index),
      },
      index,
    )
    if (row === undefined) continue
    const { timestampMs, key, value, headers } = row
    changed.add(batch.offset(index), timestampMs, bytes(key), bytes(value), headers)
  }
  return changed.build(batch.nextOffset, batch.atEnd)
}

/** A copy of a batch that was read, which tells another position or end. */
export function retell(batch: RecordBatch, nextOffset: number, atEnd: boolean): RecordBatch {
  const copy = new RecordBatchBuilder(batch.topic, batch.partition)
  for (let index = 0; index < batch.length; index++) {
    const key = bytes(batch.key(index))
    const headers = batch.headers(index)
    copy.add(batch.offset(index), batch.timestamp(index), key, batch.value(index), headers)
  }
  return copy.build(nextOffset, atEnd)
}
