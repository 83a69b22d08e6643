import type { CountTable } from './counts.ts'
import type { SystemName } from './row.ts'

/** Where each system has its counts, and how it writes them. */
export function countTable(
  system: SystemName,
  group: string,
  input: string,
  file: string,
): CountTable {
  switch (system) {
    case 'ours':
    case 'goka':
      return { place: { topic: `${group}-table` } }
    case 'kafka-streams':
      return {
        place: { topic: `${group}-counts-changelog` },
        count: (value) => Number(value.readBigInt64BE()),
      }
    case 'quix':
      return {
        place: { topic: `changelog__${group}--${input}--default` },
        // The record's key as JSON, a bar, and the key within its state.
        key: (key) => String(JSON.parse(key.slice(0, key.indexOf('|')))),
        count: (value) => Number(value.toString('latin1')),
      }
    case 'by-hand':
    case 'node-rdkafka':
    case 'addon':
      return { place: { file } }
  }
}
