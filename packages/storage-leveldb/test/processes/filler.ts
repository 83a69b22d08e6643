// Writes numbered batches until one fails, as on a full disk; says its number, and how the writes after it end.
import type { Store } from '@goka/interface'
import { isGokaError } from '@goka/interface'
import { leveldb } from '@goka/storage-leveldb'
import { CONTEXT, NAME, numberedBatch } from '../store-case.ts'

async function outcome(store: Store, number: number): Promise<string> {
  try {
    await store.write(numberedBatch(number))
    return 'written'
  } catch (error) {
    return isGokaError(error) ? error.code : 'another error'
  }
}

const [path = ''] = process.argv.slice(2)
const store = await leveldb({ path }).open(NAME, CONTEXT)
let number = 1
let failure = await outcome(store, number)
while (failure === 'written') failure = await outcome(store, ++number)
console.log(`${number} ${failure} ${store.checkpoint?.position}`)
console.log(await outcome(store, number + 1))
const [value] = await store.getMany(['key-0'])
console.log(
  Buffer.from(value ?? [])
    .toString('latin1')
    .slice(0, 8),
)
await store.close()
