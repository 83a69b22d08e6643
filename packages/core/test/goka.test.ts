import { string } from '@goka/codecs'
import { defineGroup, Goka, stream } from '@goka/core'
import { type ClientContext, systemClock, type Transport } from '@goka/interface'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Cluster } from './cluster.ts'
import { eventually, inTime } from './waiting.ts'

describe('goka', () => {
  let cluster: Cluster
  beforeEach(() => {
    cluster = new Cluster()
  })
  afterEach(() => cluster.close())

  it('lends an admin, for programs that make their topics', async () => {
    const admin = await cluster.goka().admin()
    await admin.createTopic({ topic: 'made', partitions: 2 })
    expect((await admin.topics(['made'])).get('made')?.partitions).toBe(2)
    await admin.close()
  })

  it('names its clients after itself and what they are for', async () => {
    const names = new Set<string>()
    const transport = new Proxy(cluster.transport, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => {
          names.add((args.at(-1) as ClientContext).clientId)
          return (value as (...all: unknown[]) => unknown).apply(target, args)
        }
      },
    }) as Transport
    await cluster.createTopic('words', 1)
    const goka = cluster.goka({ transport, clientId: 'shop' })
    const words = stream('words', string)
    await cluster.started(
      defineGroup('group')
        .persist(string)
        .input(words, () => {}),
      1,
      {},
      goka,
    )
    const emitter = goka.emitter(words)
    await emitter.emit('a', 'b')
    await emitter.close()
    await (await goka.admin()).close()
    expect([...names].sort()).toEqual(['shop-admin', 'shop-emitter-words', 'shop-processor-group'])
  })

  it('needs neither logger nor clock nor, for groups without tables, a storage', async () => {
    await cluster.createTopic('words', 1)
    const goka = new Goka({ transport: cluster.transport })
    let seen = 0
    const group = defineGroup('group').input(stream('words', string), (ctx) => {
      ctx.log.child({}).warn({ key: ctx.key }, 'nobody hears this')
      seen++
    })
    const { runner } = await cluster.started(group, 1, { guarantee: 'exactly-once' }, goka)
    await cluster.produce('words', [{ key: 'a', value: 'b' }])
    await eventually(() => seen === 1)
    await inTime(runner.stop(), 'the stop')
  })

  it('checks its topics again when an input is given more partitions', async () => {
    await cluster.createTopic('words', 1)
    await cluster.createTopic('more', 1)
    const callback = (): void => {}
    const group = defineGroup('group')
      .persist(string)
      .inputs([stream('words', string), stream('more', string)], callback)
    const { run } = await cluster.started(group, 1, { restart: { initialMs: 1 } })
    await (await cluster.admin()).createPartitions('words', 2)
    await expect(inTime(run, 'the end')).rejects.toMatchObject({
      code: 'GOKA_TOPIC_MISMATCH',
      details: { property: 'partitions' },
    })
  })

  it('takes the new partitions of an input in, where nothing else has to have as many', async () => {
    await cluster.createTopic('words', 1)
    let seen = 0
    const group = defineGroup('group').input(stream('words', string), () => {
      seen++
    })
    const { runner } = await cluster.started(group, 1, { restart: { initialMs: 1 } })
    await (await cluster.admin()).createPartitions('words', 3)
    await eventually(() => runner.partitions.length === 3)
    await cluster.produce('words', [{ key: 'a', value: 'b', partition: 2 }])
    await eventually(() => seen === 1)
  })
})

describe("the machine's clock", () => {
  it('has timers that can be taken back and keep no process alive', async () => {
    const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    let fired = 0
    const timer = systemClock.setTimeout(() => fired++, 1)
    systemClock.clearTimeout(timer)
    systemClock.clearTimeout(timer)
    const held = systemClock.setTimeout(() => fired++, 60_000)
    const after = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    expect(after).toBe(before)
    systemClock.clearTimeout(held)
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(fired).toBe(0)
  })

  it('does not take a delay without end for none', async () => {
    const before = systemClock.now()
    let fired = false
    const timer = systemClock.setTimeout(() => {
      fired = true
    }, Number.POSITIVE_INFINITY)
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(fired).toBe(false)
    expect(systemClock.now()).toBeGreaterThanOrEqual(before)
    systemClock.clearTimeout(timer)
  })
})
