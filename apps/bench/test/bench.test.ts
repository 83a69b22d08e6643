import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Cluster } from '../src/cluster.ts'
import { checkCounts, expectedCounts } from '../src/counts.ts'
import { records100 } from '../src/filler.ts'
import { makeInput } from '../src/input.ts'
import { keyName } from '../src/keys.ts'
import { main } from '../src/main.ts'

async function bench(args: string): Promise<{ code: number; out: string; log: string }> {
  let out = ''
  let log = ''
  const code = await main(
    args.split(' ').filter((arg) => arg !== ''),
    {
      stdout: { write: (text) => (out += text) },
      stderr: { write: (text) => (log += text) },
    },
  )
  return { code, out, log }
}

/** Figures are shown only once what was written has been compared, so a row without `failed` says that it was right. */
async function rows(args: string): Promise<readonly Record<string, unknown>[]> {
  const { code, out, log } = await bench(`${args} --rounds 1 --json`)
  const made = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect({ code, failed: made.filter((row) => 'failed' in row), log }).toEqual({
    code: 0,
    failed: [],
    log: expect.any(String),
  })
  return made
}

const rate = {
  recordsPerSecond: expect.any(Number),
  cpuSeconds: expect.any(Number),
  rssMb: expect.any(Number),
}

describe('the benches, with little to do', () => {
  it('are listed when none is named', async () => {
    const { code, out } = await bench('')
    expect(code).toBe(0)
    for (const name of ['count', 'recover', 'emit', 'view-get', 'pipeline', 'latency', 'growth']) {
      expect(out).toContain(`  ${name} `)
    }
  })

  it('count, in each of our ways and with the bare clients', async () => {
    const made = await rows('count --systems ours,addon,node-rdkafka --records 4000 --keys 100')
    expect(made.map(({ variant }) => variant)).toEqual([
      'at-least-once leveldb 1-process',
      'exactly-once leveldb 1-process',
      'at-least-once memory 1-process',
      'exactly-once memory 1-process',
      'at-least-once leveldb 2-process',
      'exactly-once leveldb 2-process',
      'at-least-once redis 1-process',
      'consume, count in a Map',
      'consume, count in a Map',
    ])
    for (const row of made) {
      expect(row).toMatchObject({
        ...rate,
        bench: 'count',
        records: 4_000,
        keys: 100,
        partitions: 4,
      })
    }
  })

  it('recover from an empty store, and from the one of a killed process', async () => {
    const made = await rows('recover --systems ours --records 400 --keys 1000')
    expect(made).toEqual([
      expect.objectContaining({ seconds: expect.any(Number), recordsRead: 1_000 }),
      expect.objectContaining({ seconds: expect.any(Number), recordsRead: 1_000 }),
      expect.objectContaining({ seconds: expect.any(Number), recordsRead: expect.any(Number) }),
      expect.objectContaining({ seconds: expect.any(Number), recordsRead: expect.any(Number) }),
    ])
    for (const { recordsRead } of made.slice(2)) expect(recordsRead).toBeLessThanOrEqual(400)
  })

  it('emit', async () => {
    const made = await rows('emit --systems ours,addon,node-rdkafka --records 2000 --keys 100')
    expect(made).toHaveLength(3)
    for (const row of made) expect(row).toMatchObject(rate)
  })

  it('view-get', async () => {
    const made = await rows('view-get --systems ours --records 1000 --keys 100')
    expect(made).toHaveLength(3)
    for (const row of made) expect(row).toMatchObject(rate)
  })

  it('pipeline', async () => {
    const made = await rows('pipeline --systems ours --records 2000 --keys 100')
    expect(made).toHaveLength(2)
    for (const row of made) expect(row).toMatchObject(rate)
  })

  it('latency', async () => {
    const made = await rows('latency --systems ours --records 500 --keys 100')
    expect(made).toHaveLength(2)
    for (const row of made) {
      expect(row).toMatchObject(rate)
      expect(row['p50Ms']).toBeLessThanOrEqual(Number(row['p99Ms']))
    }
  })

  it('growth', async () => {
    const made = await rows('growth --records 2000 --keys 500 --partitions 2')
    expect(made.map(({ keys, partitions }) => [keys, partitions])).toEqual([
      ...[
        [500, 4],
        [500, 4],
        [500, 1],
        [500, 2],
      ],
    ])
    for (const row of made) expect(row).toMatchObject(rate)
  })

  it('refuse a bench that is not there', async () => {
    const { code, log } = await bench('counting')
    expect(code).toBe(1)
    expect(log).toContain("received 'counting'")
  })
})

describe('the comparison of tables', () => {
  const topic = `bench-test-${process.pid}-${Date.now()}`
  const content = { ...records100(100, 10), value: () => Buffer.from('1') }
  const once = expectedCounts({ ...content, records: 100 }, 10).fill(1)
  let cluster: Cluster
  beforeAll(async () => {
    cluster = await Cluster.connect()
    await makeInput(cluster, topic, 2, content)
  })
  afterAll(async () => {
    await cluster.deleteTopics([topic])
    await cluster[Symbol.asyncDispose]()
  })

  it('passes a table that is right', async () => {
    await checkCounts(cluster, 'ours', { place: { topic } }, 2, once)
  })

  it('names the keys that differ', async () => {
    const other = once.slice()
    other[7] = 3
    await expect(
      checkCounts(cluster, 'ours', { place: { topic } }, 2, other),
    ).rejects.toMatchObject({
      code: 'BENCH_RESULT_WRONG',
      details: { differences: `${keyName(7)}: 1 instead of 3` },
    })
  })

  it('names a key that nobody has written', async () => {
    const fewer = once.slice(0, 9)
    await expect(
      checkCounts(cluster, 'ours', { place: { topic } }, 2, fewer),
    ).rejects.toMatchObject({
      details: { differences: expect.stringContaining(`key "${keyName(9)}"`) },
    })
  })

  it('allows what a killed process may have done twice', async () => {
    const lower = once.slice()
    lower[7] = 0
    const again = new Float64Array(10).fill(1)
    await checkCounts(cluster, 'ours', { place: { topic } }, 2, lower, again)
  })
})
