import { join } from 'node:path'
import { jobArguments } from '../job.ts'
import type { System } from '../system.ts'
import { build } from './build.ts'

/** The original, in Go. */
export function goka(): System {
  let folder = ''
  return {
    name: 'goka',
    async prepare() {
      folder = await build('goka', (_, target) => [
        { tool: 'go', args: ['build', '-o', join(target, 'bench'), '.'] },
      ])
    },
    command: (program, job) => ({
      file: join(folder, 'bench'),
      args: [program, ...jobArguments(job)],
    }),
  }
}
