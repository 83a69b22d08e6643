import { string } from '@goka/codecs'
import { Goka, table, type View } from '@goka/core'
import type { Clock, Storage, Transport } from '@goka/interface'
import { memory } from '@goka/storage-memory'
import type { Simulation } from './simulation.ts'
import { TABLE } from './topics.ts'

/** A view of the group's table. */
export class Watcher {
  readonly view: View<string>
  readonly run: Promise<void>

  constructor(
    transport: Transport,
    clock: Clock,
    storage: Storage = memory(),
    clientId = 'watcher',
  ) {
    const goka = new Goka({ transport, storage, clientId, clock })
    this.view = goka.view(table(TABLE, string))
    this.run = this.view.run()
    this.run.catch(() => {})
  }

  async contents(): Promise<Readonly<Record<string, string>>> {
    const found: Record<string, string> = {}
    for await (const [key, value] of this.view.entries()) found[key] = value
    return found
  }
}

/** I5: what views see is what the table's topic holds; also a view that has followed it through everything. */
export async function checkView(
  simulation: Simulation,
  watchers: readonly Watcher[],
): Promise<void> {
  const { transport, clock, ledger } = simulation
  const late = new Watcher(transport, clock)
  await simulation.pass(100)
  await simulation.pass(2_000)
  const seen: Readonly<Record<string, string>>[] = []
  for (const one of [late, ...watchers]) {
    if (one.view.isComplete) {
      const reading = one.contents()
      await simulation.settle()
      seen.push(await reading)
    } else {
      ledger.violate('I10', 'a view is not complete')
    }
    const stopped = one.view.stop()
    await simulation.pass(0)
    await stopped
  }
  simulation.seen.push(...seen)
}
