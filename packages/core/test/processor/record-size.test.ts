import { string } from '@goka/codecs'
import { defineGroup, type ErrorPolicy, Goka, stream } from '@goka/core'
import { isGokaError, type Transport } from '@goka/interface'
import { memory } from '@goka/storage-memory'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Cluster } from '../cluster.ts'
import { eventually, rejection } from '../waiting.ts'

const LIMIT = 2_000
const input = stream('input', string)
const output = stream('output', string)

/** `output:5` emits five bytes, `state:5` sets a value of five, `loop:5` loops them back. */
const group = defineGroup('group')
  .persist(string)
  .output(output)
  .loop(string, () => {})
  .input(input, (ctx, message) => {
    const [to, bytes] = message.split(':') as [string, string]
    const value = 'x'.repeat(Number(bytes))
    ctx.setValue('set before')
    if (to === 'output') ctx.emit(output, 'key', value)
    else if (to === 'loop') ctx.loopback('key', value)
    else ctx.setValue(value)
  })

describe.each(['at-least-once', 'exactly-once'] as const)(
  'a record that is too large, %s',
  (guarantee) => {
    let cluster: Cluster
    beforeEach(async () => {
      cluster = new Cluster()
      await cluster.createTopic('input', 1)
      await cluster.createTopic('dead', 1)
    })
    afterEach(() => cluster.close())

    // A transport whose client takes no larger records.
    const limited = (): Transport => {
      const { transport } = cluster
      return {
        name: transport.name,
        capabilities: { ...transport.capabilities, maxRecordBytes: LIMIT },
        admin: (context) => transport.admin(context),
        producer: (options, context) => transport.producer(options, context),
        transactionalProducer: (options, context) =>
          transport.transactionalProducer(options, context),
        groupConsumer: (options, context) => transport.groupConsumer(options, context),
        partitionReader: (options, context) => transport.partitionReader(options, context),
      }
    }
    const start = async (onError: ErrorPolicy, transport: Transport = limited()) => {
      await cluster.createTopic('output', 1)
      const goka = new Goka({ transport, storage: memory(), log: cluster.log })
      return await cluster.started(group, 1, { guarantee, onError }, goka)
    }
    const send = (...messages: string[]) =>
      cluster.produce(
        'input',
        messages.map((value) => ({ key: 'a', value })),
      )

    it.each([
      ['output', 'output', LIMIT - 2],
      ['loop', 'group-loop', LIMIT - 2],
      ['state', 'group-table', LIMIT],
    ])('fails the callback that writes it, to the %s', async (to, topic, bytes) => {
      const { run } = await start('fail')
      await send('state:5', `${to}:${bytes}`)
      const error = await rejection(run)
      expect(error).toMatchObject({
        code: 'GOKA_PROCESSOR_CALLBACK',
        details: { topic: 'input', partition: 0, offset: 1, key: 'a' },
        cause: {
          code: 'GOKA_TRANSPORT_RECORD_TOO_LARGE',
          details: { topic, partition: 0, bytes: LIMIT + 1 },
        },
      })
      // What came before it is committed, and nothing of it.
      expect(await cluster.table('group-table')).toEqual({ a: 'xxxxx' })
      expect(await cluster.committed('group')).toMatchObject({ 'input/0': 1 })
    })

    it('is written when it just fits', async () => {
      await start('fail')
      await send(`output:${LIMIT - 3}`)
      await eventually(async () => (await cluster.lines('output')).length === 1)
    })

    it('counts its bytes, not its chars, and its headers', async () => {
      const headed = defineGroup('headed')
        .output(output)
        .input(input, (ctx, message) => {
          ctx.emit(output, '', message, { headers: [{ name: 'four', value: Buffer.from('four') }] })
        })
      await cluster.createTopic('output', 1)
      const goka = new Goka({ transport: limited(), storage: memory(), log: cluster.log })
      const { run } = await cluster.started(headed, 1, { guarantee }, goka)
      await send('x'.repeat(LIMIT - 8), `é${'x'.repeat(LIMIT - 9)}`)
      expect(await rejection(run)).toMatchObject({
        details: { offset: 1 },
        cause: { details: { bytes: LIMIT + 1 } },
      })
      expect(await cluster.lines('output')).toHaveLength(1)
    })

    it('is handled by the policy: skipped', async () => {
      await start('skip')
      await send('output:5000', 'state:5000', 'loop:5000', 'state:3')
      await eventually(async () => (await cluster.table('group-table'))['a'] === 'xxx')
      expect(await cluster.lines('output')).toEqual([])
      expect(cluster.log.find('warn', 'is skipped')).toHaveLength(3)
    })

    it('is handled by the policy: the input is sent to the dead letters, however large it is with its headers', async () => {
      await start({ deadLetter: 'dead' })
      const message = `output:${'0'.repeat(LIMIT - 30)}2000`
      await send(message)
      await eventually(async () => (await cluster.records('dead')).length === 1)
      const [letter] = await cluster.records('dead')
      expect(letter?.value).toBe(message)
      expect(letter?.headers).toContainEqual(['goka-error-code', 'GOKA_TRANSPORT_RECORD_TOO_LARGE'])
    })

    it.each([
      ['output', 'output', { 'max.message.bytes': '500' }],
      ['state', 'group-table', { 'max.message.bytes': '500', 'cleanup.policy': 'compact' }],
    ])(
      'for the topic only ends the processor with the records that it came of: to the %s',
      async (to, topic, config) => {
        await cluster.createTopic(topic, 1, config)
        if (topic !== 'output') await cluster.createTopic('output', 1)
        const goka = new Goka({ transport: limited(), storage: memory(), log: cluster.log })
        const { run } = await cluster.started(group, 1, { guarantee }, goka)
        await cluster.produce('input', [
          { key: 'a', value: `${to}:800` },
          { key: 'b', value: 'state:1' },
        ])
        const error = await rejection(run)
        if (!isGokaError(error, 'GOKA_TRANSPORT_RECORD_TOO_LARGE')) throw error
        expect(error.details).toMatchObject({ topic, partition: 0 })
        expect(error.message).toMatch(
          new RegExp(
            `^group "group" wrote a record of \\d+ bytes that ${topic}/0 does not take, in the callbacks for input/0 offsets 0 to [01]: `,
          ),
        )
        expect(error.cause).toMatchObject({ code: 'GOKA_TRANSPORT_RECORD_TOO_LARGE' })
      },
    )
  },
)
