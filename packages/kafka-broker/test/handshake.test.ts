import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from '@jest/globals'
import { freePort } from '../src/free-port.ts'
import { handshake } from '../src/handshake.ts'

describe('the handshake', () => {
  let server: Server | undefined
  const sockets: Socket[] = []
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy()
    server?.close()
  })

  async function listen(onConnection: (socket: Socket) => void): Promise<number> {
    server = createServer((socket) => {
      sockets.push(socket)
      onConnection(socket)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }

  const apiVersions = Buffer.from([0, 0, 0, 10, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0])
  const metadata = Buffer.concat([
    Buffer.from([0, 0, 0, 35, 0, 0, 0, 2, 0, 0, 0, 1]),
    Buffer.from([0, 0, 0, 1, 0, 1, 0x68, 0, 0, 0x23, 0x84, 0xff, 0xff]),
    Buffer.from([0, 2, 0x69, 0x64, 0, 0, 0, 1, 0, 0, 0, 0]),
  ])
  metadata.writeInt32BE(metadata.length - 4, 0)

  it('reads answers that come in pieces', async () => {
    const port = await listen((socket) => {
      socket.setNoDelay(true)
      const bytes = Buffer.concat([apiVersions, metadata])
      let at = 0
      const next = (): void => {
        if (at === bytes.length) return
        socket.write(bytes.subarray(at, ++at), () => setImmediate(next))
      }
      next()
    })
    expect(await handshake(port, 5_000)).toEqual({ clusterId: 'id', brokerPorts: [9092] })
  })

  it('rejects an error of the broker', async () => {
    const refused = Buffer.from(apiVersions)
    refused.writeInt16BE(35, 8)
    const port = await listen((socket) => socket.write(Buffer.concat([refused, metadata])))
    await expect(handshake(port, 5_000)).rejects.toThrow('error 35')
  })

  it('rejects what is not Kafka', async () => {
    const port = await listen((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await expect(handshake(port, 5_000)).rejects.toThrow()
  })

  it('rejects an answer that is cut short', async () => {
    const cut = Buffer.from(metadata.subarray(0, 20))
    cut.writeInt32BE(16, 0)
    const port = await listen((socket) => socket.write(Buffer.concat([apiVersions, cut])))
    await expect(handshake(port, 5_000)).rejects.toMatchObject({ code: 'ERR_OUT_OF_RANGE' })
  })

  it('rejects silence after its time', async () => {
    const port = await listen(() => undefined)
    await expect(handshake(port, 50)).rejects.toThrow('no answer in 50 ms')
  })

  it('rejects a port that nobody listens on', async () => {
    await expect(handshake(await freePort(), 5_000)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })
})
