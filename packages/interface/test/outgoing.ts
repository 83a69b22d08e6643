import fc from 'fast-check'
import type { Headers } from '../src/index.ts'

/** A record as a test makes it. Keys are byte strings. */
export interface Outgoing {
  readonly topic: string
  readonly partition: number
  readonly key: string | null
  readonly value: Uint8Array | null
  readonly timestampMs: number
  readonly headers: Headers | undefined
}

const orNull = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.option(arbitrary, { nil: null, freq: 4 })

const byteString: fc.Arbitrary<string> = fc
  .uint8Array({ maxLength: 40 })
  .map((bytes) => Buffer.from(bytes).toString('latin1'))

/** Headers with any names, of few letters so that they repeat, and of any Unicode. */
export const headers: fc.Arbitrary<Headers> = fc.array(
  fc.record({
    name: fc.oneof(
      fc.constantFrom('', 'a', 'ä', '\u{1f600}', '__proto__'),
      fc.string({ unit: 'grapheme', maxLength: 12 }),
    ),
    value: orNull(fc.uint8Array({ maxLength: 20 })),
  }),
  { maxLength: 5 },
)

export const outgoing: fc.Arbitrary<Outgoing> = fc.record({
  topic: fc.constantFrom('a', 'b', 'c'),
  partition: fc.nat({ max: 2 ** 31 - 1 }),
  key: orNull(byteString),
  value: orNull(fc.uint8Array({ maxLength: 300 })),
  timestampMs: fc.oneof(fc.constant(Number.NaN), fc.maxSafeNat()),
  headers: fc.option(headers, { nil: undefined }),
})

/** Bytes in a form that compares whatever class the array is of; `null` stays. */
export function hex(bytes: Uint8Array | null): string | null {
  return bytes && Buffer.from(bytes).toString('hex')
}

/** Headers in a form that compares. */
export function plain(list: Headers): (readonly [string, string | null])[] {
  return list.map(({ name, value }) => [name, hex(value)] as const)
}
