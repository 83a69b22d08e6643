import assert from 'node:assert/strict'
import type { Admin } from '@goka/interface'
import { expectCode } from '../expect-code.ts'
import { batchOf, texts } from './batch-of.ts'
import { eventually } from './deadline.ts'
import { place } from './inbox.ts'
import type { TransportTests } from './transport-case.ts'

async function committedBy(admin: Admin, group: string): Promise<Record<string, number>> {
  const found = await admin.groupOffsets(group)
  return Object.fromEntries(found.map((position) => [place(position), position.offset]))
}

export const groupOffsetTests: TransportTests = {
  'what a group committed is told as the capability says': async ({
    transport,
    admin,
    topic,
    name,
    producer,
    member,
  }) => {
    const client = await admin()
    const group = name('group')
    if (!transport.capabilities.groupOffsets) {
      await expectCode('GOKA_TRANSPORT_UNSUPPORTED', () => client.groupOffsets(group))
      return
    }
    assert.deepEqual(await client.groupOffsets(group), [])
    const known = await topic(3)
    await (await producer()).send(batchOf(known, texts('record', 5)))
    const reader = await member({ group, topics: [known] })
    await reader.until('reading 5 records', () => reader.inbox.records.length === 5)
    await reader.consumer.commit([
      { topic: known, partition: 0, offset: 5 },
      { topic: known, partition: 2, offset: 0 },
    ])
    const expected = { [`${known}/0`]: 5, [`${known}/2`]: 0 }
    assert.deepEqual(await committedBy(client, group), expected)
    await reader.close()
    assert.deepEqual(await committedBy(client, group), expected)
    assert.deepEqual(await client.groupOffsets(name('other-group')), [])
  },

  'what a group committed is set as the capability says': async ({
    transport,
    admin,
    topic,
    name,
    producer,
    member,
  }) => {
    const client = await admin()
    const group = name('group')
    const known = await topic(2)
    const positions = [
      { topic: known, partition: 0, offset: 3 },
      { topic: known, partition: 1, offset: 0 },
    ]
    if (!transport.capabilities.groupOffsets) {
      const set = client.alterGroupOffsets(group, positions)
      await expectCode('GOKA_TRANSPORT_UNSUPPORTED', () => set)
      return
    }
    await client.alterGroupOffsets(group, positions)
    assert.deepEqual(await committedBy(client, group), { [`${known}/0`]: 3, [`${known}/1`]: 0 })
    await client.alterGroupOffsets(group, [{ topic: known, partition: 0, offset: 2 }])
    assert.deepEqual(await committedBy(client, group), { [`${known}/0`]: 2, [`${known}/1`]: 0 })
    await (await producer()).send(batchOf(known, texts('record', 5)))
    const reader = await member({ group, topics: [known] })
    await reader.until('reading 3 records', () => reader.inbox.records.length === 3)
    const partition = { topic: known, partition: 0 }
    assert.deepEqual(reader.inbox.values(partition), texts('record', 5).slice(2))
  },

  'what a group with members committed cannot be set': async ({
    transport,
    admin,
    topic,
    name,
    member,
  }) => {
    const client = await admin()
    const group = name('group')
    const known = await topic(1)
    const reader = await member({ group, topics: [known] })
    await reader.until('the assignment', () => reader.owned.size === 1)
    const positions = [{ topic: known, partition: 0, offset: 3 }]
    const code = transport.capabilities.groupOffsets
      ? 'GOKA_TRANSPORT_FAILED'
      : 'GOKA_TRANSPORT_UNSUPPORTED'
    await expectCode(code, () => client.alterGroupOffsets(group, positions))
    assert.deepEqual(await reader.consumer.committed(positions), [])
    if (!transport.capabilities.groupOffsets) return
    await reader.close()
    await eventually(() => client.alterGroupOffsets(group, positions))
    assert.deepEqual(await committedBy(client, group), { [`${known}/0`]: 3 })
  },
}
