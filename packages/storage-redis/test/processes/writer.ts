// Writes batches of which every value tells the number, as the checkpoint does, until it is killed. Says each number when
// its write has resolved.
import { redis } from '@goka/storage-redis'
import { CONTEXT, NAME, numberedBatch } from '../store-case.ts'

const [url = '', lockTimeoutMs = ''] = process.argv.slice(2)
const store = await redis({ url, lockTimeoutMs: Number(lockTimeoutMs) }).open(NAME, CONTEXT)
for (let number = (store.checkpoint?.position ?? 0) + 1; ; number++) {
  await store.write(numberedBatch(number))
  process.stdout.write(`${number}\n`)
}
