import { parseArgs } from 'node:util'
import { join } from 'node:path'
import { isGokaError } from '@goka/interface'
import { startBroker } from './broker.ts'
import { defaultCachePath, kafkaVersion } from './distribution.ts'

const usage = `pnpm kafka [--port 9092] [--data <folder>]

Runs Apache Kafka on 127.0.0.1 until ctrl-c. Data is kept in the folder, by default .cache/kafka/data.
`

/** Runs a broker until it is told to stop; the exit code says whether it ended in order. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '9092' },
      data: { type: 'string', default: join(defaultCachePath, 'data') },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(usage)
    return 0
  }
  process.stdout.write(
    `starting Apache Kafka ${await kafkaVersion()}; the first start fetches about 45 MB\n`,
  )
  const broker = await startBroker({ port: Number(values.port), dataPath: values.data })
  process.stdout.write(`${broker.brokers} (process ${broker.pid}, data in ${values.data})\n`)

  let isStopping = false
  const stop = (): void => {
    isStopping = true
    void broker.stop()
  }
  // Once: a second ctrl-c ends this program at once, and the broker with it.
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  process.once('SIGHUP', stop)
  const { code, signal } = await broker.exited
  if (isStopping) return 0
  process.stderr.write(`Apache Kafka ended by itself with ${code ?? signal}\n`)
  return 1
}

try {
  process.exitCode = await main()
} catch (error) {
  const isExplained =
    isGokaError(error) || (error as { code?: unknown }).code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION'
  if (!isExplained) throw error
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}
