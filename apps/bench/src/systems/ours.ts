import type { System } from '../system.ts'
import { nodeProgram } from './node-program.ts'

/** Goka for TypeScript. */
export function ours(): System {
  return {
    name: 'ours',
    prepare: async () => {},
    command: (program, job) => nodeProgram(`ours-${program}`, job),
  }
}
