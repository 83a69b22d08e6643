import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testTransport } from '@goka/conformance/transport'
import { afterAll, describe, it } from '@jest/globals'
import { embedded, embeddedBroker, seededScheduler } from '../src/index.ts'

const runner = { describe, it }

describe('an embedded transport in memory with incremental rebalances', () => {
  const broker = embeddedBroker()
  const away = embeddedBroker()
  away.faults.down()
  testTransport({
    runner,
    createTransport: () => embedded({ broker }),
    createUnreachable: () => embedded({ broker: away }),
  })
})

describe('an embedded transport in memory with eager rebalances', () => {
  const broker = embeddedBroker({ rebalance: 'eager' })
  testTransport({ runner, createTransport: () => embedded({ broker }) })
})

describe('an embedded transport whose steps come in any order', () => {
  const broker = embeddedBroker({ scheduler: seededScheduler({ seed: 1 }) })
  testTransport({ runner, createTransport: () => embedded({ broker }) })
})

describe('an embedded transport in a folder', () => {
  const folder = mkdtemp(join(tmpdir(), 'goka-embedded-'))
  const broker = folder.then((path) => embeddedBroker({ path }))
  testTransport({ runner, createTransport: async () => embedded({ broker: await broker }) })

  afterAll(async () => {
    await (await broker).close()
    await rm(await folder, { recursive: true })
  })
})
