import type { TableCopy } from '../table/table-copy.ts'

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
