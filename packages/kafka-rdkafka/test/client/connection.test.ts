import { EventEmitter } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import type rdkafka from 'node-rdkafka'
import { Connection } from '../../src/client/connection.ts'
import { clientContext, silent } from '../client-context.ts'
import { ManualClock } from '../manual-clock.ts'

/** A client that is gone once it is let go. */
class FakeClient extends EventEmitter {
  letGo: (() => void) | undefined

  disconnect(done: (error: unknown) => void): void {
    this.letGo = () => done(null)
  }
}

function wrapped() {
  const client = new FakeClient()
  const clock = new ManualClock()
  const warnings: string[] = []
  const log = { ...silent, warn: (_facts: unknown, text?: string) => warnings.push(text ?? '') }
  const connection = Connection.wrap(client as unknown as rdkafka.KafkaConsumer, 'consumer-1', {
    ...clientContext('wrapped'),
    clock,
    log,
  })
  return { client, clock, warnings, connection }
}

describe('a connection that is closed', () => {
  it('disconnects its client once', async () => {
    const { client, warnings, connection } = wrapped()
    const closed = Promise.all([connection.close(), connection.close()])
    await turn()
    client.letGo?.()
    await closed
    expect(warnings).toEqual([])
  })

  it('lets the calls that are under way return first, those that failed too', async () => {
    const { client, connection } = wrapped()
    let succeed = (): void => undefined
    let fail: (error: Error) => void = () => undefined
    const calls = [
      connection.during(new Promise<void>((resolve) => (succeed = resolve))),
      connection.during(new Promise<void>((_resolve, reject) => (fail = reject))),
    ]
    const settled = Promise.allSettled(calls)
    const closed = connection.close()
    await turn()
    expect(client.letGo).toBeUndefined()
    succeed()
    await turn()
    expect(client.letGo).toBeUndefined()
    fail(new Error('the call has failed'))
    expect((await settled).map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    await turn()
    client.letGo?.()
    await closed
  })

  it('goes on without a call that does not return, and disconnects when it has', async () => {
    const { client, clock, warnings, connection } = wrapped()
    let succeed = (): void => undefined
    void connection.during(new Promise<void>((resolve) => (succeed = resolve)))
    const closed = connection.close()
    await turn()
    clock.advance(10_000)
    await closed
    expect(warnings).toEqual([
      'the kafka client was not torn down in time and goes on in the background',
    ])
    expect(client.letGo).toBeUndefined()
    succeed()
    await turn()
    expect(client.letGo).toBeDefined()
  })
})
