import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { integer } from '@goka/codecs/integer'
import { string } from '@goka/codecs/string'
import { Goka, stream, table, type View } from '@goka/core'
import { Fleet, type FleetReport } from '@goka/fleet'
import { sharedBroker } from '@goka/kafka-broker'
import { rdkafka } from '@goka/kafka-rdkafka'
import { leveldb } from '@goka/storage-leveldb'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { execArgv, keepingLogger, type Line, programPath } from './programs.ts'

const PARTITIONS = 4
const KEYS = 20

const brokers = sharedBroker()
const topic = `fleet-${randomUUID()}`
let path: string
let goka: Goka

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'goka-fleet-'))
  goka = new Goka({
    transport: rdkafka({ brokers: brokers.split(',') }),
    storage: leveldb({ path: join(path, 'view') }),
  })
  const admin = await goka.admin()
  await admin.createTopic({ topic, partitions: PARTITIONS })
  await admin.close()
})

afterEach(async () => {
  await rm(path, { recursive: true, force: true })
})

/** Emits so many messages of each key. */
async function emit(each: number): Promise<void> {
  const emitter = goka.emitter(stream(topic, string))
  const keys = Array.from({ length: each * KEYS }, (_, index) => `key-${index % KEYS}`)
  await Promise.all(keys.map((key) => emitter.emit(key, 'message')))
  await emitter.close()
}

/** Asks again until the answer is the wanted one. */
async function eventually<T>(ask: () => Promise<T>, isWanted: (answer: T) => boolean): Promise<T> {
  const deadline = Date.now() + 40_000
  for (;;) {
    const answer = await ask()
    if (isWanted(answer)) return answer
    if (Date.now() > deadline) throw new Error(`in vain: ${JSON.stringify(answer)}`)
    await delay(20)
  }
}

async function counts(view: View<number>): Promise<readonly (number | undefined)[]> {
  return await Promise.all(Array.from({ length: KEYS }, (_, index) => view.get(`key-${index}`)))
}

function holders(report: FleetReport): readonly (readonly number[])[] {
  return report.members.map(({ processor }) =>
    (processor?.partitions ?? [])
      .filter(({ state }) => state === 'running')
      .map(({ partition }) => partition),
  )
}

describe('a group in a fleet', () => {
  it('counts everything once while a member is killed, and gives it its partitions and stores back', async () => {
    const lines: Line[] = []
    await using fleet = new Fleet({
      program: programPath('counter'),
      processes: 2,
      args: [brokers, topic, path],
      execArgv,
      log: keepingLogger(lines),
    })
    const run = fleet.run()
    const ask = (): Promise<FleetReport> => fleet.report()
    const isShared = (report: FleetReport): boolean =>
      holders(report).every(({ length }) => length === PARTITIONS / 2)
    await emit(50)
    const before = await eventually(ask, isShared)
    await eventually(ask, ({ totals }) => totals.commits.records >= 50 * KEYS)

    const emitting = emit(50)
    process.kill(before.members[1]?.pid as number, 'SIGKILL')
    await emitting
    await eventually(ask, ({ totals }) => totals.restarts === 1)
    const after = await eventually(ask, isShared)
    expect(holders(after)).toEqual(holders(before))
    expect(after.members[1]?.pid).not.toBe(before.members[1]?.pid)
    expect(after.partitions.map(({ partition }) => partition)).toEqual([0, 1, 2, 3])

    const view = goka.view(table(`${topic}-counts-table`, integer))
    const viewing = view.run()
    await view.state.until('running')
    const wanted = Array.from({ length: KEYS }, () => 100)
    await eventually(
      () => counts(view),
      (found) => found.join() === wanted.join(),
    )
    await view.stop()
    await viewing
    await fleet.stop()
    await run
    expect(fleet.memberStates).toEqual(['stopped', 'stopped'])
    expect(lines.filter(({ level }) => level === 'error')).toEqual([])
  })
})
