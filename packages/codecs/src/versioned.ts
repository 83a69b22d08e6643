import type { Codec } from '@goka/interface'
import { GokaError } from '@goka/interface'
import { decodeError, encodeError, messageOf } from './codec-error.ts'

/** Options of {@link versioned}. */
export interface VersionedOptions<T> {
  /** The version of what is written, 0 to 255; counts up when the form of `T` changes. */
  readonly version: number
  /** The form of this version. */
  readonly codec: Codec<T>
  /** How a value of an older version becomes a `T`: by version, a function of the bytes after it. Default: none. */
  readonly older?: Readonly<Record<number, (bytes: Uint8Array) => T>>
  /**
   * How a value becomes a `T` that was written before there were versions. Used when the first byte is no known version;
   * so choose versions that no such value begins with: 1 to 8 are safe for text and JSON. Default: such values are an
   * error.
   */
  readonly unversioned?: (bytes: Uint8Array) => T
}

/**
 * A codec that says in the first byte of each value which version of its form the rest has, so that a form can change
 * while values of the old one are still in Kafka:
 *
 * ```ts
 * const userV1 = json<{ name: string }>()
 * const user = versioned<{ first: string; last: string }>({
 *   version: 2,
 *   codec: json(),
 *   older: { 1: (bytes) => split(userV1.decode(bytes).name) },
 * })
 * ```
 *
 * Readers must know a version before a writer uses it. Not for streams that Goka for Go or others read.
 *
 * @throws GokaError `GOKA_OPTION_INVALID`
 */
export function versioned<T>({
  version,
  codec,
  older = {},
  unversioned,
}: VersionedOptions<T>): Codec<T> {
  const name = `versioned(${codec.name})`
  const decoders = decodersByVersion({ version, codec, older })
  return {
    name,
    // What older versions decode to is not known here.
    ...(codec.decodesToViews === true && { decodesToViews: true as const }),

    encode(value: T): Uint8Array {
      try {
        const encoded = codec.encode(value)
        const bytes = Buffer.allocUnsafe(1 + encoded.length)
        bytes[0] = version
        bytes.set(encoded, 1)
        return bytes
      } catch (cause) {
        throw encodeError(name, messageOf(cause), value, cause)
      }
    },

    decode(bytes: Uint8Array): T {
      const found = bytes[0]
      const decoder = found === undefined ? undefined : decoders[found]
      try {
        if (decoder !== undefined) return decoder(bytes.subarray(1))
        if (unversioned !== undefined) return unversioned(bytes)
      } catch (cause) {
        throw decodeError(name, messageOf(cause), bytes, cause)
      }
      const known = Object.keys(decoders).join(', ')
      throw decodeError(name, `version ${found ?? '(none)'} is not one of ${known}`, bytes)
    },
  }
}

type Decoders<T> = Record<number, (bytes: Uint8Array) => T>

function decodersByVersion<T>({
  version,
  codec,
  older,
}: Required<Omit<VersionedOptions<T>, 'unversioned'>>): Decoders<T> {
  const decoders: Decoders<T> = {}
  for (const [key, decoder] of Object.entries(older)) {
    checkVersion('older', Number(key))
    if (Number(key) === version) throw invalid('older', 'versions other than the current one', key)
    decoders[Number(key)] = decoder
  }
  checkVersion('version', version)
  decoders[version] = (bytes) => codec.decode(bytes)
  return decoders
}

function checkVersion(option: string, version: number): void {
  if (Number.isInteger(version) && version >= 0 && version <= 255) return
  throw invalid(option, 'a whole number from 0 to 255', String(version))
}

function invalid(option: string, expected: string, received: string): GokaError {
  const name = `versioned.${option}`
  return new GokaError(
    'GOKA_OPTION_INVALID',
    `option ${name} must be ${expected}, received ${received}`,
    { option: name, expected, received },
  )
}
