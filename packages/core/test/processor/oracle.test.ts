import { integer, string } from '@goka/codecs'
import { defineGroup, type ProcessorOptions, stream, table } from '@goka/core'
import type { Storage } from '@goka/interface'
import { memory } from '@goka/storage-memory'
import { describe, expect, it } from '@jest/globals'
import { Cluster } from '../cluster.ts'
import { laterStorage } from '../later-storage.ts'
import { eventually } from '../waiting.ts'

const PARTITIONS = 3
const RECORDS = 1_500
const KEYS = 40

const input = stream('input', string)
const output = stream('output', string)
const factors = table('factors', integer)

/** Numbers that look random and are the same for the same seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

interface Message {
  readonly key: string
  /** `add n`, `delete` or `fail n`; `fail` throws after it has written. */
  readonly value: string
}

function messagesOf(random: (below: number) => number): readonly Message[] {
  return Array.from({ length: RECORDS }, () => {
    const key = `key-${random(KEYS)}`
    const kind = random(20)
    if (kind === 0) return { key, value: 'delete' }
    if (kind === 1) return { key, value: `fail ${random(9)}` }
    return { key, value: `add ${random(9)}` }
  })
}

const factorOf = (key: string): number => (key.length % 3) + 1

/** What the callbacks would make of the messages, one after the other. */
function oracle(messages: readonly Message[]) {
  const state = new Map<string, number>()
  const outputs = new Map<string, string[]>()
  for (const { key, value } of messages) {
    const [kind = '', count = '0'] = value.split(' ')
    if (kind === 'fail') continue
    if (kind === 'delete') state.delete(key)
    else state.set(key, (state.get(key) ?? 0) + Number(count) * factorOf(key))
    const own = outputs.get(key) ?? []
    own.push(`${state.get(key)}`)
    outputs.set(key, own)
  }
  return { state, outputs }
}

const storages: Readonly<Record<string, () => Storage>> = {
  'that answers at once': memory,
  'that answers later': () => laterStorage(memory()),
}

describe.each(Object.keys(storages))('a processor with a storage %s', (which) => {
  const cases: (ProcessorOptions & { readonly seed: number })[] = []
  for (const guarantee of ['at-least-once', 'exactly-once'] as const) {
    for (const concurrency of [1, 8]) {
      for (const cacheBytes of [0, 3_000, 1_000_000]) {
        cases.push({ guarantee, concurrency, cacheBytes, seed: cases.length + 1 })
      }
    }
  }

  it.each(cases)('computes what one after the other gives: %j', async ({ seed, ...options }) => {
    const random = randomOf(seed)
    const messages = messagesOf(random)
    const cluster = new Cluster({ fetchMaxBytes: 2_000 })
    await cluster.createTopic('input', PARTITIONS)
    await cluster.createTopic('output', PARTITIONS)
    await cluster.createTable('factors', PARTITIONS)
    const keys = Array.from({ length: KEYS }, (_, index) => `key-${index}`)
    await cluster.produce(
      'factors',
      keys.map((key) => ({ key, value: `${factorOf(key)}` })),
    )
    const group = defineGroup('group')
      .persist(integer)
      .join(factors)
      .output(output)
      .input(input, (ctx, message) => {
        const [kind = '', count = '0'] = message.split(' ')
        if (kind === 'delete') ctx.delete()
        else ctx.setValue((ctx.value() ?? 0) + Number(count) * (ctx.join(factors) ?? 0))
        const finish = (): void => {
          ctx.emit(output, ctx.key, `${ctx.value()}`)
          if (kind === 'fail') throw new Error('oops')
        }
        const turns = random(4)
        if (turns === 0) {
          finish()
          return undefined
        }
        return (async () => {
          for (let turn = 0; turn < turns; turn++) {
            await new Promise((resolve) => setImmediate(resolve))
          }
          finish()
        })()
      })
    const goka = cluster.goka({ storage: storages[which]?.() ?? memory() })
    const { runner } = await cluster.started(
      group,
      PARTITIONS,
      { ...options, commitIntervalMs: 1, onError: 'skip' },
      goka,
    )
    for (let at = 0; at < messages.length; at += 100) {
      await cluster.produce('input', messages.slice(at, at + 100))
    }
    await eventually(async () => {
      const offsets = Object.values(await cluster.committed('group'))
      return offsets.reduce((sum, offset) => sum + offset, 0) === RECORDS
    })
    const { state, outputs } = oracle(messages)
    // The store is written after Kafka has the commit.
    await eventually(async () => {
      for (const key of keys) expect([key, await runner.get(key)]).toEqual([key, state.get(key)])
      return true
    })
    expect(await cluster.table('group-table')).toEqual(
      Object.fromEntries([...state].map(([key, value]) => [key, `${value}`])),
    )
    const found = new Map<string, string[]>()
    for (const { key, value } of await cluster.records('output')) {
      const own = found.get(key ?? '') ?? []
      own.push(value ?? '')
      found.set(key ?? '', own)
    }
    expect(found).toEqual(outputs)
    await cluster.close()
  })
})
