import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isGokaError, type Logger } from '@goka/interface'
import { storageError } from './failures.ts'
import { FolderLock } from './folder-lock.ts'
import type { Journal, JournalEntry } from './journal.ts'
import { encodeEntry, FORMAT, readEntries } from './journal-entry.ts'
import { JournalReplay, type ReplayTarget } from './journal-replay.ts'
import type { Appender } from './partition-log.ts'
import { ROW_BYTES, type Segment } from './segment.ts'

/** A journal is written anew when it is larger than twice what it has to keep, and this. */
const SLACK_BYTES = 1_048_576

/** What a journal keeps. */
export interface JournalSubject extends ReplayTarget {
  /** Drops what need not be kept any longer; aborted records among it. */
  clean(): void
}

/**
 * Keeps a broker in a folder: one file to which every event is appended in order, so that whatever moment a process ends
 * at, the file tells of a state that the broker was in. Writes are gathered while one is under way.
 */
export class FolderJournal implements Journal {
  readonly #path: string
  readonly #failed: (error: unknown) => void
  #lock: FolderLock | undefined
  #handle: FileHandle | undefined
  #isOpen = false
  #number = 0
  #size = 0
  #pending: Uint8Array[] = []
  #waiting: (() => void)[] = []
  /** While a write is under way: who waits for it. */
  #writing: (() => void)[] | undefined
  #written: Promise<void> = Promise.resolve()

  /** @param failed - called when the folder cannot be written any more */
  constructor(path: string, failed: (error: unknown) => void) {
    this.#path = path
    this.#failed = failed
  }

  /**
   * Takes the folder and brings the broker to where it was.
   * @throws GokaError `GOKA_TRANSPORT_FAILED`
   */
  async open(subject: JournalSubject, log: Logger | undefined): Promise<void> {
    try {
      await mkdir(this.#path, { recursive: true })
      this.#lock = await FolderLock.take(this.#path)
      this.#number = await this.#findNumber()
      this.#handle = await open(this.#file(this.#number), 'a+')
      const replay = await this.#replay(this.#handle, subject, log)
      this.#isOpen = true
      if (this.#size === 0) this.tell(FORMAT)
      replay.finish()
      await this.#tidy(subject)
    } catch (error) {
      await this.#free()
      throw isGokaError(error) ? error : storageError('open', this.#path, error)
    }
  }

  /** Writes what is left and frees the folder. */
  async close(subject: JournalSubject): Promise<void> {
    if (this.#handle === undefined) return
    try {
      await this.#written
      if (this.#isOpen) await this.#tidy(subject)
      await this.#written
    } finally {
      await this.#free()
    }
  }

  tell(entry: JournalEntry, data?: readonly Uint8Array[]): void {
    // During the replay the broker tells what the journal has told it.
    if (this.#handle === undefined || !this.#isOpen) return
    this.#pending.push(...encodeEntry(entry, data))
    if (this.#writing === undefined) this.#written = this.#write(this.#handle)
  }

  written(callback: () => void): void {
    if (this.#pending.length > 0) this.#waiting.push(callback)
    else if (this.#writing !== undefined) this.#writing.push(callback)
    else callback()
  }

  async #write(handle: FileHandle): Promise<void> {
    try {
      this.#writing = []
      // Everything that this turn of the event loop tells goes into one write.
      await Promise.resolve()
      while (this.#pending.length > 0) {
        const bytes = Buffer.concat(this.#pending)
        this.#pending = []
        this.#writing = this.#waiting
        this.#waiting = []
        await handle.appendFile(bytes)
        this.#size += bytes.length
        for (const callback of this.#writing) callback()
      }
      this.#writing = undefined
    } catch (error) {
      this.#isOpen = false
      this.#failed(error)
    }
  }

  async #replay(
    handle: FileHandle,
    subject: JournalSubject,
    log: Logger | undefined,
  ): Promise<JournalReplay> {
    const replay = new JournalReplay(subject)
    for await (const { entry, data, end } of readEntries(handle, this.#path)) {
      replay.take(entry, data)
      this.#size = end
    }
    const { size } = await handle.stat()
    if (this.#size < size) {
      const facts = { path: this.#path, bytes: size - this.#size }
      log?.warn(facts, 'the last write of the embedded broker was not finished and is dropped')
      await handle.truncate(this.#size)
    }
    return replay
  }

  /** Drops what need not be kept, and writes the rest to a new file if that saves much. */
  async #tidy(subject: JournalSubject): Promise<void> {
    subject.clean()
    await this.#written
    let needed = 0
    for (const { logs } of subject.topics.values()) {
      for (const { segments } of logs) for (const segment of segments) needed += sizeOf(segment)
    }
    if (this.#size <= 2 * needed + SLACK_BYTES) return
    const next = this.#file(this.#number + 1)
    const handle = await open(`${next}.new`, 'w+')
    let size = 0
    try {
      for (const pieces of snapshot(subject)) {
        const bytes = Buffer.concat(pieces)
        await handle.appendFile(bytes)
        size += bytes.length
      }
      await rename(`${next}.new`, next)
    } catch (error) {
      await handle.close()
      throw error
    }
    await this.#handle?.close()
    this.#handle = handle
    this.#size = size
    await rm(this.#file(this.#number++))
  }

  /** The number of the file that counts; files before it and unfinished ones are removed. */
  async #findNumber(): Promise<number> {
    const names = (await readdir(this.#path)).filter((name) => name.startsWith('journal-'))
    const numbers = names.map((name) => Number(name.slice('journal-'.length)))
    const last = Math.max(1, ...numbers.filter((number) => Number.isSafeInteger(number)))
    for (const [index, name] of names.entries()) {
      if (numbers[index] !== last) await rm(join(this.#path, name))
    }
    return last
  }

  async #free(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    this.#isOpen = false
    await handle?.close()
    await this.#lock?.release()
  }

  #file(number: number): string {
    return join(this.#path, `journal-${number}`)
  }
}

function sizeOf(segment: Segment): number {
  return segment.length * ROW_BYTES + segment.byteLength
}

/** A broker without open transactions, as the entries that lead to it. */
function* snapshot({ topics, groups }: JournalSubject): Generator<readonly Uint8Array[]> {
  yield encodeEntry(FORMAT)
  for (const { name: topic, id, logs, config } of topics.values()) {
    const partitions = logs.length
    yield encodeEntry({ kind: 'topic', topic, id, partitions, config: config.given })
    for (const log of logs) {
      for (const segment of log.segments) {
        yield encodeEntry(log.entryOf(segment, 0, NOBODY), segment.tail(0))
      }
      const { partition, start, end } = log
      yield encodeEntry({ kind: 'end', topic, partition, offset: end })
      yield encodeEntry({ kind: 'start', topic, partition, offset: start })
    }
  }
  for (const { name: group, offsets } of groups) {
    yield encodeEntry({ kind: 'offsets', group, offsets: offsets.all() })
  }
}

const NOBODY: Appender = { producerId: 0, transactional: false }
