import type { System } from '../system.ts'
import { nodeProgram } from './node-program.ts'
import type { RedisServer } from './redis-server.ts'

/** What a Node team writes without a library: kafkajs, and the counts in Redis. */
export function byHand(redis: RedisServer): System {
  return {
    name: 'by-hand',
    prepare: () => redis.start('by-hand'),
    command: (program, job) => ({
      ...nodeProgram(`by-hand-${program}`, { redis: redis.port, ...job }),
      companions: [redis.pid],
    }),
  }
}
