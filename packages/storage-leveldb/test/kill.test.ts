import { leveldb } from '@goka/storage-leveldb'
import { describe, expect, it } from '@jest/globals'
import { Child } from './child.ts'
import { CONTEXT, entriesOf, inFolder, NAME, NUMBERED_KEYS } from './store-case.ts'

const KILLS = 20

describe('a store whose process is killed', () => {
  it('has every write that was acknowledged, and each write whole, however often it happens', () =>
    inFolder(async (path) => {
      let last = 0
      for (let round = 0; round < KILLS; round++) {
        await using writer = new Child('writer', [path])
        let acknowledged = Number(await writer.line())
        expect(acknowledged).toBe(last + 1)
        // A different moment each time, and always in the middle of the writes.
        for (let more = 0; more < round * 3; more++) acknowledged = Number(await writer.line())
        await writer.kill()
        for (let line = await writer.line(); line !== ''; line = await writer.line()) {
          acknowledged = Number(line)
        }

        const store = await leveldb({ path }).open(NAME, CONTEXT)
        last = store.checkpoint?.position ?? 0
        // The write that was under way is there whole or not at all.
        expect([acknowledged, acknowledged + 1]).toContain(last)
        expect(store.checkpoint?.inputs).toEqual({ input: last })
        const value = String(last).padStart(8, '0').repeat(128)
        expect(await entriesOf(store)).toEqual(
          Object.fromEntries(NUMBERED_KEYS.map((key) => [key, value])),
        )
        await store.close()
      }
    }))
})
