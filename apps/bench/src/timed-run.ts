import { type Input, lastRecords } from './input.ts'
import { type Command, Programs, type Said } from './programs.ts'
import type { Figures } from './row.ts'
import type { Session } from './session.ts'

/**
 * Lets programs process a topic to its end, and times it the same way for everybody: from the first record that reaches a
 * callback until the group has committed the ends of all partitions, as its offsets show from outside. A system whose
 * callbacks have seen the last record of each partition is told to stop, so that nobody waits for an interval to pass.
 */
export async function timedRun(
  session: Session,
  commands: readonly Command[],
  group: string,
  input: Input,
): Promise<Figures> {
  await using programs = new Programs(commands)
  await programs.all('ready')
  const beginMs = performance.now()
  programs.tell('go')
  const { atMs: firstMs } = await programs.first('first')
  await programs.until((said) => ended(said, input), 'the last records')
  const [{ endMs, usage }] = await Promise.all([
    session.cluster
      .committed(group, input.topic, input.ends, () => programs.usage())
      .then(() => ({ endMs: performance.now(), usage: programs.usage() })),
    programs.stop(),
  ])
  const records = input.ends.reduce((sum, end) => sum + end, 0)
  return {
    recordsPerSecond: (records / (endMs - firstMs)) * 1_000,
    startSeconds: (firstMs - beginMs) / 1_000,
    ...usage,
  }
}

/** Whether the last record of each partition has been processed: each by somebody, or all by one. */
export function ended(said: readonly Said[], input: Input): true | undefined {
  const ends = said.filter(({ event }) => event === 'end')
  const partitions = new Set(ends.map(({ fields }) => fields['partition']))
  return partitions.has('all') || partitions.size >= lastRecords(input) ? true : undefined
}
