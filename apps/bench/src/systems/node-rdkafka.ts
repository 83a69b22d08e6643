import type { System } from '../system.ts'
import { nodeProgram } from './node-program.ts'

/** What node-rdkafka does by itself, with nothing kept. */
export function nodeRdkafka(): System {
  return {
    name: 'node-rdkafka',
    prepare: async () => {},
    command: (program, job) => nodeProgram(`node-rdkafka-${program}`, job),
  }
}
