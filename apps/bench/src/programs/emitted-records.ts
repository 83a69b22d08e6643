import { readFileSync } from 'node:fs'
import type { Program } from './program.ts'

/** What all emitters emit: 100 bytes, key and value together; the values are pieces of a pool that does not repeat soon. */
export class EmittedRecords {
  readonly count: number
  readonly #keys: number
  readonly #pool: Buffer

  constructor(program: Program) {
    this.count = program.number('records')
    this.#keys = program.number('keys')
    this.#pool = readFileSync(program.text('pool'))
  }

  key(record: number): string {
    return `user-${record % this.#keys}`
  }

  value(record: number, key: string): Buffer {
    const start = (record * 101) % (this.#pool.length - 100)
    return this.#pool.subarray(start, start + 100 - key.length)
  }
}
