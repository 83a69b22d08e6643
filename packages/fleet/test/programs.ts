import { fileURLToPath } from 'node:url'
import type { Logger, LogMethod } from '@goka/interface'

/** With these Node runs TypeScript from the sources. */
export const execArgv: readonly string[] = [
  '--conditions=@goka/source',
  '--import',
  fileURLToPath(new URL('../../../config/typescript.js', import.meta.url)),
]

/** The file of a program of `processes/`. */
export function programPath(name: string): string {
  return fileURLToPath(new URL(`processes/${name}.ts`, import.meta.url))
}

/** A line that was logged. */
export interface Line {
  readonly level: string
  readonly facts: Readonly<Record<string, unknown>>
  readonly message: string | undefined
}

/** A logger that keeps its lines. */
export function keepingLogger(lines: Line[], bindings: object = {}): Logger {
  const method = (level: string): LogMethod => {
    return (facts: object | string, message?: string): void => {
      const isText = typeof facts === 'string'
      lines.push({
        level,
        facts: { ...bindings, ...(isText ? {} : facts) },
        message: isText ? facts : message,
      })
    }
  }
  return {
    debug: method('debug'),
    info: method('info'),
    warn: method('warn'),
    error: method('error'),
    child: (more) => keepingLogger(lines, { ...bindings, ...more }),
  }
}
