import type {
  GroupConsumer,
  Producer,
  Storage,
  Store,
  TransactionalProducer,
  Transport,
} from '@goka/interface'
import type { CrashPoint } from './crash-point.ts'

/** A transport whose producers and consumers reach the steps of a commit; tells under which id transactions are made. */
export function crashingTransport(
  transport: Transport,
  point: CrashPoint,
  onTransactionalId: (id: string) => void,
): Transport {
  const consumers = new Map<GroupConsumer, GroupConsumer>()
  return wrap(transport, {
    async producer(...args: Parameters<Transport['producer']>) {
      return crashingProducer(await transport.producer(...args), point)
    },
    async transactionalProducer(...args: Parameters<Transport['transactionalProducer']>) {
      onTransactionalId(args[0].transactionalId)
      const producer = await transport.transactionalProducer(...args)
      return wrap(crashingProducer(producer, point), {
        async begin() {
          point.reach('before begin')
          await producer.begin()
          point.reach('after begin')
        },
        async commit(...[consumer, offsets]: Parameters<TransactionalProducer['commit']>) {
          point.reach('before commit')
          await producer.commit(consumers.get(consumer) ?? consumer, offsets)
          point.reach('after commit')
        },
      })
    },
    async groupConsumer(...args: Parameters<Transport['groupConsumer']>) {
      const consumer = await transport.groupConsumer(...args)
      const crashing = wrap(consumer, {
        async commit(offsets: Parameters<GroupConsumer['commit']>[0]) {
          point.reach('before offsets')
          await consumer.commit(offsets)
          point.reach('after offsets')
        },
      })
      consumers.set(crashing, consumer)
      return crashing
    },
  })
}

/** A storage whose stores reach the last steps of a commit. */
export function crashingStorage(storage: Storage, point: CrashPoint): Storage {
  return wrap(storage, {
    async open(...args: Parameters<Storage['open']>) {
      const store = await storage.open(...args)
      return wrap(store, {
        async write(batch: Parameters<Store['write']>[0]) {
          point.reach('before store')
          await store.write(batch)
          point.reach('after store')
        },
      })
    },
  })
}

function crashingProducer<P extends Producer>(producer: P, point: CrashPoint): P {
  return wrap(producer, {
    async send(batch: Parameters<Producer['send']>[0]) {
      point.reach('before send')
      const positions = await producer.send(batch)
      point.reach('after send')
      return positions
    },
  })
}

// `target` with some functions replaced; the others are called on it, as they may have private state.
function wrap<T extends object>(target: T, replaced: Readonly<Record<string, unknown>>): T {
  return new Proxy(target, {
    get(_, name) {
      if (typeof name === 'string' && name in replaced) return replaced[name]
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}
