// A member whose processor only waits. Its argument says how it misbehaves; it tells a witness how far it is.
import { once } from 'node:events'
import { connect } from 'node:net'
import type { ProcessorReport, ProcessorState } from '@goka/core'
import { type MemberProcessor, runMember } from '@goka/fleet/member'
import { GokaError } from '@goka/interface'

const [behaviour = 'steady', port = ''] = process.argv.slice(2)
const witness = connect(Number(port), '127.0.0.1')
await once(witness, 'connect')
witness.unref()
witness.on('error', () => {})

await runMember(async ({ index, processes, log, signal }) => {
  const tell = (what: string): void => {
    witness.write(`${index}/${processes} ${process.pid} ${what}\n`)
  }
  tell('loaded')
  if (behaviour === 'crash' && index === 0) {
    process.stderr.write('the disk is on fire\n')
    process.exit(3)
  }
  if (behaviour === 'throw') throw new TypeError('this is no processor', { cause: { code: 7 } })
  process.on('SIGTERM', () => tell('reminded'))
  // It does not come to its end.
  if (behaviour === 'deaf') setInterval(() => {}, 1_000)
  let onState: (state: ProcessorState, previous: ProcessorState) => void = () => {}
  const processor: MemberProcessor = {
    state: {
      onChange: (listener) => {
        onState = listener
        return () => {}
      },
    },
    report: () => ({ group: 'g', ...sample(index) }) as ProcessorReport,
    run: async () => {
      onState('running', 'starting')
      const cause = new TypeError('too hot')
      const err = new GokaError('GOKA_TOPIC_UNKNOWN', 'no such topic', { topic: 't' }, { cause })
      log.child({ part: 'fake' }).warn({ err, big: 1n, call: () => {} }, 'structured')
      console.log('printed')
      tell('running')
      const alive = setInterval(() => {}, 2 ** 30)
      if (!signal.aborted) await once(signal, 'abort')
      clearInterval(alive)
      console.log('printed to nobody, maybe')
      log.info('in vain, maybe')
      tell('stopping')
      if (behaviour === 'talk') {
        for (let number = 1; number <= 5_000; number++) log.info({ number }, 'x'.repeat(100))
      }
      if (behaviour === 'deaf') await new Promise(() => {})
      tell('stopped')
    },
  }
  return processor
})

function sample(index: number): Partial<ProcessorReport> {
  const partition = {
    state: 'running' as const,
    sinceMs: 1,
    inFlight: 0,
    queuedBytes: 0,
    uncommittedBytes: 0,
    errors: 1,
    skipped: 2,
    retries: 3,
    emitted: 4,
    inputs: [],
    tables: [],
  }
  return {
    partitions: [
      { ...partition, partition: 1 - index },
      { ...partition, partition: 3 - index },
    ],
    commits: {
      count: 10,
      lastMs: 1,
      lastDurationMs: 1,
      maxDurationMs: 1,
      records: 100,
      tableWrites: 50 + index,
    },
  }
}
