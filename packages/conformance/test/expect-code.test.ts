import { GokaError } from '@goka/interface'
import { describe, expect, it } from '@jest/globals'
import { expectCode } from '../src/expect-code.ts'

const error = new GokaError('GOKA_TOPIC_UNKNOWN', 'topic "a" does not exist', { topic: 'a' })

describe('expectCode', () => {
  it('resolves to an error of the code, thrown or rejected', async () => {
    const thrown = await expectCode('GOKA_TOPIC_UNKNOWN', () => {
      throw error
    })
    expect(thrown).toBe(error)
    const rejected = expectCode(['GOKA_TOPIC_EXISTS', 'GOKA_TOPIC_UNKNOWN'], async () => {
      throw error
    })
    expect(await rejected).toBe(error)
  })

  it('fails when nothing fails, and when something else does', async () => {
    await expect(expectCode('GOKA_TOPIC_UNKNOWN', () => 1)).rejects.toThrow('the result is 1')
    const other = expectCode('GOKA_TOPIC_EXISTS', () => {
      throw error
    })
    await expect(other).rejects.toThrow('GOKA_TOPIC_UNKNOWN')
    const plain = expectCode('GOKA_TOPIC_UNKNOWN', () => {
      throw new Error('GOKA_TOPIC_UNKNOWN')
    })
    await expect(plain).rejects.toThrow('it failed with Error')
  })
})
