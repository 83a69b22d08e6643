import type { Codec } from '@goka/interface'
import { type CodecCase, codecTests } from './codec/codec-tests.ts'
import type { KnownFailure, SuiteOptions, TestRunner } from './runner.ts'
import { defineSuite } from './suite.ts'

export type { KnownFailure, SuiteOptions, TestRunner }

export interface CodecSuiteOptions<T> extends SuiteOptions {
  readonly codec: Codec<T>
  /** Values to encode and decode, the odd ones too: empty, smallest, largest. At least two that differ. */
  readonly values: readonly T[]
  readonly invalid: {
    /** What is not of the codec's type. May be empty. */
    readonly values: readonly unknown[]
    /** What is not of the codec's format. May be empty, where every sequence of bytes is of it. */
    readonly bytes: readonly Uint8Array[]
  }
}

const TIMEOUT_MS = 10_000

/**
 * Tests that a codec keeps the contract of `Codec`.
 *
 * ```ts
 * testCodec({
 *   runner: { describe, it },
 *   codec: string,
 *   values: ['', 'text', '\u{1f600}'],
 *   invalid: { values: [1, {}], bytes: [new Uint8Array([0xff])] },
 * })
 * ```
 */
export function testCodec<T>(options: CodecSuiteOptions<T>): void {
  const testCase: CodecCase = {
    codec: options.codec,
    values: options.values,
    invalid: options.invalid,
  }
  const title = `codec ${options.codec.name}`
  defineSuite(title, { codec: codecTests }, options, TIMEOUT_MS, async (body) => body(testCase))
}
