import { describe, expect, it } from '@jest/globals'
import { storeKeys } from '../src/store-keys.ts'

const tag = (prefix: string, scope: string, topic: string, partition = 0): string =>
  storeKeys(prefix, { scope, topic, partition }).tag

describe('the keys of a store', () => {
  it('tell prefix, scope, topic and partition, and are in one slot of a cluster', () => {
    const keys = storeKeys('goka', {
      scope: 'processor/billing',
      topic: 'orders-table',
      partition: 3,
    })
    expect(keys).toEqual({
      tag: '{goka:processor/billing:orders-table:3}',
      lock: '{goka:processor/billing:orders-table:3}:lock',
      meta: '{goka:processor/billing:orders-table:3}:meta',
      values: '{goka:processor/billing:orders-table:3}:values',
      order: '{goka:processor/billing:orders-table:3}:order',
    })
  })

  it('are apart for names that look alike, and no name ends the braces', () => {
    const tags = [
      tag('goka', '', 'a'),
      tag('goka', 'a', 'a'),
      tag('goka', 'a:a', 'a'),
      tag('goka:a', 'a', 'a'),
      tag('goka:a:a', '', 'a'),
      tag('goka', 'processor/a}b', 'a'),
      tag('goka', 'processor/a{b', 'a'),
      tag('goka', 'processor/a%7Db', 'a'),
      tag('goka', 'processor/ä', 'a'),
      tag('goka', 'processor/a b', 'a'),
      tag('goka', '', 'goka:instance'),
    ]
    expect(new Set(tags).size).toBe(tags.length)
    for (const each of tags) expect(each).toMatch(/^\{[\w.:/%-]+\}$/)
  })
})
