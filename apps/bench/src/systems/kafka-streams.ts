import { join } from 'node:path'
import { jobArguments } from '../job.ts'
import type { System } from '../system.ts'
import { build, peerPath, runTool } from './build.ts'

/** Kafka Streams, in Java. */
export function kafkaStreams(): System {
  let folder = ''
  return {
    name: 'kafka-streams',
    async prepare() {
      await runTool('kafka-streams', 'java', ['-version'], peerPath('kafka-streams'))
      folder = await build('kafka-streams', (_, target) => [
        {
          tool: 'mvn',
          args: [
            ...['--batch-mode', '--no-transfer-progress', '--quiet', `-DbuildFolder=${target}`],
            ...['compile', 'dependency:copy-dependencies', '-DincludeScope=runtime'],
            `-DoutputDirectory=${join(target, 'lib')}`,
          ],
        },
      ])
    },
    command(program, job) {
      const path = `${join(folder, 'classes')}:${join(folder, 'lib', '*')}`
      return { file: 'java', args: ['-cp', path, 'bench.Main', program, ...jobArguments(job)] }
    },
  }
}
