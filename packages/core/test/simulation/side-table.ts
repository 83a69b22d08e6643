/**
 * A table that is written from outside while the group runs, and what its readers may see: of each key a version that
 * was written by now, none that is older than what they had to know or have seen.
 */
export class SideTable {
  readonly topic: string
  /** The versions of each key: first that there is none. */
  readonly #versions = new Map<string, (string | undefined)[]>()
  /** How many versions of each key are acknowledged. */
  readonly #acknowledged = new Map<string, number>()
  /** Whether readers have had the time to read everything. */
  isSettled = false
  writes = 0

  constructor(topic: string) {
    this.topic = topic
  }

  /** A version is on its way; `undefined` deletes. Versions of a key arrive in their order. */
  write(key: string, value: string | undefined): void {
    this.writes++
    const versions = this.#versions.get(key) ?? [undefined]
    this.#versions.set(key, versions)
    versions.push(value)
  }

  /** The oldest version of the key that was on its way has arrived. */
  arrived(key: string): void {
    this.#acknowledged.set(key, (this.#acknowledged.get(key) ?? 0) + 1)
  }

  /** A reader that knows everything that has arrived by now. */
  reader(name: string, violate: (what: string) => void): SideReader {
    return new SideReader(this, name, new Map(this.#acknowledged), violate)
  }

  versionsOf(key: string): readonly (string | undefined)[] {
    return this.#versions.get(key) ?? [undefined]
  }
}

/** Somebody who reads a side table. */
export class SideReader {
  readonly #table: SideTable
  readonly #name: string
  readonly #seen: Map<string, number>
  readonly #violate: (what: string) => void

  constructor(
    table: SideTable,
    name: string,
    seen: Map<string, number>,
    violate: (what: string) => void,
  ) {
    this.#table = table
    this.#name = name
    this.#seen = seen
    this.#violate = violate
  }

  see(key: string, value: string | undefined): void {
    const versions = this.#table.versionsOf(key)
    const floor = this.#table.isSettled ? versions.length - 1 : (this.#seen.get(key) ?? 0)
    const found = versions.indexOf(value, floor)
    if (found >= 0) {
      this.#seen.set(key, found)
      return
    }
    this.#violate(
      `${this.#name} sees ${value} for "${key}" in ${this.#table.topic}, not one of [${versions.slice(floor).join()}]`,
    )
  }
}
