import type { ProduceBatch } from '@goka/interface'
import { describe, expect, it } from '@jest/globals'
import { parcels } from '../src/parcels.ts'
import { type Isolation, PartitionLog } from '../src/partition-log.ts'
import { batchOf, linesOf } from './records.ts'

const host = { journal: undefined, segmentClosed: () => {} }
const plain = { producerId: 1, transactional: false }

let lastSequence = 0

function append(
  log: PartitionLog,
  batch: ProduceBatch,
  appender = plain,
  sequence = ++lastSequence,
): number {
  const [parcel] = parcels(batch)
  if (parcel === undefined) throw new Error('an empty batch')
  const { records, order, byteLength } = parcel
  return log.append(records, order, byteLength, 5000, appender, sequence)
}

function values(log: PartitionLog, isolation: Isolation = 'read_committed', from = 0): string {
  const { batch } = log.read(from, isolation, 1_000_000)
  const texts = linesOf([batch]).map((line) => line.replace(/^.*@(\d+) .*=/, '$1:'))
  return `${texts.join(' ')} > ${batch.nextOffset}${batch.atEnd ? ' end' : ''}`
}

const one = (value: string): ProduceBatch => batchOf('t', [[0, 'k', value]])

describe('the log of a partition', () => {
  it('gives offsets in the order of the appends and tells where it ends', () => {
    const log = new PartitionLog('t', 0, host)
    expect(values(log)).toBe(' > 0 end')
    expect(append(log, one('a'))).toBe(0)
    expect(
      append(
        log,
        batchOf('t', [
          [0, 'x', 'b'],
          [0, null, null],
        ]),
      ),
    ).toBe(1)
    expect(log.end).toBe(3)
    expect(values(log)).toBe('0:a 1:b 2:null > 3 end')
    expect(values(log, 'read_committed', 2)).toBe('2:null > 3 end')
  })

  it('reads what fits, and one record however large it is', () => {
    const log = new PartitionLog('t', 0, host)
    for (const value of ['a'.repeat(99), 'b'.repeat(99), 'c'.repeat(999), 'd'])
      append(log, one(value))
    const lengths = (from: number, maxBytes: number) => {
      const { batch, byteLength } = log.read(from, 'read_committed', maxBytes)
      return [batch.length, batch.nextOffset, batch.atEnd, byteLength]
    }
    expect(lengths(0, 1)).toEqual([1, 1, false, 100])
    expect(lengths(0, 199)).toEqual([1, 1, false, 100])
    expect(lengths(0, 200)).toEqual([2, 2, false, 200])
    expect(lengths(2, 10)).toEqual([1, 3, false, 1000])
    expect(lengths(2, 10_000)).toEqual([2, 4, true, 1002])
  })

  it('keeps every record over many segments, whatever the position and size of a read', () => {
    const log = new PartitionLog('t', 0, host)
    const total = 50_000
    for (let at = 0; at < total; at += 100) {
      append(
        log,
        batchOf(
          't',
          Array.from({ length: 100 }, (_, n) => [0, `k${at + n}`, 'v'.repeat((at + n) % 50)]),
        ),
      )
    }
    let next = 0
    for (let round = 0; next < total; round++) {
      const { batch } = log.read(next, 'read_committed', 1 + ((round * 7919) % 30_000))
      for (let index = 0; index < batch.length; index++, next++) {
        if (batch.offset(index) !== next) throw new Error(`${batch.offset(index)} at ${next}`)
        if (batch.key(index) !== `k${next}`) throw new Error(`a wrong key at ${next}`)
        if (batch.value(index)?.length !== next % 50) throw new Error(`a wrong value at ${next}`)
      }
      expect(batch.nextOffset).toBe(next)
    }
    expect(log.segments.length).toBeGreaterThan(2)
  })

  it('hands out memory of its own: what a reader does to it harms nobody', () => {
    const log = new PartitionLog('t', 0, host)
    append(log, one('abc'))
    log.read(0, 'read_committed', 100).batch.value(0)?.fill(0)
    expect(values(log)).toBe('0:abc > 1 end')
  })

  it('writes what a producer sends again only once', () => {
    const log = new PartitionLog('t', 0, host)
    append(log, one('before'))
    expect(append(log, one('a'), plain, 1000)).toBe(1)
    expect(append(log, one('a'), plain, 1000)).toBe(1)
    expect(append(log, one('a'), { producerId: 2, transactional: false }, 1000)).toBe(2)
    expect(log.end).toBe(3)
  })

  it('holds back from committed readers what a transaction writes, and all after it', () => {
    const log = new PartitionLog('t', 0, host)
    const [first, second] = [7, 8].map((producerId) => ({ producerId, transactional: true }))
    append(log, one('a'))
    append(log, one('b'), first)
    append(log, one('c'))
    append(log, one('d'), second)
    append(log, one('e'), first)
    expect(values(log)).toBe('0:a > 1 end')
    expect(values(log, 'read_uncommitted')).toBe('0:a 1:b 2:c 3:d 4:e > 5 end')
    log.endTransaction(7, false)
    expect(values(log)).toBe('0:a 2:c > 3 end')
    log.endTransaction(8, true)
    expect(log.end).toBe(7)
    expect(values(log)).toBe('0:a 2:c 3:d > 7 end')
    expect(values(log, 'read_committed', 4)).toBe(' > 7 end')
    expect(values(log, 'read_uncommitted')).toBe('0:a 1:b 2:c 3:d 4:e > 7 end')
  })

  it('writes no marker for a producer that wrote nothing', () => {
    const log = new PartitionLog('t', 0, host)
    log.endTransaction(7, true)
    expect(log.end).toBe(0)
  })

  it('drops what is deleted and keeps the offsets', () => {
    const log = new PartitionLog('t', 0, host)
    for (const value of ['a', 'b', 'c']) append(log, one(value))
    log.deleteBefore(2)
    expect([log.start, log.end]).toEqual([2, 3])
    expect(values(log, 'read_committed', 2)).toBe('2:c > 3 end')
    log.deleteBefore(1)
    expect(log.start).toBe(2)
    log.deleteBefore(3)
    expect(log.segments).toEqual([])
    expect(append(log, one('d'))).toBe(3)
    expect(values(log, 'read_committed', 3)).toBe('3:d > 4 end')
  })

  it('wakes those who watch whenever there is more to read', () => {
    const log = new PartitionLog('t', 0, host)
    let woken = 0
    const watcher = (): void => {
      woken++
    }
    log.watch(watcher)
    append(log, one('a'), { producerId: 7, transactional: true })
    expect(woken).toBe(1)
    log.endTransaction(7, true)
    expect(woken).toBe(2)
    log.unwatch(watcher)
    append(log, one('b'))
    expect(woken).toBe(2)
  })
})
