import { string } from '@goka/codecs'
import { type Around, defineGroup, stream } from '@goka/core'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Cluster } from '../cluster.ts'
import { eventually, inTime, Notes, rejection } from '../waiting.ts'

const input = stream('input', string)
const output = stream('output', string)

describe('what is set around callbacks', () => {
  let cluster: Cluster
  let seen: Notes<string>
  beforeEach(async () => {
    cluster = new Cluster()
    seen = new Notes()
    await cluster.createTopic('input', 1)
    await cluster.createTopic('output', 1)
  })
  afterEach(() => cluster.close())

  const group = () =>
    defineGroup('group')
      .persist(string)
      .input(input, (ctx, message) => {
        ctx.setValue(message)
        seen.add('callback')
      })
      .visitor('visit', async (ctx) => {
        await Promise.resolve()
        ctx.setValue(`${ctx.value()}, visited`)
        seen.add('visitor')
      })

  it('is called around each callback and visitor, with the context of it', async () => {
    const around: Around = async (ctx, next) => {
      seen.add(`before ${ctx.topic} ${ctx.key}`)
      await next()
      seen.add('after')
    }
    const { runner } = await cluster.started(group(), 1, { around })
    await cluster.produce('input', [{ key: 'k', value: 'v' }])
    await seen.until(3)
    expect(await inTime(runner.visitAll('visit'), 'the visit')).toBe(1)
    expect(seen.items).toEqual([
      'before input k',
      'callback',
      'after',
      'before visit k',
      'visitor',
      'after',
    ])
    expect(await cluster.table('group-table')).toEqual({ k: 'v, visited' })
  })

  it('may keep a callback from being called; the record is done', async () => {
    const around: Around = (ctx, next) => {
      seen.add('around')
      return ctx.key === 'skipped' ? undefined : next()
    }
    await cluster.started(group(), 1, { around })
    await cluster.produce('input', [
      { key: 'skipped', value: 'v' },
      { key: 'k', value: 'v' },
    ])
    expect(await seen.until(3)).toEqual(['around', 'around', 'callback'])
    await eventually(async () => (await cluster.committed('group'))['input/0'] === 2)
    expect(await cluster.table('group-table')).toEqual({ k: 'v' })
  })

  it.each([
    ['before', 'at once'],
    ['after', 'at once'],
    ['after', 'later'],
  ])(
    'fails the record with what it throws %s the callback, %s, and takes back what that did',
    async (moment, when) => {
      const cause = new Error('oops')
      const atOnce: Around = (_ctx, next) => {
        if (moment === 'after') void next()
        throw cause
      }
      const later: Around = async (_ctx, next) => {
        await next()
        throw cause
      }
      const { run } = await cluster.started(group(), 1, {
        around: when === 'later' ? later : atOnce,
      })
      await cluster.produce('input', [{ key: 'k', value: 'v' }])
      expect(await rejection(run)).toMatchObject({
        code: 'GOKA_PROCESSOR_CALLBACK',
        details: { key: 'k', offset: 0 },
        cause,
      })
      expect(await cluster.lines('group-table')).toEqual([])
      expect((await cluster.committed('group'))['input/0'] ?? 0).toBe(0)
    },
  )

  it('are headers: they come before the own ones of what is emitted and looped back, and not in the table', async () => {
    const bytes = (text: string) => Buffer.from(text)
    const passing = defineGroup('group')
      .persist(string)
      .output(output)
      .loop(string, (ctx, message) => {
        const names = ctx.headers.map(({ name, value }) => `${name}=${String(value)}`)
        seen.add(`${message}: ${names.join()}`)
      })
      .input(input, (ctx, message) => {
        ctx.setValue(message)
        ctx.emit(output, ctx.key, message)
        ctx.emit(output, ctx.key, message, { headers: [{ name: 'b', value: bytes('2') }] })
        ctx.loopback(ctx.key, message)
      })
    const headers = [
      { name: 'a', value: bytes('1') },
      { name: 'b', value: bytes('1') },
    ]
    await cluster.started(passing, 1, { headers })
    await cluster.produce('input', [
      { key: 'k', value: 'v', headers: [{ name: 'of the input', value: null }] },
    ])
    expect(await seen.until(1)).toEqual(['v: a=1,b=1'])
    await eventually(async () => (await cluster.lines('group-table')).length === 1)
    expect((await cluster.records('output')).map((found) => found.headers)).toEqual([
      [
        ['a', '1'],
        ['b', '1'],
      ],
      [
        ['a', '1'],
        ['b', '1'],
        ['b', '2'],
      ],
    ])
    expect((await cluster.records('group-table')).map((found) => found.headers)).toEqual([[]])
  })
})
