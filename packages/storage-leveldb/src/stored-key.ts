import type { ByteString } from '@goka/interface'

/** Where the checkpoint is: no key that anybody is likely to have. */
export const CHECKPOINT_KEY: ByteString = '\0goka.checkpoint'

/** The first key after all that begin with {@link CHECKPOINT_KEY}. */
export const AFTER_CHECKPOINT_KEYS: ByteString = '\0goka.checkpoinu'

/**
 * The key in the database: the key itself, so that a database of Goka is read as it is. Only a key that begins with
 * {@link CHECKPOINT_KEY} gets a byte in between, which leaves the order of keys as it was: against each other such keys
 * differ only after it, and against all others at or before its place.
 */
export function toStored(key: ByteString): ByteString {
  if (!key.startsWith(CHECKPOINT_KEY)) return key
  return `${CHECKPOINT_KEY}\x01${key.slice(CHECKPOINT_KEY.length)}`
}

/** The inverse of {@link toStored}; not for {@link CHECKPOINT_KEY} itself. */
export function fromStored(stored: ByteString): ByteString {
  if (!stored.startsWith(CHECKPOINT_KEY)) return stored
  return CHECKPOINT_KEY + stored.slice(CHECKPOINT_KEY.length + 1)
}
