import { type Input, lastRecords } from './input.ts'
import { type Command, Programs, type Said } from './programs.ts'
import type { Figures } from './row.ts'
import type { Session } from './session.ts'
import { ended } from './timed-run.ts'

/**
 * Times how long a program takes from being given its partitions until each of them has processed a record, and lets it
 * finish. Also says how many records of its changelog it has read for that.
 */
export async function timedRecovery(
  session: Session,
  command: Command,
  group: string,
  input: Input,
): Promise<Figures> {
  await using programs = new Programs([command])
  await programs.all('ready')
  const beginMs = performance.now()
  programs.tell('go')
  const { atMs: assignedMs } = await programs.first('assigned')
  const readyMs = await programs.until((said) => lastOfFirsts(said, input), 'the first records')
  const usage = programs.usage()
  programs.tell('report')
  const { fields } = await programs.first('report')
  await programs.until((said) => ended(said, input), 'the last records')
  await Promise.all([
    session.cluster.committed(group, input.topic, input.ends, () => {}),
    programs.stop(),
  ])
  return {
    seconds: (readyMs - assignedMs) / 1_000,
    startSeconds: (assignedMs - beginMs) / 1_000,
    recordsRead: Number(fields['records']),
    ...usage,
  }
}

/** When the last partition had its first record. */
function lastOfFirsts(said: readonly Said[], input: Input): number | undefined {
  const firsts = said.filter(({ event }) => event === 'first')
  return firsts.length < lastRecords(input)
    ? undefined
    : Math.max(...firsts.map(({ atMs }) => atMs))
}
