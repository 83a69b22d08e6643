import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Goka } from '@goka/core'
import { isGokaError } from '@goka/interface'
import { sharedBroker } from '@goka/kafka-broker'
import { rdkafka } from '@goka/kafka-rdkafka'
import { describe, expect, it } from '@jest/globals'
import { Program } from '../src/program.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const examples = join(root, 'apps', 'examples')

describe('the program of the README', () => {
  const program = readFileSync(join(examples, 'src', 'readme.ts'), 'utf8')

  it('is the one that is compiled', () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8')
    expect(readme).toContain(`\`\`\`ts\n${program}\`\`\`\n`)
  })

  it('counts, and ends at ctrl-c', async () => {
    const brokers = sharedBroker()
    await createStream(brokers)
    const path = mkdtempSync(join(tmpdir(), 'goka-readme-'))
    // Among the examples, where the packages are found.
    mkdirSync(join(examples, '.cache'), { recursive: true })
    const file = join(mkdtempSync(join(examples, '.cache', 'readme-')), 'readme.ts')
    expect(program).toContain("'localhost:9092'")
    writeFileSync(file, program.replace("'localhost:9092'", `...'${brokers}'.split(',')`))
    try {
      await using running = new Program(file, [], path)
      await running.read((line) => (/^some-key \d+n some-value$/.test(line) ? true : undefined))
      running.kill('SIGINT')
      expect(await running.end()).toEqual({ code: 0, signal: null })
      expect(running.errors).toEqual([])
    } finally {
      rmSync(path, { recursive: true })
      rmSync(join(file, '..'), { recursive: true })
    }
  })
})

async function createStream(brokers: string): Promise<void> {
  const goka = new Goka({ transport: rdkafka({ brokers: brokers.split(',') }) })
  const admin = await goka.admin()
  try {
    await admin.createTopic({ topic: 'example-stream', partitions: 4 })
  } catch (error) {
    if (!isGokaError(error, 'GOKA_TOPIC_EXISTS')) throw error
  } finally {
    await admin.close()
  }
}
