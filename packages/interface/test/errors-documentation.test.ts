import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'

const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8')
const source = readFileSync(new URL('../src/errors.ts', import.meta.url), 'utf8')

/** The names that are declared in a block of an interface. */
function fieldsOf(block: string): readonly string[] {
  return [...block.matchAll(/readonly (\w+)\??:/g)].map(([, name]) => name as string)
}

/** What is between the braces of an interface. */
function bodyOf(name: string): string {
  const body = new RegExp(`^export interface ${name} \\{\\n(.*?)^\\}`, 'ms').exec(source)?.[1]
  if (body === undefined) throw new Error(`no interface ${name} in errors.ts`)
  return body
}

/** Each code with the fields of its details, as errors.ts declares them: types are not there when a test runs. */
const table = new Map(
  [
    ...bodyOf('ErrorDetails').matchAll(/^ {2}(GOKA_\w+):(.*?)(?=^ {2}(?:\/\*\*|GOKA_)|(?![^]))/gms),
  ].map(([, code, type]) => {
    const shared = [...(type as string).matchAll(/\b(\w+Details)\b/g)].flatMap(([, name]) =>
      fieldsOf(bodyOf(name as string)),
    )
    return [code as string, [...shared, ...fieldsOf(type as string)]] as const
  }),
)

/** Each heading that is a code, with the text below it. */
const documented = page
  .split(/^(?=#{2,3} )/m)
  .map((section) => /^### (\S+)\n+(.*)$/s.exec(section))
  .filter((found) => found !== null)
  .map(([, heading, text]) => [heading as string, text as string] as const)

describe('docs/errors.md', () => {
  it('finds the table of codes', () => {
    expect(table.size).toBeGreaterThan(25)
    expect(table.get('GOKA_TOPIC_UNKNOWN')).toEqual(['topic'])
    expect(table.get('GOKA_PROCESSOR_PARTITIONER')).toEqual([
      'topic',
      'partition',
      'offset',
      'key',
      'expectedPartition',
    ])
  })

  it('has a heading for each code, in the order of the table, and for nothing else', () => {
    expect(documented.map(([code]) => code)).toEqual([...table.keys()])
  })

  it.each(documented)('says of %s what it comes from and what to do', (_code, text) => {
    const parts = [...text.matchAll(/^\*\*(\w+)\.\*\* \S/gm)].map(([, part]) => part)
    expect(parts).toEqual(['Cause', 'Details', 'Remedy'])
  })

  it.each(documented)('names what %s carries, and nothing else', (code, text) => {
    const details = /^\*\*Details\.\*\*(.*?)(?=^\*\*)/ms.exec(text)?.[1] ?? ''
    // A list of names in backticks before each colon.
    const names = [...details.matchAll(/((?:`\w+`, )*`\w+`):/g)].flatMap(([, list]) =>
      [...(list as string).matchAll(/`(\w+)`/g)].map(([, name]) => name as string),
    )
    expect([...names].sort()).toEqual([...(table.get(code) ?? [])].sort())
  })

  it('has no link that leads nowhere', () => {
    const anchors = [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
      (heading as string)
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    )
    const links = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor as string)
    expect(links.length).toBeGreaterThan(0)
    expect(links.filter((link) => !anchors.includes(link))).toEqual([])
  })
})
