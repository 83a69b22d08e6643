import { json, string, versioned } from '@goka/codecs'
import { describe, expect, it } from '@jest/globals'

interface NameV1 {
  name: string
}
interface Name {
  first: string
  last: string
}

const v1 = versioned<NameV1>({ version: 1, codec: json() })
const nameV1 = json<NameV1>()

function upgrade({ name }: NameV1): Name {
  const [first = '', last = ''] = name.split(' ')
  return { first, last }
}

const v2 = versioned<Name>({
  version: 2,
  codec: json(),
  older: { 1: (bytes) => upgrade(nameV1.decode(bytes)) },
  unversioned: (bytes) => upgrade(nameV1.decode(bytes)),
})

const decodeText = (bytes: Uint8Array): string => string.decode(bytes)

const ADA = { first: 'Ada', last: 'Lovelace' }

describe('a versioned codec', () => {
  it('has the version in the first byte and the form of its codec after it', () => {
    expect(Buffer.from(v2.encode(ADA)).toString('latin1')).toBe(
      '\x02{"first":"Ada","last":"Lovelace"}',
    )
    expect(v2.decode(v2.encode(ADA))).toEqual(ADA)
    expect(v2.name).toBe('versioned(json)')
  })

  it('reads values of older versions, and those from before there were versions', () => {
    expect(v2.decode(v1.encode({ name: 'Ada Lovelace' }))).toEqual(ADA)
    expect(v2.decode(nameV1.encode({ name: 'Ada Lovelace' }))).toEqual(ADA)
  })

  it('reads an empty value as one from before there were versions', () => {
    const codec = versioned({ version: 1, codec: string, unversioned: decodeText })
    expect(codec.decode(new Uint8Array(0))).toBe('')
    expect(codec.decode(codec.encode(''))).toBe('')
  })

  it('refuses a version that it does not know, and says which it knows', () => {
    expect(() => v1.decode(v2.encode(ADA))).toThrow(
      expect.objectContaining({
        code: 'GOKA_CODEC_DECODE',
        message: expect.stringMatching(/^codec versioned\(json\) .* version 2 is not one of 1$/),
      }),
    )
    expect(() => v1.decode(new Uint8Array(0))).toThrow('version (none) is not one of 1')
  })

  it('has the error of the inner codec as the cause', () => {
    expect(() => v2.decode(Buffer.from('\x01x'))).toThrow(
      expect.objectContaining({
        details: { codec: 'versioned(json)', length: 2, prefix: '0178 ".x"' },
        cause: expect.objectContaining({ code: 'GOKA_CODEC_DECODE' }),
      }),
    )
  })

  it.each([
    ['version', { version: 256 }],
    ['version', { version: 1.5 }],
    ['older', { version: 1, older: { [-1]: decodeText } }],
    ['older', { version: 1, older: { 1: decodeText } }],
  ])('refuses versions that do not fit: %s %p', (option, options) => {
    expect(() => versioned({ codec: string, ...options })).toThrow(
      expect.objectContaining({
        code: 'GOKA_OPTION_INVALID',
        details: expect.objectContaining({ option: `versioned.${option}` }),
      }),
    )
  })
})
