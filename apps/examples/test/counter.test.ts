import { setTimeout as delay } from 'node:timers/promises'
import { Goka } from '@goka/core'
import { type EmbeddedTransport, embedded } from '@goka/kafka-embedded'
import { memory } from '@goka/storage-memory'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { counter, examples } from '../src/counter.ts'

describe('the counter', () => {
  let transport: EmbeddedTransport
  let goka: Goka
  beforeEach(async () => {
    transport = embedded()
    goka = new Goka({ transport, storage: memory() })
    const admin = await goka.admin()
    await admin.createTopic({ topic: examples.topic, partitions: 2 })
    await admin.close()
  })
  afterEach(() => transport.broker.close())

  it('counts the messages of each key', async () => {
    const keys = ['a', 'b', 'a', 'a']
    await using emitter = goka.emitter(examples)
    await Promise.all(keys.map((key) => emitter.emit(key, 'some-value')))

    await using processor = goka.processor(counter)
    const running = processor.run()
    while (processor.report().commits.records < keys.length) await delay(5)
    await processor.stop()
    await running

    await using view = goka.view(counter.table)
    await Promise.race([view.run(), view.state.until('running')])
    await expect(view.get('a')).resolves.toBe(3n)
    await expect(view.get('b')).resolves.toBe(1n)
    await expect(view.get('c')).resolves.toBeUndefined()
  })
})
