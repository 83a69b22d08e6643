import type { AddressInfo } from 'node:net'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** A TCP proxy on the loopback interface that can cut its connections and stall them. */
export class Proxy implements AsyncDisposable {
  readonly port: number
  readonly #server: Server
  readonly #pairs = new Set<readonly [Socket, Socket]>()
  #isStalled = false
  #isClosed = false

  private constructor(server: Server) {
    this.#server = server
    this.port = (server.address() as AddressInfo).port
  }

  /** @param targetPort - asked for each connection: where to connect to */
  static async start(targetPort: () => number): Promise<Proxy> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const proxy = new Proxy(server)
    server.on('connection', (client) => {
      if (proxy.#isClosed) reset(client)
      else proxy.#join(client, connect(targetPort(), '127.0.0.1'))
    })
    return proxy
  }

  /** Breaks all connections. */
  cut(): void {
    for (const [client, broker] of this.#pairs) {
      reset(client)
      reset(broker)
    }
    this.#pairs.clear()
  }

  /** Breaks all connections, and each new one, until `heal`. */
  sever(): void {
    this.#isClosed = true
    this.cut()
  }

  heal(): void {
    this.#isClosed = false
  }

  /** Passes nothing on until `flow`; connections stay. */
  stall(): void {
    this.#isStalled = true
    for (const sockets of this.#pairs) for (const socket of sockets) socket.pause()
  }

  flow(): void {
    this.#isStalled = false
    for (const sockets of this.#pairs) for (const socket of sockets) socket.resume()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
  }

  #join(client: Socket, broker: Socket): void {
    const pair = [client, broker] as const
    this.#pairs.add(pair)
    const end = (): void => {
      this.#pairs.delete(pair)
      client.destroy()
      broker.destroy()
    }
    for (const [from, to] of [pair, [broker, client] as const]) {
      from.on('data', (bytes) => {
        if (!to.write(bytes)) {
          from.pause()
          to.once('drain', () => {
            if (!this.#isStalled) from.resume()
          })
        }
      })
      from.on('error', end)
      from.on('close', end)
    }
    if (this.#isStalled) for (const socket of pair) socket.pause()
  }
}

/**
 * Breaks a connection as a crash does. One that is being shut down libuv does not reset, and Node then never frees the handle and
 * spins at the end of the process: such a one is destroyed.
 */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy()
  else socket.resetAndDestroy()
}

/** A port that nobody listens on now. */
export async function unusedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  return port
}
