import { type Codec, GokaError } from '@goka/interface'
import { ReferenceCodec } from './reference-codec.ts'

/** A codec with one defect, and the test that has to find it. */
export interface CodecMutant {
  readonly defect: string
  readonly foundBy: string
  readonly codec: Codec<string>
}

const shared = new Uint8Array(1024)

export const codecMutants: readonly CodecMutant[] = [
  {
    defect: 'has no name',
    foundBy: 'a codec has a name',
    codec: new (class extends ReferenceCodec {
      override readonly name = ''
    })(),
  },
  {
    defect: 'encodes everything to the same bytes',
    foundBy: 'the suite was given values that differ',
    codec: new (class extends ReferenceCodec {
      override encode(): Uint8Array {
        return super.encode('')
      }
    })(),
  },
  {
    defect: 'cuts what is not ASCII',
    foundBy: 'every value is the same after encode and decode',
    codec: new (class extends ReferenceCodec {
      override encode(value: string): Uint8Array {
        super.encode(value)
        return Buffer.from(`!${value}`, 'latin1')
      }
    })(),
  },
  {
    defect: 'encodes to 16-bit units',
    foundBy: 'encode returns an array of bytes',
    codec: new (class extends ReferenceCodec {
      override encode(value: string): Uint8Array {
        return Uint16Array.from(super.encode(value)) as unknown as Uint8Array
      }
    })(),
  },
  {
    defect: 'encodes into memory of its own',
    foundBy: 'encoded bytes do not change when more is encoded',
    codec: new (class extends ReferenceCodec {
      override encode(value: string): Uint8Array {
        const bytes = super.encode(value)
        shared.set(bytes)
        return shared.subarray(0, bytes.length)
      }
    })(),
  },
  {
    defect: 'hands out the same bytes for a value it has seen',
    foundBy: 'whoever gets encoded bytes may write to them',
    codec: new (class extends ReferenceCodec {
      readonly #seen = new Map<string, Uint8Array>()
      override encode(value: string): Uint8Array {
        const bytes = this.#seen.get(value) ?? super.encode(value)
        this.#seen.set(value, bytes)
        return bytes
      }
    })(),
  },
  {
    defect: 'decodes the memory around its bytes',
    foundBy: 'decode reads bytes that are a part of larger memory',
    codec: new (class extends ReferenceCodec {
      override decode(bytes: Uint8Array): string {
        return super.decode(new Uint8Array(bytes.buffer, 0, bytes.length))
      }
    })(),
  },
  {
    defect: 'writes to the bytes that it decodes',
    foundBy: 'decode never writes to its bytes',
    codec: new (class extends ReferenceCodec {
      override decode(bytes: Uint8Array): string {
        const value = super.decode(bytes)
        bytes[0] = 0
        return value
      }
    })(),
  },
  {
    defect: 'decodes to a view without saying so',
    foundBy: 'decoded values are or are not views, as the codec says',
    codec: new (class extends ReferenceCodec {
      override decode(bytes: Uint8Array): string {
        super.decode(bytes)
        return bytes.subarray(1) as unknown as string
      }
    })(),
  },
  {
    defect: 'encodes anything',
    foundBy: 'encode refuses what is not of its type',
    codec: new (class extends ReferenceCodec {
      override encode(value: unknown): Uint8Array {
        return super.encode(String(value))
      }
    })(),
  },
  {
    defect: 'refuses values without a code',
    foundBy: 'encode refuses what is not of its type',
    codec: new (class extends ReferenceCodec {
      override encode(value: string): Uint8Array {
        if (typeof value !== 'string') throw new TypeError('not a text')
        return super.encode(value)
      }
    })(),
  },
  {
    defect: 'checks nothing',
    foundBy: 'check refuses what encode refuses, and nothing else',
    codec: new (class extends ReferenceCodec {
      override check(): void {}
    })(),
  },
  {
    defect: 'checks for more than it encodes',
    foundBy: 'check refuses what encode refuses, and nothing else',
    codec: new (class extends ReferenceCodec {
      override check(value: string): void {
        super.check(value)
        if (value === '') super.check(undefined as never)
      }
    })(),
  },
  {
    defect: 'encodes otherwise for who copies at once',
    foundBy: 'encodeShared gives what encode gives, and refuses what it refuses',
    codec: new (class extends ReferenceCodec {
      override encodeShared(value: string): string {
        return super.encodeShared(value.slice(0, 100))
      }
    })(),
  },
  {
    defect: 'encodes anything for who copies at once',
    foundBy: 'encodeShared gives what encode gives, and refuses what it refuses',
    codec: new (class extends ReferenceCodec {
      override encodeShared(value: unknown): string {
        return super.encodeShared(String(value))
      }
    })(),
  },
  {
    defect: 'decodes anything',
    foundBy: 'decode refuses what is not of its format',
    codec: new (class extends ReferenceCodec {
      override decode(bytes: Uint8Array): string {
        return new TextDecoder().decode(bytes.subarray(1))
      }
    })(),
  },
  {
    defect: 'tells the wrong length of what it refuses',
    foundBy: 'decode refuses what is not of its format',
    codec: new (class extends ReferenceCodec {
      override decode(bytes: Uint8Array): string {
        if (bytes[0] === 0x21) return super.decode(bytes)
        const details = { codec: this.name, length: 0, prefix: '' }
        throw new GokaError('GOKA_CODEC_DECODE', 'the bytes do not begin with "!"', details)
      }
    })(),
  },
  {
    defect: 'is out of order after a failure',
    foundBy: 'a failure leaves no trace',
    codec: new (class extends ReferenceCodec {
      #failed = false
      override decode(bytes: Uint8Array): string {
        const failed = this.#failed
        this.#failed = bytes[0] !== 0x21
        return failed ? '' : super.decode(bytes)
      }
    })(),
  },
]
