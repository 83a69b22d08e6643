import { runInNewContext } from 'node:vm'
import { describe, expect, it } from '@jest/globals'
import { GokaError, isGokaError } from '../src/index.ts'

const error = new GokaError('GOKA_TOPIC_UNKNOWN', 'topic "a" does not exist', { topic: 'a' })

describe('GokaError', () => {
  it('carries a code, details, a message and a cause', () => {
    const cause = new Error('the origin')
    const details = { topic: 'a' }
    const found = new GokaError('GOKA_TOPIC_UNKNOWN', 'topic "a" does not exist', details, {
      cause,
    })
    expect(found.code).toBe('GOKA_TOPIC_UNKNOWN')
    expect(found.details).toBe(details)
    expect(found.message).toBe('topic "a" does not exist')
    expect(found.cause).toBe(cause)
  })

  it('is an error by its name, with a stack and without a cause of its own', () => {
    expect(error).toBeInstanceOf(Error)
    expect(String(error)).toBe('GokaError: topic "a" does not exist')
    expect(error.stack).toContain('errors.test')
    expect('cause' in error).toBe(false)
  })
})

describe('isGokaError', () => {
  it('knows an error by its name', () => {
    expect(isGokaError(error)).toBe(true)
    expect(isGokaError(new Error('GokaError'))).toBe(false)
    expect(isGokaError(Object.assign(new Error('other'), { code: 'GOKA_TOPIC_UNKNOWN' }))).toBe(
      false,
    )
  })

  it('knows an error by its code', () => {
    expect(isGokaError(error, 'GOKA_TOPIC_UNKNOWN')).toBe(true)
    expect(isGokaError(error, 'GOKA_TOPIC_EXISTS')).toBe(false)
  })

  it('narrows the details to those of the code', () => {
    const unknown: unknown = error
    if (!isGokaError(unknown, 'GOKA_TOPIC_UNKNOWN')) throw new Error('not narrowed')
    const topic: string = unknown.details.topic
    expect(topic).toBe('a')
  })

  it('holds for an error of another copy of the package, or of another realm', () => {
    const foreign: unknown = runInNewContext(
      'Object.assign(new Error("far away"), { name: "GokaError", code: "GOKA_TOPIC_EXISTS" })',
    )
    expect(foreign instanceof GokaError).toBe(false)
    expect(isGokaError(foreign, 'GOKA_TOPIC_EXISTS')).toBe(true)
  })

  it.each([undefined, null, 'GokaError', 1, {}, [], () => 1])('is false for %p', (value) => {
    expect(isGokaError(value)).toBe(false)
  })
})
