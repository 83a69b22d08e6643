import { type Broker, type Cluster, startCluster } from '@goka/kafka-broker'
import { Proxy, unusedPort } from './proxy.ts'

const size = 3

/** A cluster that can be reached directly, and through one proxy for each broker. */
export class ProxiedCluster implements AsyncDisposable {
  readonly cluster: Cluster
  readonly #proxies: readonly Proxy[]

  private constructor(cluster: Cluster, proxies: readonly Proxy[]) {
    this.cluster = cluster
    this.#proxies = proxies
  }

  /** The addresses through the proxies: clients that begin there stay there. */
  get proxied(): string {
    return this.#proxies.map(({ port }) => `127.0.0.1:${port}`).join()
  }

  static async start(): Promise<ProxiedCluster> {
    const behind: number[] = []
    const proxies: Proxy[] = []
    for (let index = 0; index < size; index++) {
      behind.push(await unusedPort())
      proxies.push(await Proxy.start(() => behind[index] as number))
    }
    const cluster = await startCluster({
      brokers: size,
      configOf: ({ id, client, controller }) => ({
        listeners: `CLIENT://${client},CONTROLLER://${controller},PROXIED://127.0.0.1:${behind[id - 1]}`,
        'advertised.listeners': `CLIENT://${client},PROXIED://127.0.0.1:${proxies[id - 1]?.port}`,
        'listener.security.protocol.map': 'CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:PLAINTEXT',
      }),
    })
    return new ProxiedCluster(cluster, proxies)
  }

  /** The proxy in front of a broker. */
  proxyOf(broker: Broker): Proxy {
    const proxy = this.#proxies[this.cluster.nodes.indexOf(broker)]
    if (proxy === undefined) throw new Error('the broker is not of this cluster')
    return proxy
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cluster.stop()
    for (const proxy of this.#proxies) await proxy[Symbol.asyncDispose]()
  }
}
