import { Goka } from '@goka/core'
import type { Storage } from '@goka/interface'
import { rdkafka } from '@goka/kafka-rdkafka'
import { leveldb } from '@goka/storage-leveldb'
import { memory } from '@goka/storage-memory'
import { redis } from '@goka/storage-redis'
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
    storage: storage(program),
    log: stderrLogger,
  })
}

function storage(program: Program): Storage {
  switch (program.text('storage')) {
    case 'memory':
      return memory()
    case 'redis':
      return redis({ url: `redis://127.0.0.1:${program.number('redis')}` })
    default:
      return leveldb({ path: program.text('state') })
  }
}
