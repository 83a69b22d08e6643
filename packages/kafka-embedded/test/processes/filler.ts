// Sends records until the folder takes no more, and says how many were acknowledged and what its clients are told.
import { isGokaError } from '@goka/interface'
import { Cluster } from '../cluster.ts'
import { batchOf } from '../records.ts'

const [path = ''] = process.argv.slice(2)
const cluster = await Cluster.with('t', 1, { path })
const producer = await cluster.producer()
const reader = await cluster.reader([{ topic: 't', partition: 0, offset: 1_000_000 - 1 }])
const codeOf = (error: unknown): string =>
  isGokaError(error, 'GOKA_TRANSPORT_FAILED')
    ? `${error.code} ${error.details.reason}`
    : isGokaError(error)
      ? error.code
      : String(error)
await reader.remove([{ topic: 't', partition: 0 }])
const polled = reader.poll(60_000).then((batches) => `${batches.length} batches`, codeOf)
for (let acknowledged = 0; ; acknowledged++) {
  try {
    await producer.send(batchOf('t', [[0, 'k', 'v'.repeat(10_000)]]))
  } catch (error) {
    process.stdout.write(`${acknowledged}\nsend: ${codeOf(error)}\n`)
    break
  }
}
process.stdout.write(`poll: ${await polled}\n`)
await cluster.producer().catch((error: unknown) => {
  process.stdout.write(`client: ${codeOf(error)}\n`)
})
process.exit()
