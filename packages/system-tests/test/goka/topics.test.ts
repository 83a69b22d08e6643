import { integer, string } from '@goka/codecs'
import { defineGroup, stream } from '@goka/core'
import { sharedBroker } from '@goka/kafka-broker'
import { expect, it } from '@jest/globals'
import { Instances, rejection } from '../../src/instances.ts'

it('the topics of a group are made with the 123 partitions of its input, and taken as they are the next time', async () => {
  await using instances = await Instances.make(sharedBroker())
  const { name } = instances
  await instances.createTopic(name, 123)
  const group = defineGroup(name)
    .persist(integer)
    .loop(string, () => {})
    .input(stream(name, string), () => {})
  const admin = await instances.goka().admin()
  try {
    for (let time = 0; time < 2; time++) {
      const { runner, run } = instances.start(group, 'one', {
        topics: { tableConfig: { 'segment.ms': '600000' } },
      })
      await Promise.race([runner.state.until('running'), run])
      await runner.stop()
      await run
      const found = await admin.topics([`${name}-table`, `${name}-loop`, `${name}-unknown`])
      expect(new Map([...found].map(([topic, { partitions }]) => [topic, partitions]))).toEqual(
        new Map([
          [`${name}-table`, 123],
          [`${name}-loop`, 123],
        ]),
      )
    }
    expect(await admin.topicConfig(`${name}-table`)).toMatchObject({
      'cleanup.policy': 'compact',
      'segment.ms': '600000',
    })
    expect(await admin.topicConfig(`${name}-loop`)).toMatchObject({ 'cleanup.policy': 'delete' })
    // The broker is the only one.
    const twice = instances.start(group, 'one', { topics: { replicationFactor: 2 } })
    expect(await rejection(twice.run)).toMatchObject({
      code: 'GOKA_TOPIC_MISMATCH',
      details: { property: 'replication.factor', expected: '2', found: '1' },
    })
    await admin.createPartitions(name, 124)
    const { run } = instances.start(group, 'one')
    expect(await rejection(run)).toMatchObject({
      code: 'GOKA_TOPIC_MISMATCH',
      details: { topic: `${name}-table`, property: 'partitions', expected: '124', found: '123' },
    })
  } finally {
    await admin.close()
  }
})
