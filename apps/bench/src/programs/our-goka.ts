import { Goka } from '@goka/core'
import { rdkafka } from '@goka/kafka-rdkafka'
import { leveldb } from '@goka/storage-leveldb'
import { memory } from '@goka/storage-memory'
import { type Program, stderrLogger } from './program.ts'

/** A Goka with the storage that the program was told. */
export function ourGoka(program: Program): Goka {
  return new Goka({
    transport: rdkafka({
      brokers: program.brokers(),
      ...(program.has('sessionTimeoutMs') && {
        sessionTimeoutMs: program.number('sessionTimeoutMs'),
      }),
    }),
    storage:
      program.text('storage') === 'memory' ? memory() : leveldb({ path: program.text('state') }),
    log: stderrLogger,
  })
}
