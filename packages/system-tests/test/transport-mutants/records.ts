import type {
  Headers,
  ProduceBatch,
  Producer,
  RecordBatch,
  TopicPartitionOffset,
} from '@goka/interface'
import { mutant, type TransportMutant } from './mutant.ts'
import { changeRead, changeSent, type Row } from './rows.ts'
import type { Wrapping } from './wrapping.ts'

/** Changes what producers send. */
function sending(change: (row: Row, index: number) => Row | undefined): Wrapping {
  return {
    producer: (producer) => ({
      send: (batch) => producer.send(changeSent(batch, change)),
      sendEach: (batch) => producer.sendEach(changeSent(batch, change)),
    }),
  }
}

/** Changes what readers read. */
function reading(
  change: (row: Row, index: number, batch: RecordBatch) => Row | undefined,
): Wrapping {
  return {
    reader: (reader) => ({
      poll: async (timeoutMs) =>
        (await reader.poll(timeoutMs)).map((batch) =>
          changeRead(batch, (row, index) => change(row, index, batch)),
        ),
    }),
  }
}

const withHeaders = (change: (headers: Headers) => Headers): Wrapping =>
  sending((row) => ({ ...row, headers: change(row.headers) }))

export const recordMutants: readonly TransportMutant[] = [
  mutant(
    'decodes keys as UTF-8',
    'keys and values of any bytes come back unchanged',
    reading((row) => ({
      ...row,
      key: row.key && Buffer.from(Buffer.from(row.key, 'latin1').toString()).toString('latin1'),
    })),
  ),
  mutant(
    'ends values at a zero byte',
    'keys and values of any bytes come back unchanged',
    sending((row) => ({ ...row, value: row.value && (row.value.split('\0')[0] ?? '') })),
  ),
  mutant(
    'writes tombstones as empty values',
    'a tombstone is not an empty value',
    sending((row) => ({ ...row, value: row.value ?? '' })),
  ),
  mutant(
    'reads empty values as tombstones',
    'a tombstone is not an empty value',
    reading((row) => ({ ...row, value: row.value === '' ? null : row.value })),
  ),
  mutant(
    'reads an empty key where there is none',
    [
      'a record may have no key',
      'an empty key is not the absence of a key, as the capability says',
    ],
    reading((row) => ({ ...row, key: row.key ?? '' })),
  ),
  mutant(
    'writes no key for an empty one',
    'an empty key is not the absence of a key, as the capability says',
    sending((row) => ({ ...row, key: row.key === '' ? null : row.key })),
  ),
  mutant(
    'can write empty keys though it says no',
    'an empty key is not the absence of a key, as the capability says',
    { capabilities: { emptyKeys: false } },
  ),
  mutant(
    'drops headers',
    'headers keep their order, their repeats and their names',
    withHeaders(() => []),
  ),
  mutant(
    'keeps one header of a name',
    'headers keep their order, their repeats and their names',
    withHeaders((headers) => [...new Map(headers.map((header) => [header.name, header])).values()]),
  ),
  mutant(
    'sorts headers',
    'headers keep their order, their repeats and their names',
    withHeaders((headers) => headers.toSorted((a, b) => (a.name < b.name ? -1 : 1))),
  ),
  mutant(
    'writes the names of headers as latin1',
    'headers keep their order, their repeats and their names',
    withHeaders((headers) =>
      headers.map(({ name, value }) => ({ name: Buffer.from(name, 'latin1').toString(), value })),
    ),
  ),
  mutant(
    'writes absent header values as empty ones',
    'header values may be absent or of any bytes, as the capability says',
    withHeaders((headers) =>
      headers.map(({ name, value }) => ({ name, value: value ?? new Uint8Array(0) })),
    ),
  ),
  mutant(
    'writes header values as text',
    'header values may be absent or of any bytes, as the capability says',
    withHeaders((headers) =>
      headers.map(({ name, value }) => ({
        name,
        value: value && Buffer.from(Buffer.from(value).toString()),
      })),
    ),
  ),
  mutant(
    'can write binary headers though it says no',
    'header values may be absent or of any bytes, as the capability says',
    { capabilities: { binaryHeaders: false } },
  ),
  mutant(
    'stamps all records by itself',
    'timestamps are those of the records, or of the moment of sending',
    sending((row) => ({ ...row, timestampMs: Number.NaN })),
  ),
  mutant(
    'takes no timestamp for 0',
    'timestamps are those of the records, or of the moment of sending',
    sending((row) => ({ ...row, timestampMs: row.timestampMs || 0 })),
  ),
  mutant(
    'cuts values',
    'a value of 1 MB comes back unchanged',
    sending((row) => ({ ...row, value: row.value && row.value.slice(0, 1_000_000) })),
  ),
  mutant(
    'drops records that are too large',
    'a record that is too large is refused, and the others of its batch are written',
    sending((row) => ((row.value?.length ?? 0) > 1 << 20 ? undefined : row)),
  ),
  mutant(
    'writes nothing of a batch with a record that is too large',
    'a record that is too large is refused, and the others of its batch are written',
    { producer: (producer) => ({ send: (batch) => sendAllOrNothing(producer, batch) }) },
  ),
  mutant(
    'loses a record of a large batch',
    'many records come back as they were sent',
    reading((row, index) => (index === 999 ? undefined : row)),
  ),
]

async function sendAllOrNothing(
  producer: Producer,
  batch: ProduceBatch,
): Promise<readonly TopicPartitionOffset[]> {
  const large = changeSent(batch, (row) => ((row.value?.length ?? 0) > 1 << 20 ? row : undefined))
  // The large record alone fails; what it fails with is all that happens.
  return producer.send(large.length === 0 ? batch : large)
}
