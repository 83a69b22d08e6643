import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { type ErrorCode, type GokaError, isGokaError } from '@goka/interface'

/** Asserts that `action` throws, or rejects, with one of `codes`; resolves to the error. */
export async function expectCode<Code extends ErrorCode>(
  codes: Code | readonly Code[],
  action: () => unknown,
): Promise<GokaError<Code>> {
  const expected: readonly string[] = typeof codes === 'string' ? [codes] : codes
  let result: unknown
  try {
    result = await action()
  } catch (error) {
    if (isGokaError<Code>(error) && expected.includes(error.code)) return error
    return assert.fail(`expected ${expected.join(' or ')}, but it failed with ${inspect(error)}`)
  }
  return assert.fail(`expected ${expected.join(' or ')}, but the result is ${inspect(result)}`)
}
