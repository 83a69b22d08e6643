import { GokaError, type TopicPartitionOffset } from '@goka/interface'

/** The client was used after its close. */
export function closed(client: string): GokaError<'GOKA_TRANSPORT_CLOSED'> {
  return new GokaError('GOKA_TRANSPORT_CLOSED', `client ${client} is closed: make a new one`, {
    client,
  })
}

export function unknownTopic(topic: string, partition?: number): GokaError<'GOKA_TOPIC_UNKNOWN'> {
  const what = partition === undefined ? `topic ${topic}` : `partition ${topic}/${partition}`
  return new GokaError('GOKA_TOPIC_UNKNOWN', `${what} does not exist: create it first`, { topic })
}

export function offsetRange(
  { topic, partition, offset }: TopicPartitionOffset,
  start: number,
  end: number,
): GokaError<'GOKA_TRANSPORT_OFFSET_RANGE'> {
  return new GokaError(
    'GOKA_TRANSPORT_OFFSET_RANGE',
    `offset ${offset} of ${topic}/${partition} is not between the start ${start} and the end ${end}`,
    { topic, partition, offset },
  )
}

export function recordTooLarge(
  topic: string,
  partition: number,
  bytes: number,
  limit: number,
): GokaError<'GOKA_TRANSPORT_RECORD_TOO_LARGE'> {
  return new GokaError(
    'GOKA_TRANSPORT_RECORD_TOO_LARGE',
    `a record of ${bytes} bytes for ${topic}/${partition} is larger than the topic's max.message.bytes of ${limit}`,
    { topic, partition, bytes },
  )
}

export function fenced(
  operation: string,
  reason: string,
  message: string,
): GokaError<'GOKA_TRANSPORT_FENCED'> {
  return new GokaError('GOKA_TRANSPORT_FENCED', message, { operation, reason, retriable: false })
}

export function indefinite(operation: string): GokaError<'GOKA_TRANSPORT_INDEFINITE'> {
  return new GokaError(
    'GOKA_TRANSPORT_INDEFINITE',
    `nobody knows whether the ${operation} happened: close the client and ask the broker`,
    { operation, reason: 'REQUEST_TIMED_OUT', retriable: false },
  )
}

/** The folder of a broker cannot be read or written. */
export function storageError(
  operation: string,
  path: string,
  cause: unknown,
): GokaError<'GOKA_TRANSPORT_FAILED'> {
  return new GokaError(
    'GOKA_TRANSPORT_FAILED',
    `the folder ${path} of the embedded broker cannot be used: make room or give access, and start again`,
    { operation, reason: 'STORAGE_ERROR', retriable: false },
    { cause },
  )
}

export function failed(
  operation: string,
  reason: string,
  message: string,
): GokaError<'GOKA_TRANSPORT_FAILED'> {
  return new GokaError('GOKA_TRANSPORT_FAILED', message, { operation, reason, retriable: false })
}
