import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { type Headers, headersByteLength, readHeaders, writeHeaders } from '../src/index.ts'
import { headers, plain } from './outgoing.ts'

function packed(list: Headers, before = 0): Buffer {
  const bytes = Buffer.alloc(before + headersByteLength(list), 0xa5)
  expect(writeHeaders(bytes, before, list)).toBe(bytes.length)
  return bytes
}

describe('packed headers', () => {
  it('come back in order, with repeats and absent values', () => {
    const list: Headers = [
      { name: 'b', value: new Uint8Array([1]) },
      { name: 'a', value: null },
      { name: 'b', value: new Uint8Array(0) },
      { name: '', value: new Uint8Array([0, 255]) },
    ]
    const bytes = packed(list)
    expect(plain(readHeaders(bytes, 0, bytes.length))).toEqual([
      ['b', '01'],
      ['a', null],
      ['b', ''],
      ['', '00ff'],
    ])
  })

  it('take no memory when there are none', () => {
    expect(headersByteLength([])).toBe(0)
    expect(writeHeaders(Buffer.alloc(0), 0, [])).toBe(0)
    expect(readHeaders(Buffer.alloc(0), 0, 0)).toEqual([])
  })

  it('keep names of any Unicode', () => {
    const names = ['ä', '\uff5e', '\u{1f600}', 'a\0b', '\u{10ffff}']
    const list = names.map((name) => ({ name, value: null }))
    const bytes = packed(list)
    expect(readHeaders(bytes, 0, bytes.length).map(({ name }) => name)).toEqual(names)
  })

  it('have the layout that native code writes', () => {
    const bytes = packed([
      { name: 'é', value: new Uint8Array([7]) },
      { name: 'n', value: null },
    ])
    expect(bytes.toString('hex')).toBe(
      ['02000000', 'c3a9', '01000000', '07', '01000000', '6e', 'ffffffff'].join(''),
    )
  })

  it('come back whatever they are and wherever they lie', () => {
    fc.assert(
      fc.property(headers, fc.nat({ max: 9 }), (list, before) => {
        const bytes = packed(list, before)
        expect(plain(readHeaders(bytes, before, bytes.length))).toEqual(plain(list))
        expect(bytes.subarray(0, before).every((byte) => byte === 0xa5)).toBe(true)
      }),
    )
  })

  it('are read as views of their memory', () => {
    const bytes = packed([{ name: 'a', value: new Uint8Array([1, 2]) }])
    const [header] = readHeaders(bytes, 0, bytes.length)
    bytes[bytes.length - 1] = 9
    expect(hexOf(header?.value)).toBe('0109')
  })
})

function hexOf(bytes: Uint8Array | null | undefined): string {
  return Buffer.from(bytes ?? []).toString('hex')
}
