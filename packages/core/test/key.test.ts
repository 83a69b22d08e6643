import { describe, expect, it } from '@jest/globals'
import { decodeKey, encodeKey } from '../src/key.ts'

describe('a key', () => {
  it.each(['', 'some-key', 'ключ', '日本語', 'emoji-😀', '\u0000\u007f\u0080\u00ff'])(
    'is its UTF-8 bytes, and back: %j',
    (key) => {
      const bytes = encodeKey(key)
      expect(Buffer.from(bytes, 'latin1')).toEqual(Buffer.from(key, 'utf8'))
      expect(decodeKey(bytes)).toBe(key)
    },
  )

  it('of bytes that are not UTF-8 reads with replacement characters', () => {
    expect(decodeKey('a\u00ffb')).toBe('a\ufffdb')
  })

  it('of one kind sorts by its bytes', () => {
    const keys = ['z', 'é', 'a', '日', '😀', '\uffff']
    const sorted = keys.map(encodeKey).sort((a, b) => (a < b ? -1 : 1))
    const byBytes = keys.map((key) => Buffer.from(key)).sort((a, b) => a.compare(b))
    expect(sorted).toEqual(byBytes.map((bytes) => bytes.toString('latin1')))
  })
})
