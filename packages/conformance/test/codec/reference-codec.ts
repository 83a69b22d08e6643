import { type Codec, GokaError } from '@goka/interface'

/** Text with a byte in front that says so: the shortest codec that has invalid values and invalid bytes. */
export class ReferenceCodec implements Codec<string> {
  readonly name: string = 'reference'

  check(value: string): void {
    if (typeof value !== 'string') {
      const details = { codec: this.name, received: typeof value }
      throw new GokaError('GOKA_CODEC_ENCODE', 'the value is not a text', details)
    }
  }

  encode(value: string): Uint8Array {
    this.check(value)
    return new TextEncoder().encode(`!${value}`)
  }

  encodeShared(value: string): string {
    this.check(value)
    return `!${value}`
  }

  decode(bytes: Uint8Array): string {
    if (bytes[0] !== 0x21) {
      const prefix = Buffer.from(bytes.subarray(0, 8)).toString('hex')
      const details = { codec: this.name, length: bytes.length, prefix }
      throw new GokaError('GOKA_CODEC_DECODE', 'the bytes do not begin with "!"', details)
    }
    return new TextDecoder().decode(bytes.subarray(1))
  }
}

/** Bytes as they are, decoded to views. */
export const viewCodec: Codec<Uint8Array> = {
  name: 'view',
  encode: (value) => new Uint8Array(value),
  decode: (bytes) => bytes,
  decodesToViews: true,
}
