import { mkdir, realpath } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Checkpoint, Storage, StorageContext, Store, StoreName } from '@goka/interface'
import { ClassicLevel } from 'classic-level'
import { readCheckpoint } from './checkpoint-record.ts'
import type { Database } from './database.ts'
import { adopt } from './goka-layout.ts'
import { LevelStore } from './level-store.ts'
import { hold, release } from './open-locations.ts'
import type { DatabaseOptions, LevelDbOptions } from './options.ts'
import { databaseOptions } from './options.ts'
import { StoreFailures } from './store-failures.ts'
import { storePath } from './store-path.ts'
import { CHECKPOINT_KEY } from './stored-key.ts'

export type { LevelDbOptions } from './options.ts'

/**
 * A storage that keeps each store in a LevelDB database of its own, in a folder.
 *
 * What a write has acknowledged outlives a kill of the process, but not surely a power failure: LevelDB is not asked to
 * wait for the disk. A folder that Goka (for Go) has written is taken over at the first open; Goka cannot read it from
 * where it was afterwards, and would begin the table anew. Damage that LevelDB notices is reported as
 * `GOKA_STORAGE_CORRUPTED`; it does not check the checksums of blocks that it reads.
 *
 * @throws GokaError `GOKA_OPTION_INVALID`
 */
export function leveldb(options: LevelDbOptions): Storage {
  return new LevelStorage(databaseOptions(options), resolve(options.path))
}

class LevelStorage implements Storage {
  readonly name = 'leveldb'
  readonly capabilities = { persistent: true, snapshots: true } as const
  readonly #databaseOptions: DatabaseOptions
  readonly #root: string

  constructor(databaseOptions: DatabaseOptions, root: string) {
    this.#databaseOptions = databaseOptions
    this.#root = root
  }

  async open(name: StoreName, context: StorageContext): Promise<Store> {
    const path = storePath(this.#root, name)
    const failures = new StoreFailures(name, path)
    let location: string
    try {
      await mkdir(path, { recursive: true })
      location = await realpath(path)
    } catch (error) {
      throw failures.of('opened', error)
    }
    if (!hold(location)) throw failures.locked()
    try {
      const db = await this.#openDatabase(location, failures)
      const checkpoint = await prepare(db, context, failures)
      return new LevelStore(db, checkpoint, failures, () => {
        release(location)
      })
    } catch (error) {
      release(location)
      throw error
    }
  }

  async drop(name: StoreName): Promise<void> {
    const path = storePath(this.#root, name)
    const failures = new StoreFailures(name, path)
    let location: string
    try {
      location = await realpath(path)
    } catch (error) {
      if ((error as { code?: unknown }).code === 'ENOENT') return
      throw failures.of('dropped', error)
    }
    if (!hold(location)) throw failures.locked()
    try {
      await ClassicLevel.destroy(location)
    } catch (error) {
      throw failures.of('dropped', error)
    } finally {
      release(location)
    }
  }

  async #openDatabase(location: string, failures: StoreFailures): Promise<Database> {
    const encodings = { keyEncoding: 'utf8', valueEncoding: 'view' }
    const db: Database = new ClassicLevel(location, { ...this.#databaseOptions, ...encodings })
    try {
      await db.open()
      return db
    } catch (error) {
      throw failures.of('opened', error)
    }
  }
}

/** Reads the checkpoint record, or makes it where there is none; closes the database if it cannot. */
async function prepare(
  db: Database,
  { log }: StorageContext,
  failures: StoreFailures,
): Promise<Checkpoint | undefined> {
  try {
    const record = db.getSync(CHECKPOINT_KEY)
    return record === undefined ? await adopt(db, log) : parse(record, failures)
  } catch (error) {
    await db.close()
    throw failures.of('opened', error)
  }
}

function parse(record: Uint8Array, failures: StoreFailures): Checkpoint | undefined {
  try {
    return readCheckpoint(record)
  } catch (error) {
    throw failures.corrupted(error)
  }
}
