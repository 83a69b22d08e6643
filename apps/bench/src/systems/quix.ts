import { join } from 'node:path'
import { jobArguments } from '../job.ts'
import type { System } from '../system.ts'
import { build, peerPath } from './build.ts'

/** Quix Streams, in Python. */
export function quix(): System {
  let folder = ''
  return {
    name: 'quix',
    async prepare() {
      folder = await build('quix', (sources, target) => [
        { tool: 'python3', args: ['-m', 'venv', target] },
        {
          tool: join(target, 'bin', 'python'),
          args: ['-m', 'pip', 'install', '--quiet', '-r', join(sources, 'requirements.txt')],
        },
      ])
    },
    command: (program, job) => ({
      file: join(folder, 'bin', 'python'),
      args: [join(peerPath('quix'), `${program}.py`), ...jobArguments(job)],
    }),
  }
}
