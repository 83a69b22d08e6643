import type { System } from '../system.ts'
import { nodeProgram } from './node-program.ts'

/** The native part alone: batches in, batches out, and nothing kept. The limit of what is built on it. */
export function addon(): System {
  return {
    name: 'addon',
    prepare: async () => {},
    command: (program, job) => nodeProgram(`addon-${program}`, job),
  }
}
