import { integer, string } from '@goka/codecs'
import { defineGroup, stream, table } from '@goka/core'
import { rdkafka } from '@goka/kafka-rdkafka'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { eventually } from '../../src/eventually.ts'
import { Instances, rejection } from '../../src/instances.ts'
import { ProxiedBroker } from '../../src/proxied-broker.ts'

describe('when every connection breaks', () => {
  let proxied: ProxiedBroker
  /** Instances behind the proxy, and others that are not. */
  let instances: Instances
  let others: Instances
  beforeAll(async () => {
    proxied = await ProxiedBroker.start()
  })
  afterAll(() => proxied[Symbol.asyncDispose]())
  beforeEach(async () => {
    instances = await Instances.make(proxied.brokers)
    others = await Instances.make(proxied.broker.brokers)
  })
  afterEach(async () => {
    proxied.proxy.heal()
    await instances[Symbol.asyncDispose]()
    await others[Symbol.asyncDispose]()
  })

  it('an emitter rejects what it could not send, closes, and sends nothing of it later', async () => {
    const { name } = others
    await others.createTopic(name, 1)
    const goka = instances.goka('none', {
      transport: rdkafka({ brokers: [proxied.brokers], deliveryTimeoutMs: 1_000 }),
    })
    const emitter = goka.emitter(stream(name, string))
    expect(await emitter.emit('key', 'first')).toEqual({ partition: 0, offset: 0 })
    proxied.proxy.sever()
    const errors = await Promise.all(
      Array.from({ length: 100 }, () => rejection(emitter.emit('key', 'lost'))),
    )
    expect(new Set(errors.map((error) => (error as { code?: unknown }).code))).toEqual(
      new Set(['GOKA_TRANSPORT_INDEFINITE']),
    )
    await emitter.close()
    proxied.proxy.heal()
    const emitted = await others.goka().emitter(stream(name, string)).emit('key', 'last')
    expect(emitted.offset).toBe(1)
  })

  it('a view answers from what it has, is connecting, and goes on when it is back', async () => {
    const { name } = others
    await others.createTopic(name, 1, { 'cleanup.policy': 'compact' })
    const values = stream(name, integer)
    await others.emit(values, [['key', 1]])
    const { runner, run } = await instances.view(table(name, integer))
    expect(await runner.get('key')).toBe(1)
    proxied.proxy.sever()
    await runner.state.until('connecting')
    await others.emit(values, [['key', 2]])
    expect(await runner.get('key')).toBe(1)
    expect(runner.isComplete).toBe(true)
    expect(runner.staleMs).toBeGreaterThan(0)
    proxied.proxy.heal()
    await runner.state.until('running')
    await eventually(async () => expect(await runner.get('key')).toBe(2))
    await runner.stop()
    await run
  })

  it('a processor with a table and a join ends in order, and commits nothing that it could not', async () => {
    const { name } = others
    const input = stream(name, string)
    const joined = table(`${name}-joined`, string)
    await others.createTopic(name, 1)
    await others.createTopic(joined.topic, 1, { 'cleanup.policy': 'compact' })
    const seen: string[] = []
    const group = defineGroup(name)
      .persist(integer)
      .join(joined)
      .input(input, (ctx, message) => {
        ctx.setValue((ctx.value() ?? 0) + 1)
        seen.push(message)
      })
    const { runner, run } = await instances.started(group, 'one', 1, {
      commitIntervalMs: 3_600_000,
      drainTimeoutMs: 0,
    })
    const messages = Array.from({ length: 10 }, (_, index) => `${index}`)
    await others.emit(
      input,
      messages.map((message) => ['key', message] as const),
    )
    await eventually(() => expect(seen).toEqual(messages))
    proxied.proxy.sever()
    await runner.stop()
    await run
    expect((await others.committed(name, name)).get(0) ?? 0).toBe(0)
    const again = await others.started(group, 'one', 1)
    await eventually(async () => expect(await again.runner.get('key')).toBe(10))
    expect(seen).toEqual([...messages, ...messages])
  })

  /** A processor that has worked and has something under way, with every connection broken since. */
  async function broken(giveUpAfterMs: number) {
    const { name } = others
    const input = stream(name, string)
    await others.createTopic(name, 1)
    let severed = false
    const group = defineGroup(name)
      .persist(integer)
      .input(input, (ctx, message) => {
        ctx.setValue((ctx.value() ?? 0) + 1)
        if (message !== 'sever' || severed) return
        severed = true
        proxied.proxy.sever()
      })
    const goka = instances.goka('one', {
      transport: rdkafka({
        brokers: [proxied.brokers],
        deliveryTimeoutMs: 1_000,
        sessionTimeoutMs: 2_000,
      }),
      connectTimeoutMs: 500,
    })
    const restart = { initialMs: 10, maxMs: 10, giveUpAfterMs }
    const started = await instances.started(group, 'one', 1, { restart }, goka)
    await others.emit(input, [['key', 'good']])
    await eventually(() => expect(started.runner.report().commits.records).toBe(1))
    await others.emit(input, [['key', 'sever']])
    return { input, ...started }
  }

  it('a processor that may give up ends with the fault', async () => {
    const { runner, run } = await broken(1)
    expect(await rejection(run)).toMatchObject({ name: 'GokaError' })
    expect(runner.state.current).toBe('stopped')
  })

  it('a processor without work gives up, too, counted from the loss of the broker', async () => {
    const { name } = others
    await others.createTopic(name, 1)
    const group = defineGroup(name)
      .persist(integer)
      .input(stream(name, string), (ctx) => ctx.setValue(1))
    const options = { restart: { giveUpAfterMs: 2_000 } }
    const { runner, run } = await instances.started(group, 'one', 1, options)
    proxied.proxy.sever()
    await eventually(() => expect(runner.report().isConnected).toBe(false))
    expect(runner.state.current).toBe('running')
    await eventually(() => expect(runner.report().partitions).toEqual([]))
    // It has given up; a member that cannot say that it leaves takes a while for it.
    proxied.proxy.heal()
    expect(await rejection(run)).toMatchObject({
      code: 'GOKA_TRANSPORT_UNREACHABLE',
      details: { timeoutMs: 2_000 },
    })
    expect(runner.report().restarts).toBe(0)
  })

  it('a processor that may not give up starts anew until it gets through, and loses nothing', async () => {
    const { input, runner, run } = await broken(Number.POSITIVE_INFINITY)
    await runner.state.until('restarting')
    proxied.proxy.heal()
    await others.emit(input, [['key', 'good']])
    await eventually(async () => {
      expect((await others.committed(others.name, input.topic)).get(0)).toBe(3)
    })
    expect(await runner.get('key')).toBeGreaterThanOrEqual(3)
    await runner.stop()
    await run
  })
})
