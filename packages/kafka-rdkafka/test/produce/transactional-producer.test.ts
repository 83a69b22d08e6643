import { EventEmitter } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import type { GroupConsumer } from '@goka/interface'
import { describe, expect, it } from '@jest/globals'
import type rdkafka from 'node-rdkafka'
import { Connection } from '../../src/client/connection.ts'
import { faultCodes, faultOf } from '../../src/client-fault.ts'
import { RdkafkaGroupConsumer } from '../../src/consume/group-consumer.ts'
import type { SendOffsets } from '../../src/offset-sending.ts'
import { RdkafkaTransactionalProducer } from '../../src/produce/transactional-producer.ts'
import type { RecordSink } from '../../src/record-sink.ts'
import { clientContext } from '../client-context.ts'
import { ManualClock } from '../manual-clock.ts'

type Done = (error: unknown) => void

/** A client whose calls for transactions return when they are told to. */
class FakeClient extends EventEmitter {
  readonly calls: { readonly name: string; readonly done: Done }[] = []
  readonly beginTransaction = (done: Done): void => this.#call('begin', done)
  readonly commitTransaction = (_timeoutMs: number, done: Done): void => this.#call('commit', done)
  readonly disconnect = (done: Done): void => {
    this.#call('disconnect', () => undefined)
    done(null)
  }

  get names(): readonly string[] {
    return this.calls.map(({ name }) => name)
  }

  poll(): void {}

  #call(name: string, done: Done): void {
    this.calls.push({ name, done })
  }
}

/** Commits of offsets that do not return before they are told to. */
class FakeSendings {
  readonly left: boolean[] = []
  readonly send: SendOffsets = () => {
    const index = this.left.push(false) - 1
    return {
      returned: new Promise(() => undefined),
      leave: () => {
        this.left[index] = true
      },
    }
  }
}

/** A member that owns all partitions. */
const member = Object.create(RdkafkaGroupConsumer.prototype, {
  checkOwned: { value: () => undefined },
}) as GroupConsumer

const sink = { stop: async () => undefined } as RecordSink

function made() {
  const client = new FakeClient()
  const sendings = new FakeSendings()
  const clock = new ManualClock()
  const context = { ...clientContext('producer'), clock }
  const producer = new RdkafkaTransactionalProducer(
    context,
    Connection.wrap(client as unknown as rdkafka.Producer, 'producer-1', context),
    sink,
    sendings.send,
    {
      transactionalId: 'orders-0',
      deliveryTimeoutMs: 10_000,
      limitMs: 10_000,
      groupProtocol: 'classic',
    },
  )
  return { client, clock, sendings, producer }
}

describe('a transactional producer', () => {
  it('makes a call again that may succeed later', async () => {
    const { client, clock, producer } = made()
    const begun = producer.begin()
    client.calls[0]?.done({ ...faultOf(faultCodes.ERR__TIMED_OUT), isRetriable: true })
    await turn()
    clock.advance(20)
    await turn()
    expect(client.names).toEqual(['begin', 'begin'])
    client.calls[1]?.done(null)
    await begun
    await producer.close()
  })

  it('calls the outcome of a call indefinite that does not return in time', async () => {
    const { client, clock, producer } = made()
    const committed = producer.commit(undefined as never, []).catch((error: unknown) => error)
    await turn()
    clock.advance(8_000)
    expect(await committed).toMatchObject({
      code: 'GOKA_TRANSPORT_INDEFINITE',
      details: { reason: 'ERR__TIMED_OUT' },
    })
    client.calls[0]?.done(null)
    await producer.close()
  })

  it('goes on without a commit of offsets that never returns, and leaves its client as it is', async () => {
    const { client, clock, sendings, producer } = made()
    const offsets = [{ topic: 'orders', partition: 0, offset: 1 }]
    const committed = producer.commit(member, offsets).catch((error: unknown) => error)
    await turn()
    expect(sendings.left).toEqual([false])
    clock.advance(8_000)
    expect(await committed).toMatchObject({ code: 'GOKA_TRANSPORT_INDEFINITE' })
    expect(sendings.left).toEqual([true])
    const closed = producer.close()
    await turn()
    clock.advance(0)
    await closed
    expect(client.names).toEqual([])
  })

  it('is torn down when the call that is under way has returned, and makes none after it', async () => {
    const { client, clock, producer } = made()
    const begun = producer.begin().catch((error: unknown) => error)
    const closed = producer.close()
    expect(await begun).toMatchObject({ code: 'GOKA_TRANSPORT_CLOSED' })
    await turn()
    expect(client.names).toEqual(['begin'])
    client.calls[0]?.done({ ...faultOf(faultCodes.ERR__TIMED_OUT), isRetriable: true })
    await closed
    clock.advance(20)
    await turn()
    expect(client.names).toEqual(['begin', 'disconnect'])
  })
})
