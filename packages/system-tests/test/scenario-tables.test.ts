import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from '@jest/globals'

const root = new URL('../../../', import.meta.url)

/** The source of a file, by its path from `packages/`, or from above it for an application. */
function sourceOf(file: string): string {
  return readFileSync(fileURLToPath(new URL(file, new URL('packages/', root))), 'utf8')
}

describe.each([
  ['docs/goka-tests.md', 30],
  ['docs/fault-scenarios.md', 30],
  ['docs/recovery.md', 15],
])('%s', (document, least) => {
  const text = readFileSync(fileURLToPath(new URL(document, root)), 'utf8')
  const rows = text.split('\n').filter((line) => /^\| (?!---)/.test(line))
  const mentions = [...text.matchAll(/`([\w./-]+\.ts)` "([^"]+)"/g)].map(
    ([, file, name]) => [file, name] as [string, string],
  )

  it('says for every scenario what tests it, or why nothing does', () => {
    expect(rows.length).toBeGreaterThan(least)
    for (const row of rows) expect(row.split(' | ').at(-1)?.length).toBeGreaterThan(3)
  })

  it('names tests that are there', () => {
    expect(mentions.length).toBeGreaterThan(least)
    // As it is written in the source: the first argument of a test, or the name in a suite of conformance tests.
    const isThere = ([file, name]: [string, string]): boolean => {
      const source = sourceOf(file)
      const quoted = [`'${name.replaceAll("'", "\\'")}'`, `"${name}"`, `\`${name}\``]
      return quoted.some((each) => source.includes(`${each},`) || source.includes(`${each}:`))
    }
    expect(mentions.filter((mention) => !isThere(mention))).toEqual([])
  })

  it('leaves no name of a file without a test', () => {
    const files = [...text.matchAll(/`([\w./-]+\.ts)`/g)]
    expect(files).toHaveLength(mentions.length)
  })
})
