import { describe, expect, it } from '@jest/globals'
import { readCheckpoint, writeCheckpoint } from '../src/checkpoint-record.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text)

describe('the checkpoint record', () => {
  it('is JSON with a format number, so that anybody can read it', () => {
    const checkpoint = { position: 7, inputs: { in: 9 }, timeMs: 5, topicId: 'id' }
    const text = Buffer.from(writeCheckpoint(checkpoint)).toString()
    expect(text).toBe('{"format":1,"position":7,"inputs":{"in":9},"timeMs":5,"topicId":"id"}')
    expect(readCheckpoint(bytes(text))).toEqual(checkpoint)
  })

  it('tells a store without a checkpoint', () => {
    expect(Buffer.from(writeCheckpoint(undefined)).toString()).toBe('{"format":1}')
    expect(readCheckpoint(writeCheckpoint(undefined))).toBeUndefined()
  })

  it.each([
    ['another format', '{"format":2,"position":1}', 'its format is 2, not 1'],
    ['no object', 'null', 'its format is undefined, not 1'],
    ['a negative position', '{"format":1,"position":-1,"inputs":{},"timeMs":0}', 'its fields'],
    ['no inputs', '{"format":1,"position":1,"timeMs":0}', 'its fields'],
    ['odd inputs', '{"format":1,"position":1,"inputs":{"a":"b"},"timeMs":0}', 'its fields'],
    ['no time', '{"format":1,"position":1,"inputs":{}}', 'its fields'],
    ['no JSON', '\xff\0', 'JSON'],
  ])('is refused: %s', (_, record, reason) => {
    expect(() => readCheckpoint(bytes(record))).toThrow(reason)
  })
})
