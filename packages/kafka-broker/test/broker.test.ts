import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type GokaError, isGokaError } from '@goka/interface'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { type Broker, startBroker } from '../src/broker.ts'
import type {} from '../src/errors.ts'
import { freePort, isFree } from '../src/free-port.ts'
import { handshake } from '../src/handshake.ts'
import type { BrokerOptions } from '../src/options.ts'
import { isRunning, until } from './process.ts'

/** Java's exit code after SIGTERM. */
const inOrder = { code: 143, signal: null }

describe('a broker on a folder of its own', () => {
  let broker: Broker
  let dataPath: string
  let port: number
  let clusterId: string

  beforeAll(async () => {
    dataPath = await mkdtemp(join(tmpdir(), 'broker-test-'))
    broker = await startBroker({ dataPath })
    port = Number(broker.brokers.split(':')[1])
    clusterId = (await handshake(port, 1_000)).clusterId
  })
  afterAll(async () => {
    await broker.stop()
    await rm(dataPath, { recursive: true })
  })

  it('serves on loopback as soon as the start resolves, and sends clients to itself', async () => {
    expect(broker.brokers).toBe(`127.0.0.1:${port}`)
    expect(await handshake(port, 1_000)).toEqual({ clusterId, brokerPorts: [port] })
    expect(clusterId).toMatch(/^[\w-]{22}$/)
  })

  it('shares its folder with no other broker, and takes no harm from the attempt', async () => {
    const error = await startFailure({ dataPath, logPath: join(dataPath, 'second.log') })
    expect(error.message).toContain('Failed to acquire lock')
    expect(await handshake(port, 1_000)).toEqual({ clusterId, brokerPorts: [port] })
  })

  it('keeps address and data over a restart in order', async () => {
    const { pid, exited } = broker
    await broker.restart()
    expect(await exited).toEqual(inOrder)
    expect(broker.pid).not.toBe(pid)
    expect(isRunning(pid)).toBe(false)
    expect(await handshake(port, 1_000)).toEqual({ clusterId, brokerPorts: [port] })
  })

  it('keeps address and data over a crash', async () => {
    broker.kill('SIGKILL')
    expect(await broker.exited).toEqual({ code: null, signal: 'SIGKILL' })
    await expect(handshake(port, 1_000)).rejects.toThrow()
    await broker.restart()
    expect(await handshake(port, 1_000)).toEqual({ clusterId, brokerPorts: [port] })
  })

  it('hangs on SIGSTOP and serves again on SIGCONT', async () => {
    broker.kill('SIGSTOP')
    await expect(handshake(port, 300)).rejects.toThrow('no answer in 300 ms')
    broker.kill('SIGCONT')
    await until(async () => (await handshake(port, 1_000)).brokerPorts.includes(port))
  })

  it('stops while it hangs, frees its port and keeps its folder', async () => {
    const { pid } = broker
    broker.kill('SIGSTOP')
    await broker.stop()
    expect(await broker.exited).toEqual(inOrder)
    expect(isRunning(pid)).toBe(false)
    expect(await isFree(port)).toBe(true)
    expect(existsSync(join(dataPath, 'data', 'meta.properties'))).toBe(true)
  })

  it('does not restart after its stop, which may be called twice', async () => {
    await broker.stop()
    await expect(broker.restart()).rejects.toMatchObject({ code: 'KAFKA_BROKER_STOPPED' })
  })

  it('is the same cluster when another broker is started on the folder', async () => {
    const logPath = join(dataPath, 'second.log')
    await using second = await startBroker({ dataPath, logPath })
    const secondPort = Number(second.brokers.split(':')[1])
    expect(await handshake(secondPort, 1_000)).toEqual({ clusterId, brokerPorts: [secondPort] })
    expect(await readFile(logPath, 'utf8')).toContain('Kafka Server started')
  })
})

describe('a broker on a temporary folder', () => {
  it('removes the folder when it stops; several run side by side', async () => {
    const brokers = await Promise.all([startBroker(), startBroker({ heapMb: 256 })])
    const folders = brokers.map(({ pid }) => folderOf(pid))
    expect(folders.map((folder) => existsSync(folder))).toEqual([true, true])
    const ids = await Promise.all(
      brokers.map(({ brokers: address }) => handshake(Number(address.split(':')[1]), 1_000)),
    )
    expect(ids[0]?.clusterId).not.toBe(ids[1]?.clusterId)
    await Promise.all(brokers.map((broker) => broker.stop()))
    expect(folders.map((folder) => existsSync(folder))).toEqual([false, false])
  })

  it('takes configuration, and tells in the error what the broker complains of', async () => {
    const error = await startFailure({ config: { 'num.io.threads': 'many' } })
    expect(error.message).toContain('num.io.threads')
    expect(error.details.log).toContain('num.io.threads')
    expect(existsSync(dirname(error.details.logPath))).toBe(false)
  })

  it('is not started on a port in use', async () => {
    const port = await freePort()
    const other = createServer().listen(port, '127.0.0.1')
    try {
      await expect(startBroker({ port })).rejects.toMatchObject({
        code: 'GOKA_OPTION_INVALID',
        details: { option: 'port', received: String(port) },
      })
    } finally {
      other.close()
    }
  })
})

describe('the log cleaner and the coordinators', () => {
  let broker: Broker | undefined
  afterEach(() => broker?.stop())

  it('leave the log without errors and complaints about the configuration', async () => {
    const logPath = join(await mkdtemp(join(tmpdir(), 'broker-test-')), 'broker.log')
    broker = await startBroker({ logPath })
    const log = await readFile(logPath, 'utf8')
    expect(log).not.toMatch(/ERROR|FATAL|deprecated/)
    await rm(dirname(logPath), { recursive: true })
  })
})

/** The folder that a broker's process was told to run on. */
function folderOf(pid: number): string {
  const command = execFileSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)], {
    encoding: 'utf8',
  })
  return dirname(/\S+server\.properties/.exec(command)?.[0] ?? '')
}

async function startFailure(
  options: BrokerOptions,
): Promise<GokaError<'KAFKA_BROKER_START_FAILED'>> {
  const error: unknown = await startBroker(options).then(
    (broker) => broker.stop(),
    (reason: unknown) => reason,
  )
  if (isGokaError(error, 'KAFKA_BROKER_START_FAILED')) return error
  throw new Error('the broker started or failed in another way', { cause: error })
}
