import { type Checkpoint, GokaError, type Storage, type StoreName } from '@goka/interface'
import { describe, expect, it } from '@jest/globals'
import { type Changelog, openStore, staleness } from '../../src/table/open-store.ts'
import { LogRecorder } from '../log-recorder.ts'
import { ManualClock } from '../manual-clock.ts'
import { inTime, rejection, settle } from '../waiting.ts'
import { FakeStore } from './fake-store.ts'

const DAY_MS = 86_400_000
const name: StoreName = { scope: 'view', topic: 'table', partition: 1 }
const changelog: Changelog = {
  earliest: 10,
  latest: 50,
  topicId: 'id-1',
  tombstoneRetentionMs: DAY_MS,
}
const fresh: Checkpoint = { position: 30, inputs: {}, timeMs: 1_000, topicId: 'id-1' }

const stale: readonly (readonly [string, Checkpoint, Changelog])[] = [
  ['the topic was made anew', { ...fresh, topicId: 'id-0' }, changelog],
  ['the store is ahead of the topic', { ...fresh, position: 51 }, changelog],
  ['records before the start are gone', { ...fresh, position: 9 }, changelog],
  ['deletions may have been missed', { ...fresh, timeMs: 1 }, changelog],
]

describe('a store', () => {
  const nowMs = 1_000 + DAY_MS

  it.each(stale)('is stale when %s', (_why, checkpoint, log) => {
    expect(staleness(checkpoint, log, nowMs)).toEqual(expect.any(String))
  })

  it('gives a reason of its own for each', () => {
    const reasons = stale.map(([, checkpoint, log]) => staleness(checkpoint, log, nowMs))
    expect(new Set(reasons).size).toBe(stale.length)
  })

  it.each<[string, Checkpoint, Partial<Changelog>]>([
    ['it is between start and end', fresh, {}],
    ['it is at the start', { ...fresh, position: 10 }, {}],
    ['it is at the end, however old', { ...fresh, position: 50, timeMs: 1 }, {}],
    ['nobody knows how old it is', { ...fresh, timeMs: 0 }, {}],
    ['nobody knows which topic it was', { ...fresh, topicId: undefined }, {}],
    ['nobody knows which topic it is', { ...fresh, topicId: 'id-0' }, { topicId: undefined }],
    ['it is as old as tombstones are kept', fresh, {}],
    ['the topic is empty, and so is it', { ...fresh, position: 0 }, { earliest: 0, latest: 0 }],
  ])('is not stale when %s', (_why, checkpoint, change) => {
    expect(staleness(checkpoint, { ...changelog, ...change }, nowMs)).toBeUndefined()
  })
})

class FakeStorage implements Storage {
  readonly name = 'fake'
  readonly capabilities = { persistent: true, snapshots: true }
  readonly calls: string[] = []
  locked = 0
  store: FakeStore

  constructor(store: FakeStore) {
    this.store = store
  }

  async open() {
    this.calls.push('open')
    if (this.locked-- > 0) throw lockedError()
    return this.store
  }

  async drop() {
    this.calls.push(`drop after ${this.store.closed} closes`)
    this.store = new FakeStore()
  }
}

function lockedError(): GokaError {
  const details = { storage: 'fake', topic: 'table', partition: 1, path: '' }
  return new GokaError('GOKA_STORAGE_LOCKED', 'the store is locked', details)
}

function open(
  storage: Storage,
  clock = new ManualClock(1_000 + DAY_MS),
  signal = new AbortController().signal,
) {
  const log = new LogRecorder()
  return { log, clock, opened: openStore(storage, name, changelog, clock, log, signal) }
}

describe('opening a store', () => {
  it('reads on where it is', async () => {
    const storage = new FakeStorage(new FakeStore(fresh))
    const { opened, log } = open(storage)
    expect(await opened).toEqual({ store: storage.store, position: 30 })
    expect(storage.calls).toEqual(['open'])
    expect(log.lines).toEqual([])
  })

  it('that is new begins at the start of the topic', async () => {
    const storage = new FakeStorage(new FakeStore())
    expect((await open(storage).opened).position).toBe(10)
  })

  it.each(stale)('drops it and begins anew when %s, and says so', async (_why, checkpoint) => {
    const storage = new FakeStorage(new FakeStore(checkpoint))
    const { opened, log } = open(storage)
    expect(await opened).toEqual({ store: storage.store, position: 10 })
    expect(storage.calls).toEqual(['open', 'drop after 1 closes', 'open'])
    expect(log.find('warn', 'dropped')[0]?.facts).toMatchObject({
      topic: 'table',
      partition: 1,
      reason: staleness(checkpoint, changelog, 1_000 + DAY_MS),
    })
  })

  it('drops one that has values and does not know from where', async () => {
    const store = new FakeStore()
    store.values.set('a', Buffer.from('1'))
    const storage = new FakeStorage(store)
    const { opened, log } = open(storage)
    expect((await opened).position).toBe(10)
    expect(storage.calls).toContain('open')
    expect(storage.calls).toHaveLength(3)
    expect(log.find('warn', 'dropped')).toHaveLength(1)
  })

  it('waits for the one who has it open still, and says so after a while', async () => {
    const storage = new FakeStorage(new FakeStore(fresh))
    storage.locked = 8
    const { opened, clock, log } = open(storage, new ManualClock(1_000))
    for (let wait = 0; wait < 8; wait++) {
      await settle()
      clock.advance(500)
    }
    expect((await inTime(opened, 'the store')).position).toBe(30)
    expect(storage.calls).toHaveLength(9)
    expect(log.find('warn', 'open elsewhere')).toHaveLength(1)
  })

  it('gives up after half a minute', async () => {
    const storage = new FakeStorage(new FakeStore(fresh))
    storage.locked = Number.POSITIVE_INFINITY
    const { opened, clock } = open(storage)
    const error = rejection(opened)
    for (let wait = 0; wait < 70; wait++) {
      await settle()
      clock.advance(500)
    }
    expect(await error).toMatchObject({ code: 'GOKA_STORAGE_LOCKED' })
  })

  it('waits no longer than it is wanted', async () => {
    const storage = new FakeStorage(new FakeStore(fresh))
    storage.locked = Number.POSITIVE_INFINITY
    const abort = new AbortController()
    const { opened } = open(storage, undefined, abort.signal)
    const error = rejection(opened)
    await settle()
    abort.abort()
    expect(await error).toMatchObject({ code: 'GOKA_STORAGE_LOCKED' })
  })

  it('tells any other fault at once', async () => {
    const storage = new FakeStorage(new FakeStore(fresh))
    const fault = new Error('no disk')
    storage.open = () => Promise.reject(fault)
    expect(await rejection(open(storage).opened)).toBe(fault)
  })
})
