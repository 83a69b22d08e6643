import { GokaError } from '@goka/interface'

/**
 * Options of {@link leveldb}. Sizes are of one store, and there is one store for each partition of each table: a process
 * with 100 partitions holds up to 100 caches and 200 write buffers.
 */
export interface LevelDbOptions {
  /**
   * The folder of the stores; made when it is not there. The store of a partition is `<path>/<scope>/<topic>.<partition>`.
   * Two processes cannot share a store, so two instances of a group on one machine need a folder each.
   */
  readonly path: string
  /** The cache of blocks that were read, uncompressed, in bytes. Default 8 MiB; 0 for none. */
  readonly cacheBytes?: number
  /**
   * How much is collected in memory (and in the log) before it is written to a sorted file, in bytes; two of these may be
   * in memory at a time. More makes opening after a kill slower. 64 KiB to 1 GiB; default 16 MiB: restoring 2 million
   * values of 100 bytes took 60 % of the time that it takes with LevelDB's own 4 MiB, and the longest write 0.1 s
   * instead of 1 s.
   */
  readonly writeBufferBytes?: number
  /** About how large the blocks are that are read and compressed as one, in bytes. 1 KiB to 4 MiB; default 4 KiB. */
  readonly blockBytes?: number
  /** After how many bytes a sorted file ends and the next begins. 1 MiB to 1 GiB; default 2 MiB. */
  readonly fileBytes?: number
  /** How many files may be open at a time. 74 to 50000; default 1000. */
  readonly maxOpenFiles?: number
  /** Whether blocks are compressed, with Snappy. Default true. */
  readonly compression?: boolean
}

/** The options as classic-level takes them; ranges, and defaults but for the write buffer, are those of LevelDB 1.20. */
export interface DatabaseOptions {
  readonly cacheSize: number
  readonly writeBufferSize: number
  readonly blockSize: number
  readonly maxFileSize: number
  readonly maxOpenFiles: number
  readonly compression: boolean
}

const KiB = 1024
const MiB = 1024 * KiB
const GiB = 1024 * MiB

const KNOWN = [
  'path',
  'cacheBytes',
  'writeBufferBytes',
  'blockBytes',
  'fileBytes',
  'maxOpenFiles',
  'compression',
]

/** Checks all options. @throws GokaError `GOKA_OPTION_INVALID` */
export function databaseOptions(options: LevelDbOptions): DatabaseOptions {
  const given: unknown = options // JavaScript passes anything
  if (typeof given !== 'object' || given === null) throw invalid('', 'an object', given)
  for (const option of Object.keys(options)) {
    if (!KNOWN.includes(option)) throw invalid(option, 'left out: leveldb has no such option')
  }
  const { path, compression = true } = options
  if (typeof path !== 'string' || path === '' || path.includes('\0')) {
    throw invalid('path', 'the path of a folder', path)
  }
  if (typeof compression !== 'boolean') throw invalid('compression', 'a boolean', compression)
  return {
    cacheSize: integer('cacheBytes', options.cacheBytes, 8 * MiB, 0, 4 * GiB - 1),
    writeBufferSize: integer('writeBufferBytes', options.writeBufferBytes, 16 * MiB, 64 * KiB, GiB),
    blockSize: integer('blockBytes', options.blockBytes, 4 * KiB, KiB, 4 * MiB),
    maxFileSize: integer('fileBytes', options.fileBytes, 2 * MiB, MiB, GiB),
    maxOpenFiles: integer('maxOpenFiles', options.maxOpenFiles, 1000, 74, 50_000),
    compression,
  }
}

function integer(
  option: string,
  value: number | undefined,
  fallback: number,
  min: number,
  max: number,
): number {
  if (value === undefined) return fallback
  if (!Number.isInteger(value) || value < min || value > max) {
    throw invalid(option, `a whole number from ${min} to ${max}`, value)
  }
  return value
}

function invalid(option: string, expected: string, value?: unknown): GokaError {
  const name = option === '' ? 'leveldb' : `leveldb.${option}`
  const received = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return new GokaError(
    'GOKA_OPTION_INVALID',
    `option ${name} must be ${expected}, received ${received}`,
    { option: name, expected, received },
  )
}
