import { join } from 'node:path'
import type { StoreName } from '@goka/interface'

/**
 * The folder of a store: `<path>/<scope>/<topic>.<partition>`, where Goka has it too. What is not safe in the name of a
 * folder is percent-encoded, so that no group name leads out of `path` or into another store.
 */
export function storePath(path: string, { scope, topic, partition }: StoreName): string {
  const folders = scope === '' ? [] : scope.split('/')
  return join(path, ...folders.map(folderName), folderName(`${topic}.${partition}`))
}

function folderName(segment: string): string {
  // An empty name would vanish from the path; '%' alone is no encoding of anything else.
  if (segment === '') return '%'
  if (segment === '.' || segment === '..') return segment.replaceAll('.', '%2E')
  return segment.replace(/[^A-Za-z0-9._-]+/g, percentEncoded)
}

function percentEncoded(text: string): string {
  return Buffer.from(text, 'utf8').toString('hex').toUpperCase().replace(/../g, '%$&')
}
