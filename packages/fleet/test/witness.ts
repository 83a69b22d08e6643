import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

/** Hears what members say, and that they are gone: a connection ends with its process, however that ends. */
export class Witness implements AsyncDisposable {
  /** What was said: `index/processes pid what`. */
  readonly lines: string[] = []
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #watchers = new Set<() => void>()

  private constructor(server: Server) {
    this.#server = server
    server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        this.#sockets.delete(socket)
        this.#changed()
      })
      createInterface({ input: socket }).on('line', (line) => {
        this.lines.push(line)
        this.#changed()
      })
    })
  }

  static async open(): Promise<Witness> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Witness(server)
  }

  get port(): string {
    return String((this.#server.address() as AddressInfo).port)
  }

  /** How many processes are there. */
  get alive(): number {
    return this.#sockets.size
  }

  /** How often this was said, by whichever member. */
  count(what: string): number {
    return this.lines.filter((line) => line.endsWith(` ${what}`)).length
  }

  /** The last process of a member. */
  pid(index: number): number {
    const line = this.lines.findLast((each) => each.startsWith(`${index}/`))
    return Number(line?.split(' ')[1])
  }

  /** Waits until this was said so often. */
  async heard(what: string, times: number): Promise<void> {
    await this.#until(() => this.count(what) >= times, `"${what}" ${times} times`)
  }

  /** Waits until no process is left. */
  async allGone(): Promise<void> {
    await this.#until(() => this.alive === 0, 'the end of all processes')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  async #until(check: () => boolean, what: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (!check()) return
        clearTimeout(timer)
        this.#watchers.delete(look)
        resolve()
      }
      const timer = setTimeout(() => {
        this.#watchers.delete(look)
        reject(new Error(`waited in vain for ${what}; heard:\n${this.lines.join('\n')}`))
      }, 40_000)
      this.#watchers.add(look)
      look()
    })
  }

  #changed(): void {
    for (const watcher of [...this.#watchers]) watcher()
  }
}
