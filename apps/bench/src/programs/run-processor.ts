import type { Goka, Group, Shape } from '@goka/core'
import type { Program } from './program.ts'

/** Runs a processor of a group from the word to begin until it is told to stop, and says what it has read of its table. */
export async function runProcessor<G extends Shape>(
  program: Program,
  goka: Goka,
  group: Group<string, G>,
): Promise<void> {
  const processor = goka.processor(group, {
    guarantee: program.text('guarantee') as 'at-least-once' | 'exactly-once',
    recoverAhead: program.has('recoverAhead'),
    listener: { assigned: () => program.say('assigned') },
  })
  await program.begin()
  const running = processor.run()
  running.catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`)
    process.exit(1)
  })
  void program.told('report').then(() => {
    const tables = processor.report().partitions.flatMap((partition) => partition.tables)
    const records = tables.reduce((sum, { recordsRead }) => sum + recordsRead, 0)
    program.say('report', { records })
  })
  await program.told('stop')
  await processor.stop()
  await running
  process.exit(0)
}
