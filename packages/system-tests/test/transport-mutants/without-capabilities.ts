import { GokaError, type SendReport } from '@goka/interface'
import { changeSent, type Row } from './rows.ts'
import type { Wrapping } from './wrapping.ts'

const unsupported = (operation: string): GokaError =>
  new GokaError('GOKA_TRANSPORT_UNSUPPORTED', `this transport cannot ${operation}`, {
    operation,
    reason: 'the test says so',
  })

const refuse = (operation: string) => () => Promise.reject(unsupported(operation))

/** A record that only a transport with every capability can write. */
function isRefused({ key, headers }: Row): boolean {
  const binary = headers.some(
    ({ value }) =>
      value === null || Buffer.from(Buffer.from(value).toString()).compare(value) !== 0,
  )
  return key === '' || binary
}

/** Takes every capability from a transport and refuses what goes with it. */
export const withoutCapabilities: Wrapping = {
  capabilities: {
    nativeBatches: false,
    topicConfig: false,
    groupOffsets: false,
    deleteRecords: false,
    binaryHeaders: false,
    emptyKeys: false,
  },
  admin: () => ({
    topicConfig: refuse('tell the configuration of topics'),
    alterTopicConfig: refuse('alter the configuration of topics'),
    groupOffsets: refuse('tell what groups committed'),
    alterGroupOffsets: refuse('set what groups committed'),
    deleteRecords: refuse('delete records'),
  }),
  producer: (producer) => ({
    send: async (batch) => {
      const rest = changeSent(batch, (row) => (isRefused(row) ? undefined : row))
      const ends = await producer.send(rest)
      if (rest.length < batch.length) throw unsupported('write this record')
      return ends
    },
    sendEach: async (batch): Promise<SendReport> => {
      const places: number[] = []
      const rest = changeSent(batch, (row, index) => {
        if (isRefused(row)) return undefined
        places.push(index)
        return row
      })
      const report = await producer.sendEach(rest)
      const offsets = new Float64Array(batch.length).fill(Number.NaN)
      const failures = new Map<number, GokaError>()
      for (let index = 0; index < batch.length; index++) {
        const at = places.indexOf(index)
        if (at < 0) failures.set(index, unsupported('write this record'))
        else offsets[index] = report.offsets[at] ?? Number.NaN
      }
      for (const [at, failure] of report.failures) failures.set(places[at] ?? at, failure)
      return { offsets, failures }
    },
  }),
}
