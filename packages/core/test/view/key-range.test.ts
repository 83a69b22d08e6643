import { describe, expect, it } from '@jest/globals'
import { keyRange, prefixRange } from '../../src/view/key-range.ts'

describe('the range of a prefix', () => {
  it.each([
    ['a', { gte: 'a', lt: 'b' }],
    ['ab', { gte: 'ab', lt: 'ac' }],
    ['a\xff', { gte: 'a\xff', lt: 'b' }],
    ['a\xff\xff', { gte: 'a\xff\xff', lt: 'b' }],
    ['\xff', { gte: '\xff' }],
    ['\xff\xff', { gte: '\xff\xff' }],
    ['', { gte: '' }],
    ['\x7f', { gte: '\x7f', lt: '\x80' }],
  ])('of %j holds exactly the keys that begin so', (prefix, expected) => {
    const range = prefixRange(prefix)
    expect(range).toEqual(expected)
    const keys = [
      '',
      'a',
      'a\x00',
      'ab',
      'aba',
      'ac',
      'a\xff',
      'a\xff\x01',
      'a\xff\xff',
      'b',
      '\x7f',
      '\x7f1',
      '\x80',
      '\xfe\xff',
      '\xff',
      '\xff\x00',
      '\xff\xff',
      '\xff\xff\x01',
    ]
    const inRange = keys.filter(
      (key) => key >= (range.gte ?? '') && (range.lt === undefined || key < range.lt),
    )
    expect(inRange).toEqual(keys.filter((key) => key.startsWith(prefix)))
  })
})

describe('a range of keys', () => {
  it('is in bytes, and has what was given', () => {
    expect(keyRange({ gte: 'é', lt: '日', reverse: true, limit: 3 })).toEqual({
      gte: '\xc3\xa9',
      lt: '\xe6\x97\xa5',
      reverse: true,
      limit: 3,
    })
    expect(keyRange({})).toEqual({})
  })

  it('of a prefix has no other bounds', () => {
    expect(keyRange({ prefix: 'é', gte: 'a', lt: 'b' })).toEqual({
      gte: '\xc3\xa9',
      lt: '\xc3\xaa',
    })
    expect(keyRange({ prefix: '', gte: 'a', lt: 'b' })).toEqual({ gte: '' })
  })
})
