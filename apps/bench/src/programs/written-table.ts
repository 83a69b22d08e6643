import { writeFile } from 'node:fs/promises'

/** Writes a table to a file, for those who keep it nowhere else. */
export async function writeTable(
  file: string,
  counts: Iterable<readonly [string, number | string]>,
): Promise<void> {
  const lines = Array.from(counts, ([key, count]) => `${key}\t${count}\n`)
  await writeFile(file, lines.join(''), 'latin1')
}
