import { GokaError } from '@goka/interface'

/** How many bytes of a value an error shows. */
const SHOWN_BYTES = 16

/** The error for a value that the codec does not take. */
export function encodeError(
  codec: string,
  reason: string,
  value: unknown,
  cause?: unknown,
): GokaError {
  const received = kindOf(value)
  return new GokaError(
    'GOKA_CODEC_ENCODE',
    `codec ${codec} cannot encode ${received}: ${reason}`,
    { codec, received },
    cause === undefined ? {} : { cause },
  )
}

/** The error for bytes that are not of the codec's format. */
export function decodeError(
  codec: string,
  reason: string,
  bytes: Uint8Array,
  cause?: unknown,
): GokaError {
  const { length } = bytes
  const prefix = show(bytes)
  return new GokaError(
    'GOKA_CODEC_DECODE',
    `codec ${codec} cannot decode ${length} bytes (${prefix}): ${reason}`,
    { codec, length, prefix },
    cause === undefined ? {} : { cause },
  )
}

export function messageOf(error: unknown): string {
  return String((error as { message?: unknown } | null | undefined)?.message ?? error)
}

/** What a value is, without its content: it may be secret, and of any size. */
function kindOf(value: unknown): string {
  if (value === null || typeof value !== 'object') return value === null ? 'null' : typeof value
  const name: unknown = value.constructor?.name
  return typeof name === 'string' && name !== '' ? name : 'object'
}

/** The first bytes in hexadecimal and as text, nothing in it that a terminal or a log would act upon. */
function show(bytes: Uint8Array): string {
  const first = Buffer.from(bytes.subarray(0, SHOWN_BYTES))
  const text = first.toString('latin1').replace(/[^ !#-[\]-~]/g, '.')
  const more = bytes.length > SHOWN_BYTES ? '...' : ''
  return `${first.toString('hex')}${more} "${text}${more}"`
}
