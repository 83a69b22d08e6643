import { type Broker, startBroker } from '@goka/kafka-broker'
import { Proxy, unusedPort } from './proxy.ts'

/** A broker that can be reached directly, and through a proxy that breaks connections. */
export class ProxiedBroker implements AsyncDisposable {
  readonly proxy: Proxy
  readonly broker: Broker

  private constructor(proxy: Proxy, broker: Broker) {
    this.proxy = proxy
    this.broker = broker
  }

  /** The address through the proxy: clients that begin there stay there. */
  get brokers(): string {
    return `127.0.0.1:${this.proxy.port}`
  }

  static async start(): Promise<ProxiedBroker> {
    const [port, controllerPort, behindPort] = [
      await unusedPort(),
      await unusedPort(),
      await unusedPort(),
    ]
    const proxy = await Proxy.start(() => behindPort)
    const broker = await startBroker({
      port,
      config: {
        listeners: `CLIENT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort},PROXIED://127.0.0.1:${behindPort}`,
        'advertised.listeners': `CLIENT://127.0.0.1:${port},PROXIED://127.0.0.1:${proxy.port}`,
        'listener.security.protocol.map': 'CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:PLAINTEXT',
        'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
      },
    })
    return new ProxiedBroker(proxy, broker)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.broker.stop()
    await this.proxy[Symbol.asyncDispose]()
  }
}
