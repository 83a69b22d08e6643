import { bytes, int64, integer, json, string, versioned } from '@goka/codecs'
import { msgpack } from '@goka/codecs/msgpack'
import { testCodec } from '@goka/conformance/codec'
import { describe, it } from '@jest/globals'

const runner = { describe, it }
const raw = (text: string): Uint8Array => Buffer.from(text, 'latin1')
const cyclic: Record<string, unknown> = {}
cyclic['self'] = cyclic

testCodec({
  runner,
  codec: string,
  values: ['', 'text', '\0', '\ufeffmark', 'caf\u00e9', '\u{1f600}', '\ufffd', 'x'.repeat(5000)],
  invalid: {
    values: [1, null, undefined, {}, Buffer.from('a'), '\ud800', 'a\udc00b'],
    bytes: [raw('\xff'), raw('a\xc3'), raw('\xed\xa0\x80'), raw('\xc0\xaf')],
  },
})

testCodec({
  runner,
  codec: bytes,
  values: [new Uint8Array(0), raw('\0\xff'), new Uint8Array(100), Buffer.alloc(10_000, 7)],
  invalid: {
    values: ['text', null, undefined, [1], new Uint16Array(1), new ArrayBuffer(1)],
    bytes: [],
  },
})

const NO_NUMBERS = [
  '',
  '-',
  '+',
  '1.5',
  ' 1',
  '1 ',
  '1_000',
  '0x10',
  '1e3',
  '--1',
  '\xff',
  '\u0001',
]

testCodec({
  runner,
  codec: int64,
  values: [0n, 1n, -42n, 10n ** 15n - 1n, 10n ** 15n, 2n ** 63n - 1n, -(2n ** 63n)],
  invalid: {
    values: [1, '1', null, undefined, 2n ** 63n, -(2n ** 63n) - 1n],
    bytes: [...NO_NUMBERS, '9223372036854775808', '-9223372036854775809', '9'.repeat(400)].map(raw),
  },
})

testCodec({
  runner,
  codec: integer,
  values: [0, 1, -42, 999_999_999_999_999, 1e15, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
  invalid: {
    values: [1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 1n, '1', null, undefined],
    bytes: [...NO_NUMBERS, '9007199254740992', '-9007199254740993', '9'.repeat(400)].map(raw),
  },
})

testCodec<unknown>({
  runner,
  codec: json(),
  values: [{}, [], '', 'caf\u00e9\ud800', 0, -1.5, true, null, { a: [{ b: null }, '\u{1f600}'] }],
  invalid: {
    values: [undefined, () => 1, Symbol('s'), 1n, cyclic],
    bytes: ['', '{', '{"a":1}x', 'undefined', '\xef\xbb\xbf{}', '"\xff"'].map(raw),
  },
})

testCodec<unknown>({
  runner,
  codec: msgpack(),
  values: [
    {},
    [],
    '',
    'caf\u00e9',
    0,
    -1.5,
    2 ** 40,
    true,
    null,
    { a: [{ b: null }] },
    raw('\0\xff'),
  ],
  invalid: {
    values: [undefined, () => 1, Symbol('s'), 1n, cyclic],
    bytes: ['', '\xc1', '\x92\x01', '\x01\x02', '\xa5ab', '\x81\x90\x01'].map(raw),
  },
})

testCodec<unknown>({
  runner,
  codec: msgpack({ useBigInt64: true }),
  values: [1n, -(2n ** 63n), 2n ** 64n - 1n, { a: 1, b: 2n }],
  invalid: { values: [undefined], bytes: [raw('\xc1')] },
})

testCodec({
  runner,
  codec: versioned({ version: 2, codec: string, older: { 1: () => 'old' } }),
  values: ['', 'text'],
  invalid: {
    values: [1, null, undefined],
    bytes: ['', '\0', '\x03text', 'text', '\x02\xff'].map(raw),
  },
})
