import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sharedBroker, startBroker } from '@goka/kafka-broker'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Program } from '../src/program.ts'

const file = fileURLToPath(
  new URL('../../../apps/examples/src/getting-started.ts', import.meta.url),
)

/** How long an end in order may take on a busy machine. */
const PROMPT_MS = 5_000

describe('the getting-started program', () => {
  let path: string
  let programs: Program[]
  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), 'goka-getting-started-'))
    programs = []
  })
  afterEach(async () => {
    for (const program of programs) await program[Symbol.asyncDispose]()
    rmSync(path, { recursive: true, force: true })
  })

  const start = (...args: readonly string[]): Program => {
    const program = new Program(file, ['--path', path, ...args])
    programs.push(program)
    return program
  }
  const ended = async (program: Program): Promise<number | null> => {
    const { code } = await program.end()
    return code
  }
  /** The count that the table has at the end of a run with `--exit`. */
  const counted = async (...args: readonly string[]): Promise<number> => {
    const program = start('--exit', ...args)
    expect(await ended(program)).toBe(0)
    return tableOf(program)
  }

  describe('on the embedded broker', () => {
    it('emits, counts, prints its table and ends, and goes on with the count at the next start', async () => {
      expect(await counted()).toBe(5)
      expect(await counted()).toBe(10)
    })

    it('logs key, count and message of each record, one a line', async () => {
      const program = start('--exit')
      await program.end()
      const records = program.lines.filter((line) => line.includes('"count"'))
      expect(records).toHaveLength(5)
      expect(records[4]).toContain('"key":"some-key","count":5,"message":"some-value"')
    })

    it('goes on until ctrl-c, ends well, and goes on with the count at the next start', async () => {
      const first = start()
      const last = await first.read(countOf)
      first.kill('SIGINT')
      expect(await ended(first)).toBe(0)
      const final = Math.max(...first.lines.map((line) => countOf(line) ?? 0))
      expect(final).toBeGreaterThanOrEqual(last)
      const second = start()
      expect(await second.read(countOf)).toBe(final + 1)
      second.kill('SIGTERM')
      expect(await ended(second)).toBe(0)
    })

    it('goes on with the count after a kill', async () => {
      const first = start()
      await first.read((line) => (countOf(line) === 2 ? true : undefined))
      first.kill('SIGKILL')
      await first.end()
      const killedAt = Math.max(...first.lines.map((line) => countOf(line) ?? 0))
      const count = await counted()
      // One may have been emitted and not read, and one counted twice: the commit that was cut short is at-least-once.
      expect(count).toBeGreaterThanOrEqual(killedAt + 5)
      expect(count).toBeLessThanOrEqual(killedAt + 7)
    })

    it('takes a ctrl-c that npm passes on for the same one', async () => {
      const program = start()
      await program.read(countOf)
      for (let signal = 0; signal < 3; signal++) program.kill('SIGINT')
      expect(await ended(program)).toBe(0)
    })

    it('refuses a folder that another one uses, and names it', async () => {
      const first = start()
      await first.read(countOf)
      const second = start()
      expect(await ended(second)).toBe(1)
      expect(second.errors).toHaveLength(1)
      expect(second.errors[0]).toMatch(/^GOKA_TRANSPORT_FAILED: .* is used by another /)
      expect(second.errors[0]).toContain(path)
      first.kill('SIGINT')
      expect(await ended(first)).toBe(0)
    })

    it('refuses a folder that cannot be made, and names it', async () => {
      writeFileSync(join(path, 'a-file'), '')
      const program = start('--path', join(path, 'a-file', 'state'), '--exit')
      expect(await ended(program)).toBe(1)
      expect(program.errors).toHaveLength(1)
      expect(program.errors[0]).toMatch(/^GOKA_\w+: /)
      expect(program.errors[0]).toContain(join(path, 'a-file', 'state'))
    })
  })

  describe('on Kafka', () => {
    it('makes its stream, counts, and goes on with the count at the next start', async () => {
      const first = await counted('--brokers', sharedBroker())
      expect(first).toBeGreaterThanOrEqual(5)
      expect(await counted('--brokers', sharedBroker())).toBe(first + 5)
    })

    it('goes on until ctrl-c and ends well', async () => {
      const program = start('--brokers', sharedBroker())
      await program.read(countOf)
      program.kill('SIGINT')
      const { code } = await program.end(PROMPT_MS)
      expect(code).toBe(0)
    })

    it('says which broker did not answer', async () => {
      const program = start('--brokers', '127.0.0.1:1', '--exit')
      expect(await ended(program)).toBe(1)
      expect(program.errors).toHaveLength(1)
      expect(program.errors[0]).toMatch(/^GOKA_TRANSPORT_UNREACHABLE: .*127\.0\.0\.1:1 .*check/)
    })

    it('ends at ctrl-c while it waits for the broker', async () => {
      const program = start('--brokers', '127.0.0.1:1')
      await program.read((line) => (line.includes('refused') ? true : undefined))
      program.kill('SIGINT')
      // The client that waits for its first answer does so to the end of its time, five seconds.
      const { code } = await program.end(2 * PROMPT_MS)
      expect(code).toBe(0)
    })

    it('ends at once at the second ctrl-c while it cannot end in order', async () => {
      const broker = await startBroker()
      try {
        const program = start('--brokers', broker.brokers)
        await program.read(countOf)
        broker.kill('SIGSTOP')
        program.kill('SIGINT')
        // Later than npm would pass the first one on.
        const again = setInterval(() => program.kill('SIGINT'), 1_000)
        const exit = await program.end(PROMPT_MS).finally(() => clearInterval(again))
        expect(exit).toEqual({ code: null, signal: 'SIGINT' })
      } finally {
        await broker.stop()
      }
    })
  })

  describe('on the command line', () => {
    it.each([['--exits'], ['--brokers'], ['some-word']])(
      'refuses %s and shows what there is',
      async (arg) => {
        const program = start(arg)
        expect(await ended(program)).toBe(2)
        expect(program.errors.join('\n')).toContain(arg)
        expect(program.errors.join('\n')).toContain('usage: npm start')
        expect(program.lines).toEqual([])
      },
    )

    it('refuses brokers without a port', async () => {
      const program = start('--brokers', 'localhost')
      expect(await ended(program)).toBe(1)
      expect(program.errors.join('\n')).toMatch(
        /^GOKA_OPTION_INVALID: .*brokers.*host:port.*localhost/,
      )
    })

    it('explains itself', async () => {
      const program = start('--help')
      expect(await ended(program)).toBe(0)
      expect(program.lines[0]).toContain('usage: npm start')
    })
  })
})

/** The count in the line of a record. */
function countOf(line: string): number | undefined {
  const count = /"count":(\d+)/.exec(line)?.[1]
  return count === undefined ? undefined : Number(count)
}

/** The count in the table that was printed last. */
function tableOf({ lines }: Program): number {
  const count = /^some-key: (\d+)$/.exec(lines.at(-1) ?? '')?.[1]
  return Number(count)
}
