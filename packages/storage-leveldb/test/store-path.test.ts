import { describe, expect, it } from '@jest/globals'
import { storePath } from '../src/store-path.ts'

const path = (scope: string, topic = 'orders-table', partition = 3): string =>
  storePath('/state', { scope, topic, partition })

describe('the folder of a store', () => {
  it('is where Goka has it', () => {
    expect(path('')).toBe('/state/orders-table.3')
    expect(path('view')).toBe('/state/view/orders-table.3')
    expect(path('processor/orders_group-1.a')).toBe(
      '/state/processor/orders_group-1.a/orders-table.3',
    )
  })

  it('stays below the path whatever the group is called', () => {
    expect(path('processor/..')).toBe('/state/processor/%2E%2E/orders-table.3')
    expect(path('processor/../../etc')).toBe('/state/processor/%2E%2E/%2E%2E/etc/orders-table.3')
    expect(path('.')).toBe('/state/%2E/orders-table.3')
    expect(path('/a')).toBe('/state/%/a/orders-table.3')
    expect(path('a//b')).toBe('/state/a/%/b/orders-table.3')
    expect(path('a\\b\0c:d')).toBe('/state/a%5Cb%00c%3Ad/orders-table.3')
    expect(path('ä b')).toBe('/state/%C3%A4%20b/orders-table.3')
    expect(path('a%20b')).toBe('/state/a%2520b/orders-table.3')
    expect(path('', '../a')).toBe('/state/..%2Fa.3')
  })
})
