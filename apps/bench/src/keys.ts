/** The name of a key. */
export function keyName(index: number): string {
  return `user-${index}`
}

/** The index of a key's name; NaN for what is no such name. */
export function keyIndex(name: string): number {
  const index = /^user-(?:0|[1-9]\d*)$/.test(name) ? Number(name.slice(5)) : Number.NaN
  return index
}

/** The number of the record's key, pseudo-random and the same in every run: the end of MurmurHash3. */
export function keyOfRecord(record: number, keys: number): number {
  let hash = Math.imul(record + 1, 0x9e3779b1)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) % keys
}
