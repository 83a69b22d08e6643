import { GokaError } from '@goka/interface'
import { describe, expect, it } from '@jest/globals'
import { isRetriable } from '../src/faults.ts'

const details = (retriable: boolean) => ({ operation: 'test', retriable, reason: 'TEST' })

describe('a fault', () => {
  it.each([
    new GokaError('GOKA_TRANSPORT_UNREACHABLE', 'x', { brokers: 'x', timeoutMs: 1 }),
    new GokaError('GOKA_TRANSPORT_FENCED', 'x', details(false)),
    new GokaError('GOKA_TRANSPORT_INDEFINITE', 'x', details(false)),
    new GokaError('GOKA_TRANSPORT_ABORTABLE', 'x', details(true)),
    new GokaError('GOKA_TRANSPORT_OFFSET_RANGE', 'x', { topic: 'x', partition: 0, offset: 1 }),
    new GokaError('GOKA_TRANSPORT_FAILED', 'x', details(true)),
  ])('may pass: $code', (error) => {
    expect(isRetriable(error)).toBe(true)
  })

  it.each([
    new GokaError('GOKA_TRANSPORT_FAILED', 'x', details(false)),
    new GokaError('GOKA_TRANSPORT_UNAUTHORIZED', 'x', details(false)),
    new GokaError('GOKA_TOPIC_UNKNOWN', 'x', { topic: 'x' }),
    new GokaError('GOKA_PROCESSOR_CALLBACK', 'x', { topic: 'x', partition: 0, offset: 1, key: '' }),
    new Error('x'),
    'x',
    undefined,
    null,
  ])('does not pass: %s', (error) => {
    expect(isRetriable(error)).toBe(false)
  })
})
