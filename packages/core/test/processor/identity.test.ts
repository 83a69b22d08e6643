import { GokaError, type Storage, type StoreName } from '@goka/interface'
import { memory } from '@goka/storage-memory'
import { describe, expect, it } from '@jest/globals'
import { Identity } from '../../src/processor/identity.ts'
import { LogRecorder } from '../log-recorder.ts'
import { FakeStore } from '../table/fake-store.ts'
import { rejection } from '../waiting.ts'

/** A storage that outlives the instances, as a folder does. */
class Folder implements Storage {
  readonly name = 'folder'
  /** Stores that cannot be opened. */
  readonly damaged = new Set<string>()
  readonly capabilities = { persistent: true, snapshots: true }
  readonly stores = new Map<string, FakeStore>()
  readonly open = async ({ scope, topic, partition }: StoreName): Promise<FakeStore> => {
    const id = `${scope} ${topic} ${partition}`
    const known = this.stores.get(id)
    const details = { storage: 'folder', topic, partition, path: '' }
    if (known?.closed === 0) throw new GokaError('GOKA_STORAGE_LOCKED', 'open elsewhere', details)
    if (this.damaged.has(id))
      throw new GokaError('GOKA_STORAGE_CORRUPTED', 'a block is damaged', details)
    const store = known ?? new FakeStore()
    store.closed = 0
    this.stores.set(id, store)
    return store
  }

  async drop({ scope, topic, partition }: StoreName): Promise<void> {
    const id = `${scope} ${topic} ${partition}`
    if (!this.damaged.delete(id)) throw new Error('nothing is to be dropped')
    this.stores.delete(id)
  }
}

const claim = (storage: Storage | undefined, group = 'group') =>
  Identity.claim(storage, `processor/${group}`, group, new LogRecorder())

describe('the identity of an instance', () => {
  it("begins with the group and is nobody else's", async () => {
    const [one, two] = [await claim(undefined), await claim(undefined)]
    expect(one.transactionalId).toMatch(/^group-.{20,}/)
    expect(two.transactionalId).not.toBe(one.transactionalId)
  })

  it('is the same when the instance comes back to its storage', async () => {
    const folder = new Folder()
    const first = await claim(folder)
    await first.release()
    expect((await claim(folder)).transactionalId).toBe(first.transactionalId)
  })

  it('is another one when its store is damaged, and is kept then', async () => {
    const folder = new Folder()
    const first = await claim(folder)
    await first.release()
    for (const id of folder.stores.keys()) folder.damaged.add(id)
    const second = await claim(folder)
    expect(second.transactionalId).not.toBe(first.transactionalId)
    await second.release()
    expect((await claim(folder)).transactionalId).toBe(second.transactionalId)
  })

  it('is another one for a second instance on the same storage, also when both come back', async () => {
    const folder = new Folder()
    const [one, two] = [await claim(folder), await claim(folder)]
    expect(two.transactionalId).not.toBe(one.transactionalId)
    await one.release()
    await two.release()
    const back = [(await claim(folder)).transactionalId, (await claim(folder)).transactionalId]
    expect(back).toEqual([one.transactionalId, two.transactionalId])
  })

  it('is not kept where nothing is kept', async () => {
    const storage = memory()
    const first = await claim(storage)
    await first.release()
    expect((await claim(storage)).transactionalId).not.toBe(first.transactionalId)
  })

  it('is another one for another group', async () => {
    const folder = new Folder()
    expect((await claim(folder, 'other')).transactionalId).toMatch(/^other-/)
    expect((await claim(folder, 'group')).transactionalId).toMatch(/^group-/)
  })

  it('that was chosen is used as it is', async () => {
    const chosen = Identity.of('group-7')
    expect(chosen.transactionalId).toBe('group-7')
    await chosen.release()
  })

  it('cannot be had when the storage fails', async () => {
    const folder = new Folder()
    const fault = new Error('no disk')
    Object.assign(folder, { open: () => Promise.reject(fault) })
    expect(await rejection(claim(folder))).toBe(fault)
  })
})
