import { describe, expect, it } from '@jest/globals'
import type rdkafka from 'node-rdkafka'
import type { TopicLookup } from '../../src/client/topic-lookup.ts'
import { faultCodes } from '../../src/client-fault.ts'
import { ConsumerFaults } from '../../src/consume/consumer-faults.ts'
import type { FlowingPartition, PartitionFlow } from '../../src/consume/partition-flow.ts'
import { clientContext } from '../client-context.ts'

const at = { topic: 'orders', partition: 0 }

/** The faults of a consumer that reads one partition, and what it does about them. */
function reading(state: { readonly position: number; readonly paused: boolean }) {
  const partition: FlowingPartition = {
    ...at,
    ...state,
    live: true,
    leaving: false,
    broken: false,
    atEnd: false,
    reached: -1,
    movedAt: 0,
  }
  const resumed: unknown[] = []
  const removed: unknown[] = []
  const flow = {
    get: () => partition,
    resume: async (partitions: readonly unknown[]) => {
      resumed.push(...partitions)
    },
  }
  const faults = new ConsumerFaults(
    {} as unknown as rdkafka.KafkaConsumer,
    flow as unknown as PartitionFlow,
    {} as unknown as TopicLookup,
    clientContext('reader'),
    (one) => removed.push(one),
  )
  return { faults, partition, resumed, removed }
}

/** As librdkafka puts it. */
function truncation(position: number, end: number) {
  const message = `Partition log truncation detected at offset ${position} (leader epoch 0): broker end offset is ${end} (offset leader epoch 0). Reset to INVALID.: Local: Partition log truncation detected (broker 1)`
  return { ...at, code: faultCodes.ERR__AUTO_OFFSET_RESET, message }
}

describe('a truncation that librdkafka has found', () => {
  it('is a fault when records that were read are gone', () => {
    const { faults, removed } = reading({ position: 51, paused: true })
    faults.add(truncation(51, 50))
    expect(removed).toHaveLength(1)
    expect(() => faults.throwNext()).toThrow(
      expect.objectContaining({ code: 'GOKA_TRANSPORT_OFFSET_RANGE' }),
    )
  })

  it('is none when only librdkafka is past the end: a paused partition goes on when it is resumed', () => {
    const { faults, partition, resumed, removed } = reading({ position: 50, paused: true })
    faults.add(truncation(51, 50))
    faults.throwNext()
    expect([resumed, removed]).toEqual([[], []])
    expect(partition.broken).toBe(true)
  })

  it('is none when only librdkafka is past the end: any other partition goes on where it is', () => {
    const { faults, partition, resumed, removed } = reading({ position: 50, paused: false })
    faults.add(truncation(51, 50))
    faults.throwNext()
    expect(resumed).toEqual([{ ...at, offset: 50 }])
    expect(removed).toEqual([])
    expect(partition.broken).toBe(true)
  })
})

it('an offset that a broker does not have is a fault', () => {
  const { faults, removed } = reading({ position: 50, paused: false })
  const message = 'fetch failed due to requested offset not available on the broker'
  faults.add({ ...at, code: faultCodes.ERR__AUTO_OFFSET_RESET, message })
  expect(removed).toHaveLength(1)
  expect(() => faults.throwNext()).toThrow(
    expect.objectContaining({ code: 'GOKA_TRANSPORT_OFFSET_RANGE' }),
  )
})
