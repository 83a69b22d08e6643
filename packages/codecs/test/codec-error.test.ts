import { bytes, integer, json, string } from '@goka/codecs'
import { describe, expect, it } from '@jest/globals'

describe('the error of a decode', () => {
  it('names the codec and shows the bytes, as hexadecimal and as text', () => {
    expect(() => integer.decode(Buffer.from('12 apples'))).toThrow(
      expect.objectContaining({
        code: 'GOKA_CODEC_DECODE',
        message:
          'codec integer cannot decode 9 bytes (3132206170706c6573 "12 apples"): they are no decimal number',
        details: { codec: 'integer', length: 9, prefix: '3132206170706c6573 "12 apples"' },
      }),
    )
  })

  it('shows no more than 16 bytes, and nothing that a terminal or a log would act upon', () => {
    const value = Buffer.from('\x1b[31m"\\\r\n\x7f\x9b\0 end of it, and more', 'latin1')
    expect(() => integer.decode(value)).toThrow(
      expect.objectContaining({
        details: {
          codec: 'integer',
          length: value.length,
          prefix: '1b5b33316d225c0d0a7f9b0020656e64... ".[31m....... end..."',
        },
      }),
    )
  })

  it('has the cause where there is one', () => {
    expect(() => json().decode(Buffer.from('{'))).toThrow(
      expect.objectContaining({ cause: expect.objectContaining({ name: 'SyntaxError' }) }),
    )
    expect(() => string.decode(Buffer.from([0xff]))).toThrow(
      expect.objectContaining({ cause: expect.objectContaining({ name: 'TypeError' }) }),
    )
  })
})

describe('the error of an encode', () => {
  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    ['secret', 'string'],
    [1, 'number'],
    [['secret'], 'Array'],
    [{ secret: 1 }, 'Object'],
    [new Map(), 'Map'],
    [Object.create(null), 'object'],
    [{ constructor: 'secret' }, 'object'],
  ])('tells the kind of a value and never its content: %p', (value, received) => {
    expect(() => bytes.encode(value as Uint8Array)).toThrow(
      expect.objectContaining({
        code: 'GOKA_CODEC_ENCODE',
        message: `codec bytes cannot encode ${received}: it takes instances of Uint8Array`,
        details: { codec: 'bytes', received },
      }),
    )
  })

  it('has the cause where there is one', () => {
    expect(() => json().encode(1n)).toThrow(
      expect.objectContaining({
        details: { codec: 'json', received: 'bigint' },
        cause: expect.objectContaining({ name: 'TypeError' }),
      }),
    )
  })
})
