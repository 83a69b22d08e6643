import { type ErrorCode, GokaError, type Header, type Headers, isGokaError } from '@goka/interface'
import { decodeKey } from '../key.ts'

/** A record as errors name it. */
export interface FailedRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly key: string
}

/** The error that a callback's failure becomes; the original is its cause. */
export function callbackError(record: FailedRecord, cause: unknown): GokaError {
  // What the library said itself keeps its code; a mistake in the use of the context is the callback's all the same.
  return recordError('GOKA_PROCESSOR_CALLBACK', 'the callback failed for', record, cause)
}

/** The error that a codec's failure becomes; the original is its cause. */
export function decodeError(record: FailedRecord, cause: unknown): GokaError {
  return recordError('GOKA_PROCESSOR_DECODE', 'the codec cannot read', record, cause)
}

function recordError(
  code: Extract<ErrorCode, 'GOKA_PROCESSOR_CALLBACK' | 'GOKA_PROCESSOR_DECODE'>,
  what: string,
  { topic, partition, offset, key }: FailedRecord,
  cause: unknown,
): GokaError {
  return new GokaError(
    code,
    `${what} the record at ${topic}/${partition} offset ${offset} (${messageOf(cause)}); ` +
      'mend that, or let onError retry it, skip it or send it to a dead letter topic',
    { topic, partition, offset, key: decodeKey(key) },
    { cause },
  )
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'message' in error)
    return String(error.message)
  return String(error)
}

/** How much of a message or a stack goes into a header: some hold a whole record, and the letter must not grow too large. */
const HEADER_CHARS = 4_096

/** What a dead letter tells besides the headers of the record: all values are text. */
export function deadLetterHeaders(
  original: Headers,
  record: FailedRecord,
  error: GokaError,
): Headers {
  const { cause } = error
  const stack =
    typeof cause === 'object' && cause !== null && 'stack' in cause ? String(cause.stack) : ''
  const facts: readonly (readonly [string, string])[] = [
    ['goka-error', messageOf(cause ?? error)],
    ['goka-error-code', isGokaError(cause) ? cause.code : error.code],
    ['goka-error-stack', stack],
    ['goka-topic', record.topic],
    ['goka-partition', `${record.partition}`],
    ['goka-offset', `${record.offset}`],
  ]
  return [
    ...original,
    ...facts.map(([name, value]): Header => {
      return { name, value: Buffer.from(value.slice(0, HEADER_CHARS)) }
    }),
  ]
}
