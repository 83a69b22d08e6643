import { int64, string } from '@goka/codecs'
import { defineGroup, type ErrorPolicy, stream } from '@goka/core'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { deadLetterTopics, decide } from '../../src/processor/error-policy.ts'
import { Cluster } from '../cluster.ts'
import { ManualClock } from '../manual-clock.ts'
import { eventually, Gate, inTime, Notes, rejection, settle } from '../waiting.ts'

const input = stream('input', string)
const output = stream('output', string)

describe('a policy', () => {
  it('decides by the number of failures', () => {
    expect(decide('fail', 1)).toEqual({ kind: 'fail' })
    expect(decide('skip', 9)).toEqual({ kind: 'skip' })
    expect(decide({ deadLetter: 'bad' }, 1)).toEqual({ kind: 'deadLetter', topic: 'bad' })
    const policy: ErrorPolicy = { retry: { retries: 3, initialMs: 10, maxMs: 25, then: 'skip' } }
    expect([1, 2, 3, 4].map((failures) => decide(policy, failures))).toEqual([
      { kind: 'retry', delayMs: 10 },
      { kind: 'retry', delayMs: 20 },
      { kind: 'retry', delayMs: 25 },
      { kind: 'skip' },
    ])
    expect(decide({ retry: { retries: 0 } }, 1)).toEqual({ kind: 'fail' })
    expect(decide({ retry: {} }, 1_000_000)).toEqual({ kind: 'retry', delayMs: 10_000 })
  })

  it('names the topics that it writes to', () => {
    expect(deadLetterTopics(undefined)).toEqual([])
    expect(deadLetterTopics('fail')).toEqual([])
    expect(deadLetterTopics({ deadLetter: 'bad' })).toEqual(['bad'])
    expect(deadLetterTopics({ retry: { then: { deadLetter: 'bad' } } })).toEqual(['bad'])
    expect(deadLetterTopics({ retry: {} })).toEqual([])
  })
})

describe.each(['at-least-once', 'exactly-once'] as const)(
  'a record that fails, %s',
  (guarantee) => {
    let cluster: Cluster
    beforeEach(async () => {
      cluster = new Cluster()
      await cluster.createTopic('input', 1)
      await cluster.createTopic('output', 1)
      await cluster.createTopic('dead', 3)
    })
    afterEach(() => cluster.close())

    /** Counts and emits, and then fails for messages that begin with `bad`, as often as `times` says. */
    function failing(times = Number.POSITIVE_INFINITY, later = false) {
      const calls = new Notes<string>()
      let failures = 0
      const group = defineGroup('group')
        .persist(int64)
        .output(output)
        .input(input, async (ctx, message) => {
          ctx.setValue((ctx.value() ?? 0n) + 1n)
          ctx.emit(output, ctx.key, message)
          calls.add(message)
          if (later) await Promise.resolve()
          if (message.startsWith('bad') && failures++ < times) throw new Error('oops')
        })
      return { group, calls }
    }
    const records = ['1', 'bad', '3'].map((value) => ({ key: 'k', value }))
    const whenCommitted = (offset: number) =>
      eventually(async () => (await cluster.committed('group'))['input/0'] === offset)

    it('makes its partition wait, in a long row of others, when too much waits for a commit', async () => {
      const group = defineGroup('group').input(input, () => {
        throw new Error('oops')
      })
      await cluster.produce(
        'input',
        Array.from({ length: 1_000 }, (_, index) => ({ key: 'k', value: `${index}` })),
      )
      const operation = guarantee === 'exactly-once' ? 'commit-transaction' : 'commit'
      const held = cluster.broker.faults.hold({ operation, times: 100 }, 'request')
      const options = { guarantee, onError: { deadLetter: 'dead' }, maxUncommittedBytes: 1 }
      const { runner } = await cluster.started(group, 1, options)
      const failures = () => runner.report().partitions[0]?.errors ?? 0
      await eventually(() => failures() > 0)
      await settle()
      expect(failures()).toBeLessThan(200)
      held.end()
      await whenCommitted(1_000)
      expect(failures()).toBe(1_000)
    })

    it.each([false, true])(
      'is skipped, and what it did is taken back (later: %p)',
      async (later) => {
        const { group, calls } = failing(undefined, later)
        const { runner } = await cluster.started(group, 1, { guarantee, onError: 'skip' })
        await cluster.produce('input', records)
        await whenCommitted(3)
        expect(calls.items).toEqual(['1', 'bad', '3'])
        expect(await cluster.table('group-table')).toEqual({ k: '2' })
        expect(await cluster.lines('output')).toEqual(['k=1', 'k=3'])
        const [line] = cluster.log.find('warn', 'skipped')
        expect(line?.facts).toMatchObject({
          group: 'group',
          topic: 'input',
          partition: 0,
          offset: 1,
          key: 'k',
          err: { code: 'GOKA_PROCESSOR_CALLBACK' },
        })
        expect(runner.report().partitions[0]).toMatchObject({ errors: 1, skipped: 1 })
      },
    )

    it('is tried again until it succeeds, and the next record waits for that', async () => {
      const { group, calls } = failing(3)
      const onError: ErrorPolicy = { retry: { initialMs: 1, maxMs: 2 } }
      const { runner } = await cluster.started(group, 1, { guarantee, onError })
      await cluster.produce('input', records)
      await whenCommitted(3)
      expect(calls.items).toEqual(['1', 'bad', 'bad', 'bad', 'bad', '3'])
      expect(await cluster.table('group-table')).toEqual({ k: '3' })
      expect(await cluster.lines('output')).toEqual(['k=1', 'k=bad', 'k=3'])
      expect(runner.report().partitions[0]).toMatchObject({ errors: 3, retries: 3, skipped: 0 })
    })

    it('is tried again after waits that double up to the longest', async () => {
      const clock = new ManualClock()
      const { group, calls } = failing()
      const retry = { retries: 3, initialMs: 50_000, maxMs: 150_000, then: 'fail' } as const
      const goka = cluster.goka({ clock })
      const { run } = await cluster.started(group, 1, { guarantee, onError: { retry } }, goka)
      await cluster.produce('input', [{ key: 'k', value: 'bad' }])
      for (const [calledBefore, waitMs] of [50_000, 100_000, 150_000].entries()) {
        await calls.until(calledBefore + 1)
        await settle()
        clock.advance(waitMs - 1)
        await settle()
        expect(calls.items).toHaveLength(calledBefore + 1)
        clock.advance(1)
      }
      await calls.until(4)
      expect(await rejection(run)).toMatchObject({
        code: 'GOKA_PROCESSOR_CALLBACK',
        details: { offset: 0 },
      })
    })

    it('is skipped when the tries are used up, if that is what comes then', async () => {
      const { group, calls } = failing()
      const onError: ErrorPolicy = { retry: { retries: 2, initialMs: 1, then: 'skip' } }
      await cluster.started(group, 1, { guarantee, onError })
      await cluster.produce('input', records)
      await whenCommitted(3)
      expect(calls.items).toEqual(['1', 'bad', 'bad', 'bad', '3'])
    })

    it('goes to the dead letters as it came, with the error and where it was', async () => {
      const { group } = failing()
      await cluster.started(group, 1, { guarantee, onError: { deadLetter: 'dead' } })
      await cluster.produce('input', [
        { key: 'k', value: '1' },
        {
          key: 'ключ',
          value: 'bad',
          timestampMs: 1_234,
          headers: [
            { name: 'h', value: Buffer.from('1') },
            { name: 'h', value: null },
          ],
        },
        { key: 'k', value: '3' },
      ])
      await whenCommitted(3)
      const [letter, ...more] = await cluster.records('dead')
      expect(more).toEqual([])
      const headers = letter?.headers ?? []
      expect(headers.slice(0, 2)).toEqual([
        ['h', '1'],
        ['h', null],
      ])
      const facts = Object.fromEntries(headers.slice(2))
      expect(facts).toMatchObject({
        'goka-error': 'oops',
        'goka-error-code': 'GOKA_PROCESSOR_CALLBACK',
        'goka-topic': 'input',
        'goka-partition': '0',
        'goka-offset': '1',
      })
      expect(facts['goka-error-stack']).toContain('error-policy.test')
      expect(letter).toMatchObject({
        key: 'ключ',
        value: 'bad',
        timestampMs: 1_234,
      })
      expect(await cluster.lines('output')).toEqual(['k=1', 'k=3'])
    })

    it('that cannot be decoded goes to the dead letters byte by byte', async () => {
      const group = defineGroup('group').input(stream('input', int64), () => {})
      await cluster.started(group, 1, { guarantee, onError: { deadLetter: 'dead' } })
      await cluster.produce('input', [
        { key: null, value: 'no number' },
        { key: '', value: '' },
      ])
      await whenCommitted(2)
      const letters = await cluster.records('dead')
      expect(letters.map(({ key, value }) => [key, value])).toEqual(
        expect.arrayContaining([
          [null, 'no number'],
          ['', ''],
        ]),
      )
      for (const { headers } of letters) {
        expect(headers).toContainEqual(['goka-error-code', 'GOKA_CODEC_DECODE'])
      }
    })

    it('is treated as its input says, before what the processor says', async () => {
      await cluster.createTopic('other', 1)
      const seen = new Notes<string>()
      const callback = (_ctx: unknown, message: string): void => {
        seen.add(message)
        if (message.startsWith('bad')) throw new Error('oops')
      }
      const group = defineGroup('group')
        .input(input, callback, { onError: 'skip' })
        .input(stream('other', string), callback)
      const { run } = await cluster.started(group, 1, { guarantee, onError: 'fail' })
      await cluster.produce('input', records)
      await whenCommitted(3)
      await cluster.produce('other', [{ key: 'k', value: 'bad-2' }])
      expect(await rejection(run)).toMatchObject({ details: { topic: 'other', offset: 0 } })
    })

    it('needs its dead letter topic to be there from the start', async () => {
      const { group } = failing()
      const { run } = cluster.start(group, { guarantee, onError: { deadLetter: 'nowhere' } })
      expect(await rejection(run)).toMatchObject({
        code: 'GOKA_TOPIC_UNKNOWN',
        details: { topic: 'nowhere' },
      })
    })

    it('waits for its next try no longer than until the processor stops', async () => {
      const { group, calls } = failing()
      const onError: ErrorPolicy = { retry: { initialMs: 3_600_000, maxMs: 3_600_000 } }
      const options = { guarantee, onError, drainTimeoutMs: 3_600_000 }
      const { runner } = await cluster.started(group, 1, options)
      await cluster.produce('input', records)
      await calls.until(2)
      await settle()
      await inTime(runner.stop(), 'the stop')
      expect(calls.items).toEqual(['1', 'bad'])
      // What came before it is committed, and nothing of it or after it.
      expect(await cluster.committed('group')).toEqual({ 'input/0': 1 })
      expect(await cluster.table('group-table')).toEqual({ k: '1' })
      expect(await cluster.lines('output')).toEqual(['k=1'])
    })

    it.each<ErrorPolicy>(['fail', { retry: { initialMs: 3_600_000, maxMs: 3_600_000 } }])(
      'is left to the next run when it fails after the stop, and after a commit has begun without it: %j',
      async (onError) => {
        const clock = new ManualClock()
        const gate = new Gate()
        const calls = new Notes<string>()
        const group = defineGroup('group')
          .persist(int64)
          .input(input, async (ctx, message) => {
            ctx.setValue((ctx.value() ?? 0n) + 1n)
            calls.add(message)
            if (message !== 'bad') return
            await gate.promise
            throw new Error('oops')
          })
        const options = { guarantee, onError, commitIntervalMs: 1_000, drainTimeoutMs: 3_600_000 }
        const { runner, run } = await cluster.started(group, 1, options, cluster.goka({ clock }))
        await cluster.produce('input', records)
        await calls.until(2)
        await settle()
        clock.advance(1_000)
        await settle()
        clock.advance(1_000)
        await settle()
        const stopped = runner.stop()
        await settle()
        gate.open()
        await inTime(stopped, 'the stop')
        await run.catch(() => {})
        expect(calls.items).toEqual(['1', 'bad'])
        expect(await cluster.committed('group')).toEqual({ 'input/0': 1 })
        expect(await cluster.table('group-table')).toEqual({ k: '1' })
      },
    )

    it('holds back only its own key when callbacks of others may run', async () => {
      const gate = new Gate()
      const calls = new Notes<string>()
      let failed = false
      const group = defineGroup('group').input(input, async (ctx, message) => {
        calls.add(message)
        if (message === 'a1' && !failed) {
          failed = true
          throw new Error('oops')
        }
        if (ctx.key === 'b') await gate.promise
      })
      const onError: ErrorPolicy = { retry: { initialMs: 20 } }
      await cluster.started(group, 1, { guarantee, onError, concurrency: 4 })
      await cluster.produce('input', [
        { key: 'a', value: 'a1' },
        { key: 'a', value: 'a2' },
        { key: 'b', value: 'b1' },
      ])
      expect(await calls.until(4)).toEqual(['a1', 'b1', 'a1', 'a2'])
      gate.open()
      await whenCommitted(3)
    })
  },
)
