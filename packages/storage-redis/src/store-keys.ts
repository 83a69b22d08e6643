import type { StoreName } from '@goka/interface'

/** The Redis keys of a store. The part in braces is what a cluster places them by: they are all on one node. */
export interface StoreKeys {
  /** What they have in common: `{goka:view:orders-table:3}`. */
  readonly tag: string
  /** A string: the token of who has the store open. It expires. */
  readonly lock: string
  /** A hash: format, checkpoint, the number of entries, and the last write of whom. */
  readonly meta: string
  /** A hash: the entries of the user, and nothing else. */
  readonly values: string
  /** A sorted set: their keys, all with the score 0, which Redis orders by their bytes. */
  readonly order: string
}

export function storeKeys(prefix: string, { scope, topic, partition }: StoreName): StoreKeys {
  const tag = `{${prefix}:${encoded(scope)}:${encoded(topic)}:${partition}}`
  return {
    tag,
    lock: `${tag}:lock`,
    meta: `${tag}:meta`,
    values: `${tag}:values`,
    order: `${tag}:order`,
  }
}

/** Percent-encodes what could end a part, or the braces: no two names have the same keys. */
function encoded(text: string): string {
  return text.replace(/[^A-Za-z0-9._/-]+/g, (odd) =>
    Buffer.from(odd, 'utf8').toString('hex').toUpperCase().replace(/../g, '%$&'),
  )
}
