import { type ByteString, GokaError, type Headers, isGokaError } from '@goka/interface'
import type { Task } from './task.ts'

/** Bytes of key, value and headers of a record to be written. */
export function recordBytes(
  key: ByteString | null,
  value: Uint8Array | string | null,
  headers: Headers | undefined,
): number {
  const valueBytes = typeof value === 'string' ? Buffer.byteLength(value) : (value?.length ?? 0)
  let bytes = (key?.length ?? 0) + valueBytes
  if (headers !== undefined) {
    for (const header of headers) bytes += header.name.length + (header.value?.length ?? 0)
  }
  return bytes
}

/** The error for a record that is not even tried to be sent: it is thrown to the callback that writes it. */
export function tooLarge(
  topic: string,
  partition: number,
  bytes: number,
  maxRecordBytes: number,
): GokaError<'GOKA_TRANSPORT_RECORD_TOO_LARGE'> {
  return new GokaError(
    'GOKA_TRANSPORT_RECORD_TOO_LARGE',
    `a record of ${bytes} bytes for ${topic}/${partition} is larger than the ${maxRecordBytes} bytes that the client sends: ` +
      'raise message.max.bytes of the client and max.message.bytes of the topic, or write less',
    { topic, partition, bytes },
  )
}

/** An error of the producer; one about the size of a record is told with the records of the task that it came of. */
export function writeError(error: unknown, task: Task): unknown {
  if (!isGokaError(error, 'GOKA_TRANSPORT_RECORD_TOO_LARGE')) return error
  const { topic, partition, bytes } = error.details
  const { group } = task.scope.edges
  return new GokaError(
    error.code,
    `group "${group}" wrote a record of ${bytes} bytes that ${topic}/${partition} does not take, in the callbacks for ` +
      `${origins(task)}: raise max.message.bytes of the topic, or let the callback write less`,
    error.details,
    { cause: error },
  )
}

// What was processed since the last commit.
function origins({ partition, statistics }: Task): string {
  const ranges = [...statistics.inputs]
    .filter(([, { committed, position }]) => position > committed && position > 0)
    .map(([topic, { committed, position }]) => {
      return `${topic}/${partition} offsets ${Math.max(0, committed)} to ${position - 1}`
    })
  return ranges.length > 0 ? ranges.join(' and ') : `partition ${partition}`
}
