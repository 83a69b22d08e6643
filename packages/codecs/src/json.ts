import type { Codec } from '@goka/interface'
import { decodeError, encodeError, messageOf } from './codec-error.ts'
import { decodeUtf8 } from './utf8.ts'

/**
 * Values as JSON. `T` is what the caller says it is: what is decoded is not checked against it, and what JSON has no
 * notion of (`undefined` in an array, `Map`, `Date`, NaN) comes back as something else. Numbers beyond 2^53 - 1 lose
 * digits when they are decoded.
 */
export function json<T>(): Codec<T> {
  return anyJson as Codec<T>
}

const anyJson: Codec<unknown> = {
  name: 'json',

  encode(value: unknown): Uint8Array {
    return Buffer.from(textOf(value), 'utf8')
  },

  encodeShared: textOf,

  decode(bytes: Uint8Array): unknown {
    try {
      return JSON.parse(decodeUtf8(bytes))
    } catch (cause) {
      throw decodeError('json', 'they are not JSON in UTF-8', bytes, cause)
    }
  },
}

function textOf(value: unknown): string {
  let text: string | undefined
  try {
    text = stringify(value)
  } catch (cause) {
    throw encodeError('json', messageOf(cause), value, cause)
  }
  if (text === undefined) throw encodeError('json', 'it has no form in JSON', value)
  return text
}

/** With its true type: `undefined` for what has no form in JSON. */
const stringify: (value: unknown) => string | undefined = JSON.stringify
