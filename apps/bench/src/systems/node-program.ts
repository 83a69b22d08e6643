import { fileURLToPath } from 'node:url'
import { type Job, jobArguments } from '../job.ts'
import type { Command } from '../programs.ts'

const isSource = import.meta.url.endsWith('.ts')
const loader = fileURLToPath(new URL('../../../../config/typescript.js', import.meta.url))

/** A program of ours in Node: compiled, or from the source where this module is. */
export function nodeProgram(name: string, job: Job): Command {
  const extension = isSource ? 'ts' : 'js'
  const file = fileURLToPath(new URL(`../programs/${name}.${extension}`, import.meta.url))
  const flags = isSource ? ['--conditions=@goka/source', '--import', loader] : []
  return { file: process.execPath, args: [...flags, file, ...jobArguments(job)] }
}
