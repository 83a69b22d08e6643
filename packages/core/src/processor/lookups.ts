import type { ClientContext, Storage, Transport } from '@goka/interface'
import type { Edges } from '../graph/edges.ts'
import type { Partitioner } from '../partitioner.ts'
import { TableCopy } from '../table/table-copy.ts'
import type { ProcessorSettings } from './processor-options.ts'

export interface LookupsOptions {
  readonly edges: Edges
  readonly settings: ProcessorSettings
  readonly transport: Transport
  readonly storage: Storage | undefined
  readonly scope: string
  readonly partitioner: Partitioner
  readonly context: ClientContext
}

/** The tables that callbacks may look any key up in: complete copies, shared by all partitions of an instance. */
export class Lookups {
  readonly #copies: ReadonlyMap<string, TableCopy>

  constructor(copies: ReadonlyMap<string, TableCopy>) {
    this.#copies = copies
  }

  get copies(): ReadonlyMap<string, TableCopy> {
    return this.#copies
  }

  /** Fills all copies; resolves when they are complete, or stopped. */
  async start(onFault: (error: unknown) => void): Promise<void> {
    await Promise.all(
      [...this.#copies.values()].map(async (copy) => {
        copy.run().catch(onFault)
        await copy.state.until(['running', 'stopped'])
      }),
    )
  }

  /** Ends the copies; resolves when their stores are closed. */
  async stop(): Promise<void> {
    await Promise.all(
      [...this.#copies.values()].map(async (copy) => {
        copy.stop()
        if (copy.state.current !== 'idle') await copy.state.until('stopped')
      }),
    )
  }
}

/** The lookups of a group; none without a storage. */
export function makeLookups(options: LookupsOptions): Lookups {
  const { edges, settings, transport, storage, scope, partitioner, context } = options
  const { restart } = settings
  if (storage === undefined) return new Lookups(new Map())
  const cacheBytes = settings.cacheBytes / (edges.lookups.length + 1)
  return new Lookups(
    new Map(
      edges.lookups.map(({ topic }) => [
        topic,
        new TableCopy({
          topic,
          scope,
          transport,
          storage,
          partitioner,
          cacheBytes,
          restart,
          context,
        }),
      ]),
    ),
  )
}
