import { string } from '@goka/codecs'
import { defineGroup, stream } from '@goka/core'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Cluster } from '../cluster.ts'
import { eventually, inTime, Notes, rejection, settle } from '../waiting.ts'

const input = stream('input', string)
const slow = stream('slow', string)
const fast = stream('fast', string)

// Acknowledgements come in another order than the records that they are for: Goka commits past what is not acknowledged.
describe.each(['at-least-once', 'exactly-once'] as const)(
  'an output that is not acknowledged, %s',
  (guarantee) => {
    let cluster: Cluster
    let seen: Notes<string>
    beforeEach(async () => {
      cluster = new Cluster()
      seen = new Notes()
      await cluster.createTopic('input', 1)
      await cluster.createTopic('slow', 1)
      await cluster.createTopic('fast', 1)
    })
    afterEach(() => cluster.close())

    const forwarding = () =>
      defineGroup('group')
        .output(slow)
        .output(fast)
        .input(input, (ctx, message) => {
          ctx.emit(message.startsWith('slow') ? slow : fast, ctx.key, message)
          seen.add(message)
        })
    const committed = async () => (await cluster.committed('group'))['input/0'] ?? 0
    const record = (value: string) => ({ key: 'k', value })
    /** A process of its own, which takes the place of the one before it. */
    const start = (clientId: string) =>
      cluster.started(forwarding(), 1, { guarantee, instanceId: 'one' }, cluster.goka({ clientId }))

    it('holds the offset while outputs of later records come through, and is sent again after a kill', async () => {
      const { faults } = cluster.broker
      const clientId = 'first-processor-group'
      await start('first')
      await eventually(async () => (await cluster.committed('group'))['input/0'] === 0)
      const held = faults.hold({ operation: 'produce', topic: 'slow', clientId }, 'request')
      await cluster.produce('input', [record('slow-0')])
      await inTime(held.met(), 'the output')
      for (const message of ['fast-1', 'fast-2', 'fast-3']) {
        await cluster.produce('input', [record(message)])
      }
      await seen.until(4)
      if (guarantee === 'at-least-once') {
        await eventually(async () => (await cluster.lines('fast')).length === 3)
      }
      await settle()
      expect(await committed()).toBe(0)

      faults.freeze(clientId)
      await start('second')
      await eventually(async () => (await committed()) === 4)
      expect(await cluster.lines('slow')).toEqual(['k=slow-0'])
      const twice = ['k=fast-1', 'k=fast-2', 'k=fast-3']
      expect(await cluster.lines('fast')).toEqual(
        guarantee === 'exactly-once' ? twice : [...twice, ...twice],
      )

      faults.thaw(clientId)
      held.end()
    })

    it('is waited for by the commits of later records, and by the stop', async () => {
      const { runner } = await start('first')
      await eventually(async () => (await cluster.committed('group'))['input/0'] === 0)
      const held = cluster.broker.faults.hold(
        { operation: 'produce', topic: 'slow', clientId: 'first-processor-group' },
        'answer',
      )
      await cluster.produce('input', [record('slow-0'), record('fast-1')])
      await inTime(held.met(), 'the output')
      const stopped = runner.stop()
      await settle()
      expect(await committed()).toBe(0)
      held.end()
      await inTime(stopped, 'the stop')
      expect(await committed()).toBe(2)
      expect(await cluster.lines('slow')).toEqual(['k=slow-0'])
      expect(await cluster.lines('fast')).toEqual(['k=fast-1'])
    })

    it('because it is refused ends the processor, and the next run sends it', async () => {
      const admin = await cluster.admin()
      await admin.alterTopicConfig('slow', { 'max.message.bytes': '100' })
      const large = `slow-${'x'.repeat(1_000)}`
      const { run } = await start('first')
      await cluster.produce('input', [record('fast-0'), record(large), record('fast-2')])
      expect(await rejection(run)).toMatchObject({
        code: 'GOKA_TRANSPORT_RECORD_TOO_LARGE',
        details: { topic: 'slow' },
      })
      expect(await committed()).toBeLessThanOrEqual(1)
      await admin.alterTopicConfig('slow', { 'max.message.bytes': '10000' })
      await start('second')
      await eventually(async () => (await committed()) === 3)
      expect(await cluster.lines('slow')).toEqual([`k=${large}`])
      expect(new Set(await cluster.lines('fast'))).toEqual(new Set(['k=fast-0', 'k=fast-2']))
    })
  },
)
