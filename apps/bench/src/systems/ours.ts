import type { System } from '../system.ts'
import { nodeProgram } from './node-program.ts'
import type { RedisServer } from './redis-server.ts'

/** Goka for TypeScript. */
export function ours(): System {
  return {
    name: 'ours',
    prepare: async () => {},
    command: (program, job) => nodeProgram(`ours-${program}`, job),
  }
}

/** The same, with its tables in Redis. */
export function oursOnRedis(redis: RedisServer): System {
  return {
    name: 'ours',
    prepare: () => redis.start('ours'),
    command: (program, job) => ({
      ...nodeProgram(`ours-${program}`, { redis: redis.port, ...job }),
      companions: [redis.pid],
    }),
  }
}
