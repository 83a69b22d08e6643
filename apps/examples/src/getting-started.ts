import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Emitter, Goka, type Processor } from '@goka/core'
import { isGokaError } from '@goka/interface'
import { embedded } from '@goka/kafka-embedded'
import { leveldb } from '@goka/storage-leveldb'
import { pino } from 'pino'
import pretty from 'pino-pretty'
import { commandLine } from './command-line.ts'
import { counter, examples } from './counter.ts'
import { stopSignal } from './stop-signal.ts'

const { brokers, path, exit } = commandLine(process.argv.slice(2))
const log = pino(pretty({ sync: true, singleLine: true, ignore: 'pid,hostname,group' }))
const signal = stopSignal()

async function main(): Promise<void> {
  const local = brokers === undefined ? embedded({ path: join(path, 'kafka') }) : undefined
  const transport =
    local ?? (await import('@goka/kafka-rdkafka')).rdkafka({ brokers: brokers ?? [] })
  const storage = leveldb({ path: join(path, 'state') })
  const goka = new Goka({ transport, storage, log, connectTimeoutMs: 5_000 })
  try {
    await Promise.race([createStream(goka), once(signal, 'abort')])
    if (!signal.aborted) await emitAndCount(goka)
    if (exit && !signal.aborted) await printTable(goka)
  } finally {
    await local?.broker.close()
  }
}

/** A stream is made by whoever owns it; the table is made by the processor. */
async function createStream(goka: Goka): Promise<void> {
  const admin = await goka.admin()
  try {
    await admin.createTopic({ topic: examples.topic, partitions: 4 })
  } catch (error) {
    if (!isGokaError(error, 'GOKA_TOPIC_EXISTS')) throw error
  } finally {
    await admin.close()
  }
}

/** Ends when the program is told to stop or, with `--exit`, when what was emitted has been counted. */
async function emitAndCount(goka: Goka): Promise<void> {
  await using emitter = goka.emitter(examples)
  await using processor = goka.processor(counter)
  const running = processor.run({ signal })
  if (exit) {
    await Promise.race([running, emitSome(emitter, processor)])
    await processor.stop()
  } else {
    const timer = setInterval(() => {
      emitter.emit('some-key', 'some-value').catch((error: unknown) => log.error({ err: error }))
    }, 1000)
    await running.finally(() => clearInterval(timer))
  }
}

async function emitSome(emitter: Emitter<string>, processor: Processor<bigint>): Promise<void> {
  for (let sent = 1; sent < 5; sent++) await emitter.emit('some-key', 'some-value')
  const last = await emitter.emit('some-key', 'some-value')
  const isCounted = (): boolean => {
    const { partitions } = processor.report()
    const position = partitions.find((each) => each.partition === last.partition)?.inputs[0]
      ?.position
    return position !== undefined && position > last.offset
  }
  while (!isCounted() && processor.state.current !== 'stopped') await delay(20)
}

async function printTable(goka: Goka): Promise<void> {
  await using view = goka.view(counter.table)
  await Promise.race([view.run({ signal }), view.state.until('running')])
  for await (const [key, count] of view.entries()) console.log(`${key}: ${count}`)
}

try {
  await main()
} catch (error) {
  if (!isGokaError(error)) throw error
  console.error(`${error.code}: ${error.message}`)
  process.exitCode = 1
}
