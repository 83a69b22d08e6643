import { EventEmitter } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { ConnectionWatch } from '../../src/client/connection-watch.ts'
import type { AnyClient } from '../../src/client/librdkafka-log.ts'
import { faultCodes, faultOf } from '../../src/client-fault.ts'
import { clientContext } from '../client-context.ts'
import { until } from '../until.ts'

/** A client whose broker can be taken away. */
class FakeClient extends EventEmitter {
  up = true
  asked = 0
  answered = 0

  getMetadata(_options: unknown, done: (error: unknown) => void): void {
    this.asked++
    setImmediate(() => {
      done(this.up ? null : faultOf(faultCodes.ERR__TRANSPORT))
      this.answered++
    })
  }

  lose(): void {
    this.up = false
    this.fail(faultCodes.ERR__ALL_BROKERS_DOWN)
  }

  fail(code: number): void {
    this.emit('event.error', faultOf(code))
  }
}

function watched() {
  const client = new FakeClient()
  const context = clientContext('watched')
  const watch = new ConnectionWatch(client as unknown as AnyClient, context)
  return { client, watch, told: context.told }
}

describe('the watch over a connection', () => {
  it('tells once that the last broker is lost, and once that one is back', async () => {
    const { client, told } = watched()
    client.lose()
    client.fail(faultCodes.ERR__ALL_BROKERS_DOWN)
    await until(() => told.length === 1)
    expect(told[0]).toMatchObject({ up: false, cause: { code: 'GOKA_TRANSPORT_FAILED' } })
    client.up = true
    await until(() => told.length === 2)
    expect(told[1]).toEqual({ up: true, cause: undefined })
  })

  it('tells nothing of a connection that was closed for being idle', async () => {
    const { client, told } = watched()
    client.fail(faultCodes.ERR__ALL_BROKERS_DOWN)
    await until(() => client.answered === 1)
    await turn()
    expect(told).toEqual([])
  })

  it('hands other faults on, but not what is the connection’s', () => {
    const { client, watch } = watched()
    const seen: number[] = []
    watch.onFault(({ code }) => seen.push(code))
    client.fail(faultCodes.ERR__ALL_BROKERS_DOWN)
    client.fail(faultCodes.ERR__FATAL)
    expect(seen).toEqual([faultCodes.ERR__FATAL])
  })

  it('is quiet once it was stopped', async () => {
    const { client, watch, told } = watched()
    client.lose()
    await until(() => told.length === 1)
    watch.stop()
    client.fail(faultCodes.ERR__ALL_BROKERS_DOWN)
    client.fail(faultCodes.ERR__FATAL)
    client.up = true
    await turn()
    expect(told.length).toBe(1)
    expect(client.answered).toBe(client.asked)
  })
})
