import { join } from 'node:path'
import { parseArgs } from 'node:util'

const usage = `usage: npm start -- [--brokers host:port[,host:port]] [--path folder] [--exit]

  --brokers   use this Kafka; without it, a broker inside the program
  --path      where to keep what must outlast the program; default .goka
  --exit      emit some messages, print the table and end; without it, go on until ctrl-c
`

export interface CommandLine {
  /** `host:port` of some brokers; `undefined` for the one inside the program. */
  readonly brokers: readonly string[] | undefined
  /** The folder for what must outlast the program. */
  readonly path: string
  readonly exit: boolean
}

/** Reads the command line; one that cannot be read, or asks for help, ends the program. */
export function commandLine(args: readonly string[]): CommandLine {
  const { brokers, path, exit, help } = parse(args)
  if (help) {
    process.stdout.write(usage)
    process.exit(0)
  }
  return {
    brokers: brokers?.split(','),
    // A copy of a table must not be taken for that of another Kafka.
    path: join(path, brokers?.replace(/[^\w.-]+/g, '_') ?? 'embedded'),
    exit,
  }
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        brokers: { type: 'string' },
        path: { type: 'string', default: '.goka' },
        exit: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    return values
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string }
    if (!String(code).startsWith('ERR_PARSE_ARGS_')) throw error
    process.stderr.write(`${message}\n\n${usage}`)
    process.exit(2)
  }
}
