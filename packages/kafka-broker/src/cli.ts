import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { isGokaError } from '@goka/interface'
import { startBroker } from './broker.ts'
import { defaultCachePath, kafkaVersion } from './distribution.ts'

const usage = `pnpm kafka [--port 9092] [--data <folder>]

Runs Apache Kafka on 127.0.0.1 until ctrl-c. Data stays in the folder, by default .cache/kafka/data.
`

/** Runs a broker until it is told to stop; resolves to the exit code. */
export async function main(args: string[]): Promise<number> {
  try {
    return await serve(args)
  } catch (error) {
    if (!isGokaError(error) && !isUsageError(error)) throw error
    process.stderr.write(`${error.message}\n`)
    return 1
  }
}

async function serve(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
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
  const version = await kafkaVersion()
  process.stdout.write(`starting Apache Kafka ${version}; the first start fetches about 45 MB\n`)
  const broker = await startBroker({ port: Number(values.port), dataPath: values.data })
  process.stdout.write(`${broker.brokers} (process ${broker.pid}, data in ${values.data})\n`)

  const stopping = new AbortController()
  const stop = (): void => {
    stopping.abort()
    void broker.stop()
  }
  // Once: a second ctrl-c ends this program at once, and the broker with it.
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  process.once('SIGHUP', stop)
  const { code, signal } = await broker.exited
  if (stopping.signal.aborted) return 0
  process.stderr.write(`Apache Kafka ended by itself with ${code ?? signal}\n`)
  return 1
}

function isUsageError(error: unknown): error is Error {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS_')
}
