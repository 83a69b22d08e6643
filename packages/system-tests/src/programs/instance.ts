import { createInterface } from 'node:readline'
import { Goka, type GokaOptions } from '@goka/core'
import { isGokaError, type Logger, type Storage } from '@goka/interface'
import { rdkafka } from '@goka/kafka-rdkafka'
import { leveldb } from '@goka/storage-leveldb'

/** What every program of the tests is told. */
export interface InstanceOptions {
  readonly brokers: string
  /** The folder of its stores. */
  readonly path: string
  readonly connectTimeoutMs?: number
}

/** What a program of the tests prints, one a line. */
export type Message =
  | { readonly kind: 'log'; readonly level: string; readonly facts: object; readonly text: string }
  | { readonly kind: 'state'; readonly state: string }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }

/** The Goka of a program that was told `options`. */
export function instance(options: InstanceOptions): Goka {
  return new Goka(gokaOptions(options))
}

/** What that Goka is made of. */
export function gokaOptions({ brokers, path, connectTimeoutMs }: InstanceOptions): GokaOptions & {
  readonly storage: Storage
} {
  return {
    transport: rdkafka({
      brokers: brokers.split(','),
      // So that the partitions of a killed member are given away soon.
      sessionTimeoutMs: 2_000,
    }),
    storage: leveldb({ path }),
    log: printer({}),
    ...(connectTimeoutMs !== undefined && { connectTimeoutMs }),
  }
}

/** What the program was told: its first argument, as JSON. */
export function told(): unknown {
  return JSON.parse(process.argv[2] as string)
}

/** Aborted by ctrl-c and SIGTERM. */
export function stopSignal(): AbortSignal {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  return stop.signal
}

/** Answers questions from standard input without keeping the process alive for them. */
export function answer(questions: Readonly<Record<string, (about: never) => unknown>>): void {
  createInterface({ input: process.stdin }).on('line', (line) => {
    void reply(questions, JSON.parse(line) as Question)
  })
  ;(process.stdin as Partial<{ unref(): void }>).unref?.()
}

async function reply(
  questions: Readonly<Record<string, (about: never) => unknown>>,
  { id, question, about }: Question,
): Promise<void> {
  try {
    print({ kind: 'answer', id, answer: await questions[question]?.(about as never) })
  } catch (error) {
    print({
      kind: 'answer',
      id,
      answer: { error: isGokaError(error) ? error.code : String(error) },
    })
  }
}

/** A question to a program. */
interface Question {
  readonly id: number
  readonly question: string
  readonly about: unknown
}

/** Prints a line. */
export function print(message: Message): void {
  process.stdout.write(`${JSON.stringify(message, plain)}\n`)
}

function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}`
  if (isGokaError(value))
    return { code: value.code, message: value.message, details: value.details }
  return value
}

function printer(bindings: object): Logger {
  const method =
    (level: string) =>
    (facts: object | string, text = ''): void => {
      const [own, sentence] = typeof facts === 'string' ? [{}, facts] : [facts, text]
      print({ kind: 'log', level, facts: { ...bindings, ...own }, text: sentence })
    }
  return {
    debug: () => {},
    info: method('info'),
    warn: method('warn'),
    error: method('error'),
    child: (more) => printer({ ...bindings, ...more }),
  }
}

/** Ends as the getting-started program does: with status 1 and the code of the error. */
export async function main(run: () => Promise<void>): Promise<void> {
  try {
    await run()
  } catch (error) {
    if (!isGokaError(error)) throw error
    process.stderr.write(`${error.code}: ${error.message}\n`)
    process.exitCode = 1
  }
}
